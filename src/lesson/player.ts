import { type CheckOutcome, evaluateCheck } from './check.ts';
import { call, type Play } from './play.ts';
import { fitsPrompt, type WrongPrompt } from './programs.ts';
import type { Pace, Prompt, Stage } from './stage.ts';
import type { Block, CheckBlock, CommandBlock, Lesson, Step } from './types.ts';

/**
 * 15 s: three times the longest that a step of the lessons takes on a slow phone, a replica joining
 * included.
 */
export const settleSecondsMax = 15;
/** 0.02 s: a step opened cold waits for up to eight checks before it, and each such wait is lost; a probe takes a millisecond. */
export const settleSecondsBetween = 0.02;

/** A check and how it came out. */
export interface CheckedClaim {
  readonly block: CheckBlock;
  readonly outcome: CheckOutcome;
}

/** The commands of some blocks, in order. */
export function commandsOf(blocks: readonly Block[]): readonly CommandBlock[] {
  return blocks.filter((block) => block.kind === 'command');
}

/** The checks of a step, in order. */
export function checksOf(step: Step): readonly CheckBlock[] {
  return step.blocks.filter((block) => block.kind === 'check');
}

/** How typing ended: with the last line, because the stage gave up, or at a prompt of another program. */
export type Typed = 'typed' | 'given-up' | WrongPrompt;

/** Types a block's lines, each when a prompt is there that it is for. */
export function* playBlock(block: CommandBlock, stage: Stage, pace: Pace): Play<Typed> {
  for (const [at, line] of block.lines.entries()) {
    const found = yield* call<Prompt | undefined>((done) =>
      stage.whenPrompting(block.terminal, done),
    );
    if (found === undefined) return 'given-up';
    if (!fitsPrompt(block, at, found)) return { block, at, found };
    const entered = yield* call<boolean>((done) =>
      stage.typeLine(block.terminal, line, pace, done),
    );
    if (!entered) return 'given-up';
  }
  return 'typed';
}

/** Evaluates all checks of a step once. */
export function* checkStep(step: Step, stage: Stage): Play<readonly CheckedClaim[]> {
  const claims: CheckedClaim[] = [];
  for (const block of checksOf(step)) {
    claims.push({ block, outcome: yield* evaluateCheck(block.check, stage) });
  }
  return claims;
}

/**
 * Evaluates a step's checks until all hold: what one server was told takes a moment to reach the
 * other.
 * @returns the last outcomes; all hold, or the time was over
 */
export function* settleStep(step: Step, stage: Stage): Play<readonly CheckedClaim[]> {
  for (let waited = 0; ; waited += settleSecondsBetween) {
    const claims = yield* checkStep(step, stage);
    if (claims.every((claim) => claim.outcome.holds) || waited >= settleSecondsMax) return claims;
    yield* call<void>((done) => stage.after(settleSecondsBetween, () => done(undefined)));
  }
}

/**
 * Types a step's commands in their order. A check that stands between two command blocks holds up
 * the second until it holds: a reader would look, too, before asking the other server.
 * @param ran called after each block
 */
export function* playCommands(
  step: Step,
  stage: Stage,
  pace: Pace,
  ran: (block: CommandBlock) => void = () => undefined,
): Play<Typed> {
  const last = step.blocks.findLastIndex((block) => block.kind === 'command');
  for (const [at, block] of step.blocks.entries()) {
    if (block.kind === 'check' && at < last) {
      yield* settleStep({ ...step, blocks: [block] }, stage);
    } else if (block.kind === 'command') {
      const typed = yield* playBlock(block, stage, pace);
      if (typed !== 'typed') return typed;
      ran(block);
    }
  }
  return 'typed';
}

/** A step that did not come out as it should. */
export interface Failure {
  readonly step: Step;
  /** Why not all of it was typed; 'typed' when all was. */
  readonly typed: Typed;
  /** Empty when not all was typed. */
  readonly claims: readonly CheckedClaim[];
}

/**
 * Plays a whole step as its solution: all commands, then waits until it holds.
 * @returns undefined when it holds
 */
export function* playStep(step: Step, stage: Stage, pace: Pace): Play<Failure | undefined> {
  const typed = yield* playCommands(step, stage, pace);
  if (typed !== 'typed') return { step, typed, claims: [] };
  const claims = yield* settleStep(step, stage);
  return claims.every((claim) => claim.outcome.holds) ? undefined : { step, typed, claims };
}

/**
 * Brings the world to the state in which a step begins: nothing, then the intro's commands and all
 * earlier steps'.
 * @param target the step's place in the lesson; the number of steps plays all of it
 * @returns the step that did not come out as it should, for the intro the first; undefined when all
 *   did
 */
export function* playUpTo(lesson: Lesson, target: number, stage: Stage): Play<Failure | undefined> {
  yield* call<void>((done) => stage.reset(() => done(undefined)));
  const [first] = lesson.steps;
  if (first === undefined) return undefined;
  const typed = yield* playCommands({ ...first, blocks: lesson.intro }, stage, 'fast');
  if (typed !== 'typed') return { step: first, typed, claims: [] };
  for (const step of lesson.steps.slice(0, target)) {
    const failure = yield* playStep(step, stage, 'fast');
    if (failure !== undefined) return failure;
  }
  return undefined;
}
