/** What the engine is built on, and what of LuaJIT cannot be told by one console answer. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LuaWorld } from './lua-world.ts';

const world = new LuaWorld();

describe('Lua', () => {
  it('counts on beyond 31 bits', () => {
    expect(world.answer('local n = 0 for i = 2147483640, 2147483660 do n = i end return n')).toBe(
      '- 2147483660\n',
    );
  });

  it('keeps 1 and 1.0 under one key', () => {
    expect(
      world.answer(
        "local t = {} t[1] = 'a' t[1.0] = 'b' t[2^53] = 'c' return #t, t[1], t[9007199254740992]",
      ),
    ).toBe('- 1\n- b\n- c\n');
  });

  it('folds a repeated replication key of db.cfg into a list', () => {
    const chunk =
      "cfg = function(t) return t end db2 = {cfg = cfg} return #((function(db) return db.cfg{replication = 'a', replication = 'b'} end)(db2).replication)";
    expect(world.answer(chunk)).toBe('- 2\n');
  });

  it('has no global of the real name, and none of Lua 5.3', () => {
    expect(world.answer('return rawget(_G, "box"), math.tointeger, string.pack, _VERSION')).toBe(
      '- null\n- null\n- null\n- Lua 5.1\n',
    );
  });

  it('names what cannot be had in a page', () => {
    expect(world.answer("return pcall(require, 'socket')")).toContain('a page cannot open sockets');
  });

  it('ends a chain of calls that never ends', () => {
    expect(world.answer('local function f() return 1 + f() end return f()')).toContain(
      'stack overflow',
    );
  });
});

describe('the wall around the engine', () => {
  it('imports its modules one by one, and none that touches files', () => {
    const source = readFileSync(new URL('../../src/bee/lua/vm/engine.ts', import.meta.url), 'utf8');
    expect(source).not.toMatch(/from '(fengari'|.*(liolib|loslib|loadlib))/);
  });
});
