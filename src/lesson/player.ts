import { type CheckOutcome, evaluateCheck } from './check.ts';
import { call, type Play } from './play.ts';
import type { Pace, Stage } from './stage.ts';
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

/**
 * Types a block's lines, each when the prompt is there again.
 * @returns false when the stage gave up
 */
export function* playBlock(block: CommandBlock, stage: Stage, pace: Pace): Play<boolean> {
  for (const line of block.lines) {
    const entered = yield* call<boolean>((done) =>
      stage.typeLine(block.terminal, line, pace, done),
    );
    if (!entered) return false;
  }
  return true;
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
 * @returns false when the stage gave up
 */
export function* playCommands(
  step: Step,
  stage: Stage,
  pace: Pace,
  ran: (block: CommandBlock) => void = () => undefined,
): Play<boolean> {
  const last = step.blocks.findLastIndex((block) => block.kind === 'command');
  for (const [at, block] of step.blocks.entries()) {
    if (block.kind === 'check' && at < last) {
      yield* settleStep({ ...step, blocks: [block] }, stage);
    } else if (block.kind === 'command') {
      if (!(yield* playBlock(block, stage, pace))) return false;
      ran(block);
    }
  }
  return true;
}

/** Plays a whole step as its solution: all commands, then waits until it holds. */
export function* playStep(step: Step, stage: Stage, pace: Pace): Play<readonly CheckedClaim[]> {
  yield* playCommands(step, stage, pace);
  return yield* settleStep(step, stage);
}

/**
 * Brings the world to the state in which a step begins: nothing, then the intro's commands and all
 * earlier steps'.
 * @param target the step's place in the lesson; the number of steps plays all of it
 * @returns the step that did not come out as it should, undefined when all did
 */
export function* playUpTo(
  lesson: Lesson,
  target: number,
  stage: Stage,
): Play<{ readonly step: Step; readonly claims: readonly CheckedClaim[] } | undefined> {
  yield* call<void>((done) => stage.reset(() => done(undefined)));
  for (const block of commandsOf(lesson.intro)) yield* playBlock(block, stage, 'fast');
  for (const step of lesson.steps.slice(0, target)) {
    const claims = yield* playStep(step, stage, 'fast');
    if (!claims.every((claim) => claim.outcome.holds)) return { step, claims };
  }
  return undefined;
}
