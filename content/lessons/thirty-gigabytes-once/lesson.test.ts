import { testLesson } from '../played';

await testLesson('thirty-gigabytes-once');
