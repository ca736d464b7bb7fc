/** What one server was told takes a moment to reach the other: a step's checks are given that moment, and no more than 15 s. */
import { expect, test } from 'vitest';
import { type CheckedClaim, playCommands, startPlay } from '../../src/lesson/index.ts';
import { settleSecondsBetween, settleSecondsMax, settleStep } from '../../src/lesson/player.ts';
import type { Block, Step } from '../../src/lesson/types.ts';
import { FakeStage } from './fake-stage.ts';

const check = (name: string): Block => ({
  kind: 'check',
  id: name,
  check: { kind: 'lua', words: name, terminal: 1, code: name, expected: 1 },
});
const command = (...lines: string[]): Block => ({
  kind: 'command',
  id: lines.join(),
  terminal: 1,
  lines,
  html: '',
});
const stepOf = (...blocks: Block[]): Step => ({ id: 'step', title: '', blocks });

function stageWithServer(): FakeStage {
  const stage = new FakeStage();
  stage.typeLine(1, 'bee', 'fast', () => undefined);
  return stage;
}

test('a check is looked at again until it holds', () => {
  const stage = stageWithServer();
  let claims: readonly CheckedClaim[] | undefined;
  startPlay(settleStep(stepOf(check('a'), check('b')), stage), (found) => {
    claims = found;
  });
  stage.tick();
  stage.typeLine(1, 'a = 1', 'fast', () => undefined);
  stage.tick();
  expect(claims).toBeUndefined();
  stage.typeLine(1, 'b = 1', 'fast', () => undefined);
  stage.tick();
  expect(claims?.map(({ outcome }) => outcome.holds)).toEqual([true, true]);
  expect(stage.hasTimers).toBe(false);
});

test('what never holds is given up, and said with what was found', () => {
  const stage = stageWithServer();
  let claims: readonly CheckedClaim[] | undefined;
  startPlay(settleStep(stepOf(check('a')), stage), (found) => {
    claims = found;
  });
  let looks = 0;
  while (stage.hasTimers) {
    stage.tick();
    looks++;
  }
  expect(looks).toBeCloseTo(settleSecondsMax / settleSecondsBetween, -1);
  expect(claims?.[0]?.outcome).toEqual({ holds: false, found: 'nil', expected: '1' });
});

test('a check between two commands holds up the second one, the last check nobody', () => {
  const stage = stageWithServer();
  const step = stepOf(command('x = 2'), check('a'), command('y = 2'), check('b'));
  let isTyped = false;
  startPlay(playCommands(step, stage, 'fast'), (typed) => {
    isTyped = typed === 'typed';
  });
  stage.tick();
  expect(stage.typed.slice(1)).toEqual(['1!x = 2']);
  stage.typeLine(1, 'a = 1', 'fast', () => undefined);
  stage.tick();
  expect(stage.typed.slice(1)).toEqual(['1!x = 2', '1!a = 1', '1!y = 2']);
  expect(isTyped).toBe(true);
});
