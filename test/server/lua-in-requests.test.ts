// Lua that runs inside a request of somebody who knows nothing of Lua: a client's or a master's.
import { beforeEach, expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

let world: ConsoleWorld;
let one: Seat;
let two: Seat;

beforeEach(() => {
  world = new ConsoleWorld();
  one = world.start('one');
  two = world.start('two');
  world.ask(
    one,
    'db.cfg{listen=3301}',
    "db.schema.user.grant('guest', 'super')",
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
  );
  world.ask(two, "c = require('net.box').connect('localhost:3301')");
});

const insert = 'return tostring(select(2, pcall(c.space.s.insert, c.space.s, {1})))';

test.each([
  ['on_replace', "error('no')", 'no'],
  ['before_replace', "error('no')", 'no'],
  ['on_replace', 'db.error(db.error.NO_SUCH_USER, "eve")', "User 'eve' is not found"],
  ['on_replace', 'local x x()', 'attempt to call local'],
])('what %s raises is told to the client, and the server goes on: %s', (trigger, body, words) => {
  world.ask(one, `t = s:${trigger}(function() ${body} end)`);
  expect(world.ask(two, insert)).toContain(words);
  world.ask(one, `s:${trigger}(nil, t)`);
  expect(world.ask(two, insert)).toBe("- '[1]'");
});

test('a functional index that cannot be evaluated refuses a client its tuple', () => {
  world.ask(
    one,
    "db.schema.func.create('f', {body = 'function(t) return {t[1].x.y} end', is_deterministic = true, is_sandboxed = true})",
    "_ = s:create_index('f', {func = 'f', parts = {1, 'unsigned'}})",
  );
  expect(world.ask(two, insert)).toBe(
    "- 'Failed to build a key for functional index ''f'' of space ''s'': can''t evaluate\n  function'",
  );
  expect(world.ask(one, 's:count()')).toBe('- 0');
});

test('a trigger of a replica that raises stops its applier with the words', () => {
  const three = world.start('three');
  world.ask(three, "db.cfg{replication='localhost:3301', replication_timeout=0.3}");
  world.ask(three, "_ = db.space.s:on_replace(function() error('not here') end)");
  world.ask(one, 's:insert{1}');
  world.wait(1);
  expect(world.ask(three, 'db.info.replication[1].upstream.status')).toBe('- stopped');
  expect(world.ask(three, 'db.info.replication[1].upstream.message')).toContain('not here');
  expect(world.ask(three, 'db.space.s:count()')).toBe('- 0');
});
