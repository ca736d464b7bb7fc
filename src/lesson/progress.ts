import type { Lesson } from './types.ts';

/**
 * How far a reader is in one lesson. Plain JSON, kept by the page. Ids that a lesson no longer has
 * are harmless: a lesson may be rewritten while somebody is in the middle of it.
 */
export interface Progress {
  readonly version: 1;
  readonly lesson: string;
  /** The step that is open, by id. */
  readonly at: string;
  readonly steps: Readonly<Record<string, StepProgress>>;
}

export interface StepProgress {
  /** Once true it stays: later steps undo what earlier ones built, and that is no failure. */
  readonly isDone: boolean;
  /** Ids of the command blocks that were run by their button. */
  readonly ran: readonly string[];
  /** How many hints are shown. */
  readonly hints: number;
  /** The chosen answer of each question, by its id, counted from 0. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Under this name stands what was run of the intro; no step may be called so. */
export const introId = 'intro';

const untouched: StepProgress = { isDone: false, ran: [], hints: 0, answers: {} };

/** Where everybody begins. */
export function newProgress(lesson: Lesson): Progress {
  return { version: 1, lesson: lesson.id, at: lesson.steps[0]?.id ?? '', steps: {} };
}

/** What is known of a step; of one that was never opened, nothing. */
export function stepProgress(progress: Progress, step: string): StepProgress {
  return progress.steps[step] ?? untouched;
}

/** How many steps of the lesson are done. */
export function doneCount(progress: Progress, lesson: Lesson): number {
  return lesson.steps.filter((step) => stepProgress(progress, step.id).isDone).length;
}

/** Opens a step. */
export function withStepOpen(progress: Progress, step: string): Progress {
  return { ...progress, at: step };
}

export function withStepDone(progress: Progress, step: string): Progress {
  return withStep(progress, step, { isDone: true });
}

export function withBlockRun(progress: Progress, step: string, block: string): Progress {
  const { ran } = stepProgress(progress, step);
  return ran.includes(block) ? progress : withStep(progress, step, { ran: [...ran, block] });
}

export function withHintShown(progress: Progress, step: string): Progress {
  return withStep(progress, step, { hints: stepProgress(progress, step).hints + 1 });
}

export function withAnswer(
  progress: Progress,
  step: string,
  question: string,
  answer: number,
): Progress {
  const { answers } = stepProgress(progress, step);
  return withStep(progress, step, { answers: { ...answers, [question]: answer } });
}

/** Forgets which blocks of a step were run: it starts again. What was reached stays ticked. */
export function withStepRestarted(progress: Progress, step: string): Progress {
  return withStep(progress, step, { ran: [] });
}

function withStep(progress: Progress, step: string, change: Partial<StepProgress>): Progress {
  const changed = { ...stepProgress(progress, step), ...change };
  return { ...progress, steps: { ...progress.steps, [step]: changed } };
}

/**
 * Reads stored progress. Storage is the reader's, so anything may stand in it.
 * @param stored what was stored, parsed from JSON
 * @returns undefined when it is not progress in this lesson
 */
export function readProgress(stored: unknown, lesson: Lesson): Progress | undefined {
  if (!isRecord(stored) || stored['version'] !== 1 || stored['lesson'] !== lesson.id) {
    return undefined;
  }
  const { at, steps } = stored;
  if (typeof at !== 'string' || !isRecord(steps)) return undefined;
  const kept: Record<string, StepProgress> = {};
  for (const id of [introId, ...lesson.steps.map((one) => one.id)]) {
    const step = steps[id];
    if (isRecord(step)) kept[id] = readStep(step);
  }
  const isKnown = lesson.steps.some((step) => step.id === at);
  return { ...newProgress(lesson), ...(isKnown ? { at } : {}), steps: kept };
}

function readStep(step: Record<string, unknown>): StepProgress {
  const { isDone, ran, hints, answers } = step;
  return {
    isDone: isDone === true,
    ran: Array.isArray(ran) ? ran.filter((id) => typeof id === 'string') : [],
    hints: typeof hints === 'number' && hints >= 0 ? Math.trunc(hints) : 0,
    answers: isRecord(answers)
      ? Object.fromEntries(
          Object.entries(answers).flatMap(([id, answer]) =>
            typeof answer === 'number' ? [[id, answer]] : [],
          ),
        )
      : {},
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
