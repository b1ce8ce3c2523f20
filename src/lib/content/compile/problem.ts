/** A fault in a lesson: it stops the build and says where. */
export class LessonProblem extends Error {
  constructor(
    readonly file: string,
    readonly line: number,
    readonly what: string,
  ) {
    super(`${file}:${line}: ${what}`);
    this.name = 'LessonProblem';
  }
}
