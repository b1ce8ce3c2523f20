import { testLesson } from '../played';

await testLesson('balloons');
