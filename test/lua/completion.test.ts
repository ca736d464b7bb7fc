import { expect, test } from 'vitest';
import { LuaWorld } from './lua-world.ts';

const world = new LuaWorld();
world.answer(
  `t = setmetatable({field = 1, f = function() end, ['no name'] = 1, endless = 1, [1] = 1},
  {__index = {inherited = function() end, other = 1, field = function() end}})`.replaceAll(
    '\n',
    ' ',
  ),
);

/** Each line as it would be with what Tab offers at its end. */
function offered(line: string, cursor = line.length): string[] {
  const { from, words } = world.console.complete(line, cursor);
  return words.map((word) => line.slice(0, from) + word);
}

test('globals and words of the language, a function with its parenthesis', () => {
  expect(offered('tostr')).toEqual(['tostring(']);
  expect(offered('1 + tonum')).toEqual(['1 + tonumber(', '1 + tonumber64(']);
  expect(offered('whi')).toEqual(['while']);
  expect(offered('no_such_name')).toEqual([]);
});

test('behind a dot the fields, its metatable’s, too, and no words of the language', () => {
  expect(offered('t.f')).toEqual(['t.f(', 't.field']);
  expect(offered('t.fie')).toEqual(['t.field']);
  expect(offered('t.in')).toEqual(['t.inherited(']);
  expect(offered('t.en')).toEqual(['t.endless']);
  expect(offered('t.no')).toEqual([]);
  expect(offered('string.form')).toEqual(['string.format(']);
  expect(offered('t.field.x')).toEqual([]);
});

test('behind a colon what can be called', () => {
  expect(offered('t:f')).toEqual(['t:f(']);
  expect(offered('t:')).toEqual(['t:f(', 't:inherited(']);
});

test('what stands behind the cursor does not count', () => {
  expect(offered('string.form and more', 'string.form'.length)).toEqual(['string.format(']);
});
