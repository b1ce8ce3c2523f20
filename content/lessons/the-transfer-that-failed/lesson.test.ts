import { testLesson } from '../played';

await testLesson('the-transfer-that-failed');
