/** Functions that wait suspend the whole fiber from wherever Lua allows a yield, and say so where it does not. */
import { describe, expect, it } from 'vitest';
import { LuaWorld } from './lua-world.ts';

const world = new LuaWorld();
world.answer("fiber = require('fiber') wait = function(x) fiber.sleep(0.01) return x end");

/** Each waits in the middle of an expression and must come back with the value. */
const places: readonly (readonly [string, string])[] = [
  ['a call', 'return wait(1) + wait(2)'],
  ['pcall', 'local ok, x = pcall(wait, 3) return x'],
  ['pcall in pcall', 'local _, _, x = pcall(pcall, wait, 3) return x'],
  ['xpcall', 'local ok, x = xpcall(function() return wait(3) end, print) return x'],
  [
    'an error after a wait',
    'local ok, e = pcall(function() wait(1) error({x = 3}) end) return e.x',
  ],
  ['__index', 'return setmetatable({}, {__index = function() return wait(3) end}).x'],
  [
    '__newindex',
    'local r setmetatable({}, {__newindex = function(_, _, v) r = wait(v) end}).x = 3 return r',
  ],
  ['__add', 'return setmetatable({}, {__add = function() return wait(3) end}) + 1'],
  ['__concat', "return setmetatable({}, {__concat = function() return wait(3) end}) .. 'x'"],
  [
    '__eq',
    'local m = {__eq = function() return wait(true) end} return (setmetatable({}, m) == setmetatable({}, m)) and 3',
  ],
  [
    '__lt',
    'local m = {__lt = function() return wait(true) end} return (setmetatable({}, m) < setmetatable({}, m)) and 3',
  ],
  ['__call', 'return setmetatable({}, {__call = function() return wait(3) end})()'],
  [
    'an iterator',
    'local n = 0 for x in function(_, i) i = (i or 0) + 1 if i < 3 then return wait(i) end end do n = n + x end return n',
  ],
  ['coroutine.wrap', 'return coroutine.wrap(function() return wait(3) end)()'],
  [
    'a coroutine that also yields',
    'local c = coroutine.wrap(function() wait(1) coroutine.yield(wait(1)) return wait(2) end) return c() + c()',
  ],
  ['a tail call', 'return (function() return wait(3) end)()'],
  ['varargs', "return (select('#', wait(1), wait(2), wait(3)))"],
];

describe('a host function that waits', () => {
  it.each(places)('goes on inside %s', (_name, statement) => {
    expect(world.answer(statement)).toBe('- 3\n');
  });

  it('lets other fibers run meanwhile', () => {
    const statement =
      'local log = {} fiber.create(function() wait() table.insert(log, 1) end) table.insert(log, 2) wait() wait() return log[1], log[2]';
    expect(world.answer(statement)).toBe('- 2\n- 1\n');
  });

  it.each([
    ['table.sort', 'table.sort({3, 2, 1}, function(a, b) wait() return a < b end)'],
    ['string.gsub', "('abc'):gsub('.', function() wait() end)"],
  ])('is refused inside %s', (_name, statement) => {
    expect(world.answer(statement)).toContain('attempt to yield across C-call boundary');
  });
});

describe('a statement that runs long', () => {
  it('can be interrupted', () => {
    const long = world.begin('while true do end');
    for (let turns = 0; turns < 3; turns++) world.sim.step();
    expect(long.answer).toBeUndefined();
    const [, fiber] = [...world.instance.scheduler.fibers].at(-1) ?? [];
    if (fiber === undefined) throw new Error('no fiber');
    world.runtime.vm.interrupt(fiber);
    world.sim.expectUntil('it ends', () => long.answer !== undefined, 60);
    expect(long.answer).toContain('interrupted');
  });
});
