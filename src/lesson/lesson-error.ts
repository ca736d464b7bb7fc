/**
 * What is wrong with a lesson's file, where, and what would have been right. Made to be read by its
 * author.
 */
export interface LessonProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

/** One problem as one line that editors can jump to. */
export function problemText({ file, line, found, expected }: LessonProblem): string {
  return `${file}:${line}: ${found}; expected ${expected}`;
}

/** Gathers problems, so that an author sees all of them at once. */
export class ProblemList {
  readonly #file: string;
  readonly #problems: LessonProblem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get problems(): readonly LessonProblem[] {
    return this.#problems;
  }

  add(line: number, found: string, expected: string): void {
    this.#problems.push({ file: this.#file, line, found, expected });
  }
}
