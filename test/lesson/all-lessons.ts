import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import {
  type Bindings,
  type CheckedClaim,
  type Lesson,
  matchScreen,
  type Step,
} from '../../src/lesson/index.ts';
import { readLesson } from './read-lesson.ts';

/** All lessons, with their ids for test names. */
export const allLessons: readonly (readonly [string, Lesson])[] = readdirSync(
  `${import.meta.dirname}/../../tutorial`,
  {
    withFileTypes: true,
  },
)
  .filter((entry) => entry.isDirectory())
  .map((entry) => [entry.name, readLesson(entry.name)]);

/** A stage whose terminals can be read. */
interface Readable {
  lines(terminal: number): readonly string[];
}

/** How many lines each terminal shows; what comes after belongs to the next step. */
export function linesSoFar(lesson: Lesson, stage: Readable): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let terminal = 1; terminal <= lesson.terminals; terminal++) {
    counts.set(terminal, stage.lines(terminal).length);
  }
  return counts;
}

/**
 * Compares what a step added to each terminal with its screens.
 * @param from what `linesSoFar` said before the step
 * @param adapt changes a screen's text before it is compared
 */
export function expectScreens(
  step: Step,
  stage: Readable,
  from: ReadonlyMap<number, number>,
  names: Bindings,
  adapt: (screen: string) => string = (screen) => screen,
): void {
  for (const block of step.blocks) {
    if (block.kind !== 'screen') continue;
    const lines = stage.lines(block.terminal).slice(from.get(block.terminal) ?? 0);
    const mismatch = matchScreen(adapt(block.text), lines, names);
    const place = `${step.id}, Terminal #${block.terminal}`;
    expect(mismatch, `${place}:\n${lines.join('\n')}`).toBe(undefined);
  }
}

/** Each check holds, or each fails; said with what it found and what the terminals show. */
export function expectClaims(
  step: Step,
  claims: readonly CheckedClaim[],
  holds: boolean,
  stage: Readable,
): void {
  for (const { block, outcome } of claims) {
    const { found, expected } = outcome;
    const words = `${step.id}: "${block.check.words}": found ${found}, expected ${expected}`;
    const screens = [1, 2, 3].map((terminal) => stage.lines(terminal).slice(-40).join('\n'));
    expect(outcome.holds, `${words}\n${screens.join('\n\n')}`).toBe(holds);
  }
}
