/**
 * LuaJIT numbers its own functions, and `tostring` shows the number (`function: builtin#29`). Learners see it when they type a
 * function's name.
 */
import { getField } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import { isTable } from '../vm/value.ts';

/** Names in the order of their numbers, from the given first number on; an empty place is a number without a name. */
const numbered: readonly (readonly [library: string, first: number, names: string])[] = [
  [
    '',
    2,
    'assert type next pairs - ipairs getmetatable setmetatable getfenv setfenv rawget rawset rawequal unpack select ' +
      'tonumber tostring error pcall xpcall loadfile load loadstring dofile gcinfo collectgarbage newproxy print',
  ],
  ['coroutine', 30, 'status running isyieldable create yield resume - wrap'],
  [
    'math',
    38,
    'abs floor ceil sqrt log10 exp sin cos tan asin acos atan sinh cosh tanh frexp modf log atan2 pow fmod ldexp ' +
      'min max random randomseed',
  ],
  ['bit', 64, 'tobit bnot bswap lshift rshift arshift rol ror band bor bxor tohex'],
  ['string', 76, 'byte char sub rep reverse lower upper dump find match - gmatch gsub format'],
  ['table', 90, 'maxn insert concat sort new'],
  ['io', 105, 'open popen tmpfile close read write flush input output lines type'],
  ['os', 116, 'execute remove rename tmpname getenv - clock date time difftime setlocale'],
  [
    'debug',
    127,
    'getregistry getmetatable setmetatable getfenv setfenv getinfo getlocal setlocal getupvalue setupvalue upvalueid ' +
      'upvaluejoin sethook gethook debug traceback',
  ],
];

const numbers = new WeakMap<object, number>();

/** Notes the numbers of the functions in the tables of globals. Called once the libraries are there. */
export function numberBuiltins(globals: LuaTable): void {
  for (const [library, first, names] of numbered) {
    const holder = library === '' ? globals : tableIn(getField(globals, library));
    if (holder !== undefined) numberFunctions(holder, first, names);
  }
}

/** Notes the numbers of a library's functions: the first one's, and the names in the order of their numbers. */
export function numberFunctions(library: LuaTable, first: number, names: string): void {
  names.split(' ').forEach((name, at) => {
    const { value } = getField(library, name);
    if (typeof value === 'function') numbers.set(value, first + at);
  });
}

/** Gives a function that is in no table its number: the steps of iterators, what `coroutine.wrap` makes. */
export function noteBuiltin(f: object, number: number): void {
  numbers.set(f, number);
}

function tableIn(slot: TValue): LuaTable | undefined {
  return isTable(slot) ? slot.value : undefined;
}

/** The number of a function that LuaJIT numbers; undefined for any other. */
export function builtinNumber(f: unknown): number | undefined {
  return typeof f === 'function' ? numbers.get(f) : undefined;
}
