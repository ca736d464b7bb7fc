// Numbers that a program gives net.box never end the server, whatever they are: -1 is the greatest limit, as with the real one.
import { expect, test } from 'vitest';
import { LuaWorld } from './lua-world.ts';

test('a limit of -1 and an offset of a half are taken as the real server takes them', () => {
  const world = new LuaWorld();
  world.answer('db.cfg{listen = 3301}');
  world.answer("db.schema.user.grant('guest', 'read,write,execute', 'universe')");
  world.answer("s = db.schema.space.create('s') s:create_index('pk') s:insert{1} s:insert{2}");
  world.answer("c = require('net.box').connect('localhost:3301')");
  expect(world.answer('c.space.s:select({}, {limit = -1})')).toBe('- - [1]\n  - [2]\n');
  expect(world.answer('c.space.s:select({}, {limit = 1, offset = 1.5})')).toBe('- - [2]\n');
  expect(world.answer('c:ping({timeout = 0})')).toBe('- false\n');
  expect(world.answer("require('net.box').connect('localhost', 3301).port")).toBe('- 3301\n');
});
