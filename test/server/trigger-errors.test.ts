// A trigger of a transaction that raises or yields does not end the process, as it does with the real server: the transaction has
// ended, the log says what was wrong, and the server goes on.
import { beforeEach, expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

let world: ConsoleWorld;
let one: Seat;

beforeEach(() => {
  world = new ConsoleWorld();
  one = world.start('one');
  world.ask(one, 'db.cfg{}', "s = db.schema.space.create('s')", "_ = s:create_index('p')");
});

function logged(words: string): number {
  return one.log.filter((line) => line.includes(words)).length;
}

test.each([
  ['raises', "error('not today')", 'on_commit: .*not today'],
  ['yields', "require('fiber').yield()", 'on_commit: .*attempt to yield across C-call boundary'],
  [
    'writes what the box refuses',
    's:insert{1}',
    "on_commit: Duplicate key exists in unique index 'p'",
  ],
])('on_commit that %s', (_how, body, words) => {
  const commit = `db.begin() s:insert{1} db.on_commit(function() ${body} end) db.commit()`;
  expect(world.ask(one, commit)).toBe('');
  expect(one.log.some((line) => new RegExp(words).test(line))).toBe(true);
  expect(world.ask(one, 's:insert{2}')).toBe('- [2]');
  world.sim.kill(one.pid);
  one = world.start('one');
  expect(world.ask(one, 'db.cfg{}', 'db.space.s:select{}')).toBe('- - [1]\n  - [2]');
});

test('the triggers behind one that raises run', () => {
  const triggers =
    "db.on_commit(function() ran = true end) db.on_commit(function() error('first') end)";
  world.ask(one, `ran = 0 db.begin() s:insert{1} ${triggers} db.commit()`);
  expect(world.ask(one, 'return ran')).toBe('- true');
  expect(logged('first')).toBe(1);
});

test('on_rollback that raises takes everything back', () => {
  world.ask(one, "db.begin() s:insert{1} db.on_rollback(function() error('no') end) db.rollback()");
  expect(world.ask(one, 's:select{}')).toBe('- []');
  expect(logged('on_rollback: ')).toBe(1);
});

test('on_rollback that raises when the disk refuses', () => {
  world.sim.diskFaults.appendFailure = 1;
  const line = "db.begin() s:insert{1} db.on_rollback(function() error('no') end) db.commit()";
  expect(world.ask(one, line)).toBe('- error: Failed to write to disk');
  world.sim.diskFaults.appendFailure = 0;
  expect(logged('on_rollback: ')).toBe(1);
  expect(world.ask(one, 's:insert{2}', 's:select{}')).toBe('- - [2]');
});
