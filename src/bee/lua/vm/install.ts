/**
 * Puts Bee's parts in the places of the engine's: tables, the interpreter, numbers, messages. The engine's modules call one another
 * through their export objects, which is what makes this possible; `prepare.ts` has done the rest before they were loaded.
 */
import { chunkIdBytes } from '../front/chunk-id.ts';
import { literalMark } from '../front/compile.ts';
import { asCData, operandName, typeName } from './cdata.ts';
import { ldebug, lobject, ltable, ltm, lvm } from './engine.ts';
import { execute } from './execute.ts';
import { formatNumber } from './number-format.ts';
import { parseNumber } from './number-parse.ts';
import {
  arithmetic,
  equals,
  index,
  lengthOf,
  lessEqual,
  lessThan,
  modulo,
  operandError,
  power,
  setIndex,
  store,
  toNumber,
} from './operators.ts';
import { LuaTable } from './table.ts';
import type { TValue } from './types.ts';
import { isString, LuaError, newString, nilObject, Tag, utf8 } from './value.ts';

function installTables(): void {
  ltable.Table = LuaTable;
  ltable.luaH_new = () => new LuaTable(0, 0);
  ltable.invalidateTMcache = (table) => {
    table.flags = 0;
  };
  ltable.luaH_get = (_L, table, key) => table.get(key);
  ltable.luaH_getint = (table, key) => table.getNumber(key);
  ltable.luaH_getstr = (table, key) => table.getString(key);
  ltable.luaH_getn = (table) => table.length();
  ltable.luaH_setint = (table, key, value) => table.setNumber(key, value);
  ltable.luaH_setfrom = (_L, table, key, value) => store(table, key, value);
  ltable.luaH_next = (L, table, at) => table.next(L.stack[at] as TValue, L.stack[at + 1] as TValue); // the caller made room for both
  // The engine's lexer looks into its table of names behind the table's back.
  Object.defineProperty(LuaTable.prototype, 'strong', {
    get(this: LuaTable) {
      return { get: (hash: string) => findName(this, hash) };
    },
  });
}

/** The pair that the lexer expects for a name it has met before; `hash` is '|' and the name's bytes. */
function findName(table: LuaTable, hash: string): object | undefined {
  const bytes = new Uint8Array(hash.length - 1);
  for (let at = 1; at < hash.length; at++) bytes[at - 1] = hash.charCodeAt(at);
  const key = table.keyOf(newString(bytes));
  return key === undefined ? undefined : { key };
}

function installInterpreter(): void {
  lvm.luaV_execute = execute;
  lvm.luaV_gettable = (L, object, key, out) => index(L, object, key, out);
  lvm.settable = (L, object, key, value) => setIndex(L, object, key, value);
  lvm.luaV_equalobj = (L, a, b) => (equals(L, a, b) ? 1 : 0);
  lvm.luaV_rawequalobj = (a, b) => (equals(null, a, b) ? 1 : 0);
  lvm.luaV_lessthan = (L, a, b) => (lessThan(L, a, b) ? 1 : 0);
  lvm.luaV_lessequal = (L, a, b) => (lessEqual(L, a, b) ? 1 : 0);
  lvm.luaV_objlen = (L, out, o) => lengthOf(L, out, o);
  lvm.tonumber = (o) => toNumber(o) ?? false;
  lvm.tointeger = toInteger;
  lvm.luaV_tointeger = toInteger;
}

function toInteger(slot: TValue): number | false {
  const n = toNumber(slot);
  return n === undefined || Number.isNaN(n) ? false : Math.trunc(n);
}

function installNumbers(): void {
  lobject.luaO_str2num = (bytes, out) => {
    const value = literalMark(bytes) ?? parseNumber(bytes);
    if (value === undefined) return 0;
    out.type = Tag.NUMBER;
    out.value = value;
    return bytes.length + 1;
  };
  lobject.luaO_tostring = (_L, slot) => {
    slot.value = newString(utf8(formatNumber(Number(slot.value))));
    slot.type = Tag.STRING;
  };
  lobject.luaO_arith = (_L, operator, a, b, out) => {
    const result = fold(operator, a.value, b.value);
    // A type that is no number makes the compiler leave the operation to run time.
    const isRefused = result === undefined || Number.isNaN(result) || result === 0;
    out.type = isRefused ? notANumberType : Tag.NUMBER;
    out.value = isRefused ? Number.NaN : result;
  };
}

const notANumberType = Tag.NUMBER | (2 << 4);

/** Constant arithmetic at compile time; the numbers of the operators are the engine's. */
function fold(operator: number, x: unknown, y: unknown): number | undefined {
  if (typeof x !== 'number' || typeof y !== 'number') return undefined;
  switch (operator) {
    case 0:
      return x + y;
    case 1:
      return x - y;
    case 2:
      return x * y;
    case 3:
      return modulo(x, y);
    case 4:
      return power(x, y);
    case 5:
      return x / y;
    case 12:
      return -x;
    default:
      return undefined;
  }
}

/** Length of 'call', the one operation that the engine names in four letters. */
const callLength = 4;

function installMessages(): void {
  lobject.luaO_chunkid = (source) => chunkIdBytes(source);
  ltm.luaT_objtypename = (_L, o) => utf8(typeName(o));
  ldebug.luaG_typeerror = (L, o, what) => {
    const data = asCData(o);
    if (data !== undefined && what.length === callLength) {
      throw new LuaError(`'${data.plainName}' is not callable`, 'none');
    }
    throw operandError(L, o, new TextDecoder().decode(what));
  };
  ldebug.luaG_concaterror = (L, a, b) => {
    const culprit = isString(a) || a.type === Tag.NUMBER ? b : a;
    if (typeName(a) === 'cdata' || typeName(b) === 'cdata') throw concatError(a, b);
    throw operandError(L, culprit, 'concatenate');
  };
  ldebug.luaG_runerror = (_L, format) => {
    const words = new TextDecoder().decode(format);
    throw new LuaError(engineWords[words] ?? words);
  };
  ldebug.luaG_opinterror = (L, a, b) => {
    // The engine has looked for metamethods already: this finds none and raises the error.
    arithmetic(L, '+', a, b, new lobject.TValue(nilObject.type, null));
    throw new LuaError('attempt to perform arithmetic');
  };
}

/** What LuaJIT says where the engine speaks of JavaScript. */
const engineWords: Readonly<Record<string, string>> = {
  'JS stack overflow': 'stack overflow',
  'attempt to yield across a JS-call boundary': 'attempt to yield across C-call boundary',
  'attempt to yield from outside a coroutine': 'attempt to yield across C-call boundary',
};

function concatError(a: TValue, b: TValue): LuaError {
  return new LuaError(`attempt to concatenate '${operandName(a)}' and '${operandName(b)}'`);
}

installTables();
installInterpreter();
installNumbers();
installMessages();
