/**
 * Every lesson is played on the simulated world, on real servers: each check fails before its step
 * and holds after it, and each terminal shows what the lesson says it shows.
 */
import { describe, expect, test } from 'vitest';
import {
  type Bindings,
  checkStep,
  commandsOf,
  type Failure,
  playBlock,
  playStep,
  playUpTo,
} from '../../src/lesson/index.ts';
import { allLessons, expectClaims, expectScreens, linesSoFar } from './all-lessons.ts';
import { SimStage } from './sim-stage.ts';

function expectNone(failure: Failure | undefined, stage: SimStage): void {
  if (failure === undefined) return;
  expect(failure.typed).toBe('typed');
  expectClaims(failure.step, failure.claims, true, stage);
}

describe.each(allLessons)('%s', (_, lesson) => {
  test('plays from the first step to the last', () => {
    const stage = new SimStage(lesson, 1);
    const names: Bindings = new Map();
    for (const block of commandsOf(lesson.intro)) {
      expect(stage.run('the intro', playBlock(block, stage, 'fast'))).toBe('typed');
    }
    for (const step of lesson.steps) {
      const from = linesSoFar(lesson, stage);
      expectClaims(step, stage.run('the checks', checkStep(step, stage)), false, stage);
      expectNone(stage.run(step.title, playStep(step, stage, 'fast')), stage);
      expectScreens(step, stage, from, names);
    }
  });

  test('opens cold at each step', () => {
    const stage = new SimStage(lesson, 2);
    for (const [index, step] of lesson.steps.entries()) {
      const failure = stage.run(`cold start of ${step.id}`, playUpTo(lesson, index, stage));
      expectNone(failure, stage);
      expectClaims(step, stage.run('the checks', checkStep(step, stage)), false, stage);
    }
  });
});
