/**
 * A lesson as data: what `parse.ts` makes of a Markdown file, what the page shows, what tests play.
 * Plain JSON, so that it can be made at build time. All `html` is made by `html.ts` from Markdown
 * without raw HTML: safe by construction.
 */

/** What the list of lessons shows of each, without loading it. */
export interface LessonSummary {
  /** The lesson's folder name; stands in deep links and in stored progress. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences for the contents list. */
  readonly summary: string;
  /** How long it takes a newcomer. */
  readonly minutes: number;
  /** Place in the list, ascending. */
  readonly order: number;
  /** How many terminals it uses, counted from 1. */
  readonly terminals: number;
  readonly steps: readonly StepSummary[];
}

export interface StepSummary {
  readonly id: string;
  readonly title: string;
}

export interface Lesson extends LessonSummary {
  /**
   * What stands before the first step. Its commands, if any, set the stage and are played before
   * the first step.
   */
  readonly intro: readonly Block[];
  readonly steps: readonly Step[];
}

export interface Step extends StepSummary {
  readonly blocks: readonly Block[];
}

export type Block =
  | ProseBlock
  | CommandBlock
  | ScreenBlock
  | CheckBlock
  | HintBlock
  | AsideBlock
  | QuestionBlock;

export interface ProseBlock {
  readonly kind: 'prose';
  readonly html: string;
}

/**
 * Lines to be typed into one terminal, one after the other, each when the prompt is there again.
 */
export interface CommandBlock {
  readonly kind: 'command';
  /** Unique in the lesson: `step-id.1`. Remembers in the progress that it was run. */
  readonly id: string;
  readonly terminal: number;
  readonly lines: readonly string[];
  /**
   * For which program each line is: where another one waits, the typing stops. Undefined for lines
   * of which nobody knows; absent when that is true of all.
   */
  readonly programs?: readonly (Program | undefined)[];
  /** The same lines, highlighted, joined by newlines. */
  readonly html: string;
}

/**
 * What a terminal shows at the end of the step: folded as "what you should see", compared by the
 * tests.
 */
export interface ScreenBlock {
  readonly kind: 'screen';
  readonly terminal: number;
  /**
   * In the form that `screen.ts` matches: `<uuid-1>`, `<size>`, `<...>` stand for what differs
   * between runs.
   */
  readonly text: string;
  readonly html: string;
}

export interface CheckBlock {
  readonly kind: 'check';
  /** Unique in the lesson: `step-id.1`. */
  readonly id: string;
  readonly check: Check;
}

/** Shown one at a time, on request, in order. */
export interface HintBlock {
  readonly kind: 'hint';
  readonly html: string;
}

/** "What just happened": an explanation beside the path, shown when the step is done. */
export interface AsideBlock {
  readonly kind: 'aside';
  readonly title: string;
  readonly html: string;
}

/** Asked before the reader runs what comes next. Nothing depends on the answer. */
export interface QuestionBlock {
  readonly kind: 'question';
  readonly id: string;
  readonly html: string;
  readonly answers: readonly { readonly html: string; readonly isRight: boolean }[];
  /** Shown after an answer, whichever it was. */
  readonly explanation: string;
}

/**
 * A claim about the state of the world, never about what was typed. `words` says it to the reader.
 */
export type Check = LuaCheck | FilesCheck | ProgramCheck | ContentsCheck;

/** On the server that runs in a terminal, an expression has a value. */
export interface LuaCheck {
  readonly kind: 'lua';
  readonly words: string;
  readonly terminal: number;
  readonly code: string;
  readonly expected: Data;
}

/** In the session's file system, all of the claims hold. */
export interface FilesCheck {
  readonly kind: 'files';
  readonly words: string;
  readonly claims: readonly FileClaim[];
}

/** Patterns are paths from `~` or `/`, with `*` in their last part. */
export type FileClaim =
  | { readonly kind: 'exists' | 'missing' | 'empty'; readonly pattern: string }
  /** Both patterns find one file each, and the two are equally long. */
  | { readonly kind: 'same-size'; readonly pattern: string; readonly other: string };

/** A terminal shows the shell's prompt, or the console of a server. */
export interface ProgramCheck {
  readonly kind: 'program';
  readonly words: string;
  readonly terminal: number;
  readonly program: Program;
}

/** The servers of two terminals hold the same in all their spaces, or they do not: they have diverged. */
export interface ContentsCheck {
  readonly kind: 'contents';
  readonly words: string;
  readonly terminals: readonly [number, number];
  readonly areSame: boolean;
}

/** What a terminal runs. */
export type Program = 'shell' | 'console';

/** A value that left a server: as JSON has it. nil is null, a tuple is an array. */
export type Data =
  | null
  | boolean
  | number
  | string
  | readonly Data[]
  | { readonly [key: string]: Data };
