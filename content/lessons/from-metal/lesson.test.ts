import { testLesson } from '../played';

await testLesson('from-metal');
