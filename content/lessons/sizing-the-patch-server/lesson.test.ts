import { testLesson } from '../played';

await testLesson('sizing-the-patch-server');
