import { testLesson } from '../played';

await testLesson('the-same-page-twice');
