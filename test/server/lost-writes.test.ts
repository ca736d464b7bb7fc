// Whoever committed rows that could not be written hears of it, also when the write fails while nobody waits for it.
import { beforeEach, expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

const refusal = '- error: Failed to write to disk';

let world: ConsoleWorld;
let one: Seat;

beforeEach(() => {
  world = new ConsoleWorld();
  one = world.start('one');
  world.ask(
    one,
    'db.cfg{listen=3301}',
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
  );
  world.ask(one, "fiber = require('fiber')", "db.schema.user.grant('guest', 'super')");
});

/** Types a line while the disk refuses, and gives it its room back before the answer. */
function askWhileRefused(line: string): string {
  world.sim.diskFaults.appendFailure = 1;
  const outcome = world.begin(one, line);
  world.wait(0.3);
  world.sim.diskFaults.appendFailure = 0;
  world.sim.expectUntil(line, () => outcome.answer !== undefined, 10);
  return outcome.answer ?? '';
}

test('a statement that went on after its insert is told that the row is lost', () => {
  expect(askWhileRefused("s:insert{1} fiber.sleep(0.5) return 'inserted'")).toBe(refusal);
  expect(world.ask(one, 's:select{}')).toBe('- []');
});

test('pcall around the insert does not hide the loss', () => {
  const line = "ok = pcall(s.insert, s, {1}) fiber.sleep(0.5) return ok and 'inserted'";
  expect(askWhileRefused(line)).toBe(refusal);
  expect(world.ask(one, 's:select{}')).toBe('- []');
});

test('the loss is told once: the next statement is another', () => {
  askWhileRefused('s:insert{1} fiber.sleep(0.5)');
  expect(world.ask(one, 'return s:insert{2}')).toBe('- [2]');
});

test('a loop that sleeps between its inserts ends at the loss, with no row behind it', () => {
  const line = 'for i = 1, 100 do s:insert{i} n = i fiber.sleep(0.01) end';
  expect(askWhileRefused(line)).toBe(refusal);
  expect(world.ask(one, 'return s:count(), n < 100')).toBe('- 0\n- true');
});

test('while the disk refuses, each insert of a fiber raises its own error', () => {
  world.ask(one, 'raised = {}');
  askWhileRefused(
    'fiber.create(function() for i = 1, 4 do raised[i] = not pcall(s.insert, s, {i}) fiber.sleep(0.02) end end)',
  );
  // The first one went on before the disk had answered; the second is refused for its sake.
  expect(world.ask(one, 'return raised')).toBe('- - false\n  - true\n  - true\n  - true');
  expect(world.ask(one, 's:select{}')).toBe('- []');
});

test('a client is told of a row that was lost while its request went on', () => {
  const two = world.start('two');
  world.ask(two, "c = require('net.box').connect('localhost:3301')");
  world.sim.diskFaults.appendFailure = 1;
  const code = "db.space.s:insert{1} require('fiber').sleep(0.5) return 'inserted'";
  const outcome = world.begin(two, `return c:eval([[${code}]])`);
  world.wait(0.3);
  world.sim.diskFaults.appendFailure = 0;
  world.sim.expectUntil('answer', () => outcome.answer !== undefined, 10);
  expect(outcome.answer).toBe(refusal);
  expect(world.ask(one, 's:select{}')).toBe('- []');
});

test('who joins a fiber gets the error of the rows that it lost', () => {
  const insert = 'f = fiber.new(function() s:insert{1} return 1 end) f:set_joinable(true)';
  expect(askWhileRefused(`${insert} fiber.sleep(0.5) return f:join()`)).toBe(
    '- false\n- Failed to write to disk',
  );
  expect(world.ask(one, `${insert} return f:join()`)).toBe('- true\n- 1');
});
