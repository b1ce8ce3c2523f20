import { testLesson } from '../played';

await testLesson('a-network-in-a-box');
