/**
 * The lesson engine: what the page and the tests use of it.
 *
 * From a file to a tick:
 * 1. `tutorial/lesson-plugin.ts` reads `tutorial/hands-on/lesson.md` at build time; `parseLesson`
 *    makes a `Lesson` of it, or a list of problems that fails the build. The page imports plain
 *    JSON.
 * 2. The page makes a `LessonRunner` with the lesson, the stored `Progress` and a `Stage`: its
 *    terminals, servers and files.
 * 3. A run button calls `run(block)`: `playBlock` waits for the prompt, stops when it is not
 *    the one that the line is for (`programs.ts`), and types the line through `Stage.typeLine`.
 * 4. Twice a second, and whenever the page says `look()`, `checkStep` evaluates the open step's
 *    checks: Lua on a server (`Stage.probe`), files (`Stage.find`), what a terminal runs
 *    (`Stage.program`). When all hold, the step is done.
 * 5. A step opened cold is `startStep(id)`: `playUpTo` resets the stage and plays all steps before
 *    it.
 * 6. The tests play the same lessons with `playStep`, on the simulated world and in real browsers,
 *    and compare what the terminals print with the lesson's screens (`matchScreen`).
 *
 * All work that waits is a generator (`play.ts`), so it runs in the simulator without promises or
 * real time.
 */
export { type CheckOutcome, evaluateCheck } from './check.ts';
export { type LessonProblem, problemText } from './lesson-error.ts';
export type { MarkdownNode } from './markdown.ts';
export { type Parsed, parseLesson } from './parse.ts';
export { type Play, type Playing, startPlay } from './play.ts';
export {
  type CheckedClaim,
  checkStep,
  checksOf,
  commandsOf,
  type Failure,
  playBlock,
  playCommands,
  playStep,
  playUpTo,
  settleStep,
  type Typed,
} from './player.ts';
export { programAfter, type WrongPrompt, wrongPromptText } from './programs.ts';
export {
  doneCount,
  introId,
  newProgress,
  type Progress,
  readProgress,
  type StepProgress,
  stepProgress,
} from './progress.ts';
export { type Activity, type Asked, LessonRunner, type RunnerOptions } from './runner.ts';
export { type Bindings, matchScreen, type ScreenMismatch } from './screen.ts';
export type * from './stage.ts';
export type * from './types.ts';
