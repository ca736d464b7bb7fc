// The collation `none` has the id 0 and means no collation: the real server stores it with parts and fields of any type.
import { expect, test } from 'vitest';
import { ConsoleWorld } from './console-world.ts';

test('parts and fields of any type may name it, and are recovered', () => {
  const world = new ConsoleWorld();
  let one = world.start('one');
  world.ask(
    one,
    'db.cfg{}',
    "s = db.schema.space.create('s', {format = {{'a', 'unsigned', collation = 'none'}, {'b', 'string', collation = 'none'}}})",
    "_ = s:create_index('p', {parts = {{1, 'unsigned', collation = 'none'}}})",
    "_ = s:create_index('q', {parts = {{2, 'string', collation = 'none'}}})",
    "s:insert{1, 'x'}",
  );
  world.sim.kill(one.pid);
  one = world.start('one');
  world.ask(one, 'db.cfg{}', 's = db.space.s');
  expect(world.ask(one, 'return db.space._index:get{s.id, 0}[6], s.index.q.parts')).toBe(
    "- [{'field': 0, 'collation': 0, 'type': 'unsigned'}]\n- - type: string\n    is_nullable: false\n    fieldno: 2",
  );
  expect(world.ask(one, "return s.index.q:select{'x'}")).toBe("- - [1, 'x']");
  expect(
    world.ask(one, "s:create_index('r', {parts = {{1, 'unsigned', collation = 'binary'}}})"),
  ).toBe(
    "- error: 'Wrong index options (field 1): collation is reasonable only for string and\n    scalar parts'",
  );
});
