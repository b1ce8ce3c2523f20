declare module 'virtual:lessons' {
  const lessonIndex: import('./lesson-types').LessonIndexEntry[];
  export default lessonIndex;
}
