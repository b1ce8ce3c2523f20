import { testLesson } from '../played';

await testLesson('looking-from-outside');
