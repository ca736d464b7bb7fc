/** The functions that are globals in LuaJIT. `loadfile`, `dofile` and `require` need the disk: see `modules/`. */

import { textBytes } from '../front/chunk-id.ts';
import { LuaSyntaxError } from '../front/lexer.ts';
import { asCData, typeName } from '../vm/cdata.ts';
import { lapi } from '../vm/engine.ts';
import { joined } from '../vm/errors.ts';
import {
  arg,
  argCount,
  argError,
  argTypeError,
  boolean,
  builtinError,
  bytesValue,
  callerError,
  checkAny,
  checkFunction,
  checkInteger,
  checkString,
  checkTable,
  hasArg,
  hostFunction,
  isAbsent,
  optInteger,
  push,
  pushBoolean,
  pushBytes,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  pushValue,
  reserve,
  setField,
  string,
  stringText,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { equals, store } from '../vm/operators.ts';
import { LuaTable, newObjectId } from '../vm/table.ts';
import type { HostFunction, LClosure, LuaState, TValue } from '../vm/types.ts';
import {
  copy,
  isTable,
  isUserdata,
  LuaError,
  LuaThrow,
  nilObject,
  Slot,
  Tag,
  text,
  utf8,
} from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { noteBuiltin } from './builtin-numbers.ts';
import { getEnvironment, setEnvironment } from './environments.ts';
import { where } from './frames.ts';
import { tonumber, tonumber64 } from './to-number.ts';
import { metamethod, metatableOf, plainText, textOf } from './tostring.ts';

const statusOk = 0;
const statusYield = 1;
const allResults = -1;
/** LuaJIT's number of what `ipairs` gives. */
const ipairsStepNumber = 6;

/** Ends `print`: writes what it puts out. @returns how many results the thread has */
export type Output = (L: LuaState, bytes: Uint8Array) => number;

/** Adds the base functions to the globals. */
export function openBase(vm: LuaVm, output: Output): void {
  const functions: Readonly<Record<string, HostFunction>> = {
    assert: luaAssert,
    collectgarbage,
    error: luaError,
    gcinfo: (L) => pushNumber(L, 0),
    getfenv: (L) => getEnvironment(vm, L),
    getmetatable,
    ipairs: (L) => iterate(L, '__ipairs', ipairsStep),
    load: (L) => load(vm, L),
    dostring: (L) => dostring(vm, L),
    loadstring: (L) => load(vm, L),
    newproxy,
    next,
    pairs: (L) => iterate(L, '__pairs', next),
    pcall: protectedCall,
    print: (L) => print(vm, L, output),
    rawequal: (L) => pushBoolean(L, equals(null, checkAny(L, 1), checkAny(L, 2))),
    rawget: (L) => pushValue(L, checkTable(L, 1).get(checkAny(L, 2))),
    rawset,
    select,
    setfenv: setEnvironment,
    setmetatable: setMetatable,
    tonumber,
    tonumber64,
    tostring: (L) => pushTextOf(L),
    type: (L) => pushText(L, typeName(checkAny(L, 1))),
    unpack,
    xpcall: protectedCallWithHandler,
  };
  for (const [name, f] of Object.entries(functions)) setField(vm.globals, name, hostFunction(f));
  setField(vm.globals, '_G', table(vm.globals));
  setField(vm.globals, '_VERSION', string('Lua 5.1'));
}

function luaAssert(L: LuaState): number {
  if (toBoolean(checkAny(L, 1))) return argCount(L);
  if (!hasArg(L, 2)) throw callerError('assertion failed!');
  throw callerError(text(checkString(L, 2)));
}

function luaError(L: LuaState): number {
  const level = optInteger(L, 2, 1);
  const message = arg(L, 1);
  const bytes = toBytes(message);
  if (bytes === undefined || level <= 0) throw new LuaThrow(message);
  const complete = joined(where(L, level), bytes);
  throw new LuaThrow(bytesValue(complete));
}

function collectgarbage(L: LuaState): number {
  const option = isAbsent(L, 1) ? 'collect' : text(checkString(L, 1));
  switch (option) {
    case 'collect':
    case 'stop':
    case 'restart':
    case 'setpause':
    case 'setstepmul':
      return pushNumber(L, 0);
    case 'count':
      return pushNumber(L, 2048);
    case 'step':
    case 'isrunning':
      return pushBoolean(L, true);
    default:
      throw argError(L, 1, `invalid option '${option}'`);
  }
}

function getmetatable(L: LuaState): number {
  const object = checkAny(L, 1);
  const metatable = metatableOf(L, object);
  // The metatables of the FFI's types are nobody's business.
  if (asCData(object) !== undefined) return pushText(L, 'ffi');
  if (metatable === null) return pushNil(L);
  const shown = metamethod(L, object, '__metatable');
  return shown.type === Tag.NIL ? pushTable(L, metatable) : pushValue(L, shown);
}

function setMetatable(L: LuaState): number {
  const object = checkTable(L, 1);
  const metatable = arg(L, 2);
  const isNil = hasArg(L, 2) && metatable.type === Tag.NIL;
  if (!isNil && !isTable(metatable)) throw argError(L, 2, 'nil or table expected');
  if (metamethod(L, arg(L, 1), '__metatable').type !== Tag.NIL) {
    throw callerError('cannot change a protected metatable');
  }
  object.metatable = isTable(metatable) ? metatable.value : null;
  return pushTable(L, object);
}

noteBuiltin(ipairsStep, ipairsStepNumber);

function ipairsStep(L: LuaState): number {
  const t = checkTable(L, 1);
  const at = checkInteger(L, 2) + 1;
  const value = t.getNumber(at);
  if (value.type === Tag.NIL) return 0;
  pushNumber(L, at);
  return 1 + pushValue(L, value);
}

/** `next(t, key)`: the pair behind a key in the order of the table, or nil. */
export function next(L: LuaState): number {
  const t = checkTable(L, 1);
  const key = new Slot(arg(L, 2).type, arg(L, 2).value);
  const value = new Slot(Tag.NIL, null);
  if (!t.next(key, value)) return pushNil(L);
  L.stack[L.top++] = key;
  L.stack[L.top++] = value;
  return 2;
}

/** `pairs` and `ipairs`. LuaJIT asks their metamethods for cdata only. */
function iterate(L: LuaState, event: string, step: HostFunction): number {
  const object = checkAny(L, 1);
  const data = asCData(object);
  if (data !== undefined) {
    const method = metamethod(L, object, event);
    if (method.type !== Tag.NIL) {
      pushValue(L, method);
      pushValue(L, object);
      lapi.lua_callk(L, 1, 3, null, null);
      return 3;
    }
    throw new LuaError(`'${data.plainName}' has no '${event}' metamethod`, 'none');
  }
  if (!isTable(object)) throw argTypeError(L, 1, 'table');
  push(L, Tag.HOST_FUNCTION, step);
  pushValue(L, object);
  return 2 + (step === next ? pushNil(L) : pushNumber(L, 0));
}

// Calls that catch errors.

function protectedCall(L: LuaState): number {
  checkAny(L, 1);
  const count = argCount(L);
  insertFirst(L, boolean(true));
  const status = lapi.lua_pcallk(L, count - 1, allResults, 0, 0, finishProtected);
  return finishProtected(L, status, 0);
}

function protectedCallWithHandler(L: LuaState): number {
  checkAny(L, 1);
  const handler = checkFunction(L, 2);
  const f = arg(L, 1);
  const count = argCount(L);
  const base = L.ci.funcOff;
  const saved = [new Slot(handler.type, handler.value), boolean(true), new Slot(f.type, f.value)];
  // The stack becomes: handler, true, f, arguments.
  L.stack[L.top++] = new Slot(Tag.NIL, null);
  for (let at = L.top - 1; at > base + 3; at--) L.stack[at] = L.stack[at - 1] as TValue; // in range
  saved.forEach((slot, at) => {
    L.stack[base + 1 + at] = slot;
  });
  const status = lapi.lua_pcallk(L, count - 2, allResults, 1, 1, finishProtected);
  return finishProtected(L, status, 1);
}

function insertFirst(L: LuaState, value: Slot): void {
  const first = L.ci.funcOff + 1;
  L.top++;
  for (let at = L.top - 1; at > first; at--) L.stack[at] = L.stack[at - 1] as TValue; // in range
  L.stack[first] = value;
}

function finishProtected(L: LuaState, status: number, skipped: unknown): number {
  if (status === statusOk || status === statusYield) return argCount(L) - Number(skipped);
  const error = L.stack[L.top - 1] ?? nilObject;
  pushBoolean(L, false);
  return 1 + pushValue(L, error);
}

// Values.

function print(vm: LuaVm, L: LuaState, output: Output): number {
  const parts: Uint8Array[] = [];
  for (let n = 1; n <= argCount(L); n++) {
    if (n > 1) parts.push(utf8('\t'));
    parts.push(textOf(vm, L, arg(L, n)));
  }
  parts.push(utf8('\n'));
  return output(L, parts.reduce(joined, new Uint8Array(0)));
}

function rawset(L: LuaState): number {
  const t = checkTable(L, 1);
  checkAny(L, 2);
  checkAny(L, 3);
  store(t, arg(L, 2), arg(L, 3));
  return pushTable(L, t);
}

function select(L: LuaState): number {
  const count = argCount(L);
  if (stringText(arg(L, 1))?.startsWith('#')) return pushNumber(L, count - 1);
  const wanted = checkInteger(L, 1);
  const from = wanted < 0 ? count + wanted : Math.min(wanted, count);
  if (from < 1) throw argError(L, 1, 'index out of range');
  return count - from;
}

/** The real server's own: compiles a text and calls what it came to, with the arguments that follow. */
function dostring(vm: LuaVm, L: LuaState): number {
  const source = toBytes(arg(L, 1));
  if (source === undefined) {
    const type = hasArg(L, 1) ? typeName(arg(L, 1)) : 'nil';
    const problem = `bad argument #1 to 'loadstring' (function expected, got ${type})`;
    throw builtinError('tarantool', 75, problem);
  }
  const count = argCount(L);
  let f: LClosure;
  try {
    f = vm.compile(source, source);
  } catch (error) {
    if (!(error instanceof LuaSyntaxError)) throw error;
    throw new LuaThrow(bytesValue(textBytes(error.message)));
  }
  reserve(L, count + 1);
  const args = Array.from({ length: count - 1 }, (_, at) => copy(arg(L, at + 2)));
  push(L, Tag.LUA_CLOSURE, f);
  for (const value of args) pushValue(L, value);
  lapi.lua_callk(L, args.length, allResults, 0, (state: LuaState) => argCount(state) - count);
  return argCount(L) - count;
}

function pushTextOf(L: LuaState): number {
  const value = checkAny(L, 1);
  const data = asCData(value);
  if (data === undefined || data.metatable !== null) {
    const method = metamethod(L, value, '__tostring');
    if (method.type !== Tag.NIL) {
      const copied = new Slot(value.type, value.value);
      pushValue(L, method);
      L.stack[L.top++] = copied;
      lapi.lua_callk(L, 1, 1, null, null);
      return 1;
    }
  }
  return pushBytes(L, plainText(value));
}

function unpack(L: LuaState): number {
  const t = checkTable(L, 1);
  const from = optInteger(L, 2, 1);
  const to = isAbsent(L, 3) ? t.length() : checkInteger(L, 3);
  if (from > to) return 0;
  const count = to - from + 1;
  if (count > 8000) throw callerError('too many results to unpack');
  reserve(L, count);
  for (let at = from; at <= to; at++) pushValue(L, t.getNumber(at));
  return count;
}

class Proxy {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
}

function newproxy(L: LuaState): number {
  const proxy = new Proxy();
  const given = arg(L, 1);
  if (toBoolean(given)) {
    if (given.type === Tag.BOOLEAN) proxy.metatable = new LuaTable(0, 0);
    else if (isUserdata(given) && given.value instanceof Proxy) {
      proxy.metatable = given.value.metatable;
    } else throw argError(L, 1, 'boolean or proxy expected');
  }
  push(L, Tag.USERDATA, proxy);
  return 1;
}

// Programs.

function load(vm: LuaVm, L: LuaState): number {
  const given = arg(L, 1);
  const bytes = toBytes(given);
  const source = bytes ?? readPieces(vm, L);
  const name = isAbsent(L, 2) ? (bytes ?? utf8('=(load)')) : checkString(L, 2);
  const environment = arg(L, 4);
  return pushCompiled(vm, L, source, name, isTable(environment) ? environment.value : vm.globals);
}

/** Pushes a compiled program, or nil and a message. */
export function pushCompiled(
  vm: LuaVm,
  L: LuaState,
  source: Uint8Array,
  name: Uint8Array,
  environment: LuaTable,
): number {
  try {
    push(L, Tag.LUA_CLOSURE, vm.compile(source, name, environment));
    return 1;
  } catch (error) {
    if (!(error instanceof LuaSyntaxError)) throw error;
    pushNil(L);
    return 1 + pushBytes(L, textBytes(error.message));
  }
}

function readPieces(vm: LuaVm, L: LuaState): Uint8Array {
  const reader = checkFunction(L, 1);
  let source = new Uint8Array(0);
  for (;;) {
    const [piece = nilObject] = vm.callNow(reader, []);
    if (piece.type === Tag.NIL) return source;
    const bytes = toBytes(piece);
    if (bytes === undefined) throw callerError('reader function must return a string');
    if (bytes.length === 0) return source;
    source = joined(source, bytes);
  }
}
