// What a script prints, logs, writes to a file or asks another server leaves when the rows that it committed before are written:
// who kills the server right then finds them.
import { expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

const seeds = [1, 2, 3, 4, 5];

function started(seed: number): { world: ConsoleWorld; one: Seat } {
  const world = new ConsoleWorld(seed);
  const one = world.start('one');
  world.ask(
    one,
    'db.cfg{listen=3301}',
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
  );
  world.ask(one, "fiber = require('fiber')", "fio = require('fio')", "log = require('log')");
  return { world, one };
}

/** Types a line, kills the server as soon as the row's trace is seen outside, and starts it again. @returns the rows left */
function killedWhenSeen(
  world: ConsoleWorld,
  one: Seat,
  line: string,
  isSeen: () => boolean,
): string {
  world.sim.diskFaults.slowness = 50;
  one.process.type(line);
  world.sim.expectUntil('the trace outside', isSeen, 10);
  world.sim.kill(one.pid);
  world.sim.diskFaults.slowness = 1;
  const again = world.start('one');
  return world.ask(again, 'db.cfg{listen=3301}', 'return db.space.s:count()');
}

test.each(seeds)('a printed row is written (seed %i)', (seed) => {
  const { world, one } = started(seed);
  const isSeen = () => one.process.output.includes('row [1]');
  const line = "print('row ' .. tostring(s:insert{1})) fiber.sleep(1)";
  expect(killedWhenSeen(world, one, line, isSeen)).toBe('- 1');
});

test.each(seeds)('a row written to the terminal by io.write is written (seed %i)', (seed) => {
  const { world, one } = started(seed);
  const isSeen = () => one.process.output.includes('row [1]');
  const line = "io.write('row ', tostring(s:insert{1})) fiber.sleep(1)";
  expect(killedWhenSeen(world, one, line, isSeen)).toBe('- 1');
});

test.each(seeds)('a logged row is written (seed %i)', (seed) => {
  const { world, one } = started(seed);
  const isSeen = () => one.log.some((line) => line.includes('row [1]'));
  expect(killedWhenSeen(world, one, "log.info('row %s', s:insert{1})", isSeen)).toBe('- 1');
});

test.each(seeds)('a row that a file tells of is written (seed %i)', (seed) => {
  const { world, one } = started(seed);
  world.ask(one, "f = fio.open('told', {'O_CREAT', 'O_WRONLY'})");
  const isSeen = () => {
    const found = world.sim.files.stat('/home/user/one/told');
    return found.ok && found.value.size === 3;
  };
  expect(killedWhenSeen(world, one, 'f:write(tostring(s:insert{1}))', isSeen)).toBe('- 1');
});

test.each(seeds)('a row that another server was told of is written (seed %i)', (seed) => {
  const { world, one } = started(seed);
  const two = world.start('two');
  world.ask(two, 'db.cfg{listen=3302}', "db.schema.user.grant('guest', 'super')");
  world.ask(one, "c = require('net.box').connect('localhost:3302')");
  const isSeen = () => two.log.some((line) => line.includes('told [1]'));
  const told = "c:eval([[require('log').info('told ' .. ...)]], {tostring(s:insert{1})})";
  expect(killedWhenSeen(world, one, told, isSeen)).toBe('- 1');
});

test('a fiber that committed nothing neither waits nor fails at print when the write of another does', () => {
  const { world, one } = started(1);
  world.ask(one, 'seen = nil');
  world.sim.diskFaults.appendFailure = 1;
  const line =
    "s:insert{1} f = fiber.create(function() print('first') seen = 'at once' log.info('x') end) return seen";
  const outcome = world.begin(one, line);
  world.sim.expectUntil('answer', () => outcome.answer !== undefined, 10);
  world.sim.diskFaults.appendFailure = 0;
  expect(outcome.answer).toContain('Failed to write to disk');
  expect(world.ask(one, 'return seen, f:status()')).toBe('- at once\n- dead');
});

test('print inside a transaction does not abort it', () => {
  const { world, one } = started(1);
  const line = "s:insert{1} db.begin() s:insert{2} print('within') log.info('within') db.commit()";
  world.ask(one, line);
  expect(world.ask(one, 's:select{}')).toBe('- - [1]\n  - [2]');
});
