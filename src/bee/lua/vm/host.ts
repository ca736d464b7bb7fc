/**
 * What host functions are written with: reading arguments, pushing results, and LuaJIT's errors about arguments.
 */
import { type CData, typeName } from './cdata.ts';
import { ldo } from './engine.ts';
import { formatNumber } from './number-format.ts';
import { parseNumber } from './number-parse.ts';
import { nameOfCall } from './slot-names.ts';
import { LuaTable } from './table.ts';
import type { HostFunction, LuaState, TString, TValue } from './types.ts';
import {
  internString,
  isFunction,
  isNumber,
  isString,
  isTable,
  LuaError,
  newString,
  nilObject,
  Slot,
  Tag,
  text,
  utf8,
} from './value.ts';

/** The n-th argument, from 1; `nilObject` itself when there is none. */
export function arg(L: LuaState, n: number): TValue {
  const at = L.ci.funcOff + n;
  return at < L.top ? (L.stack[at] as TValue) : nilObject; // below the top there are slots
}

/** How many arguments the running host function was given. */
export function argCount(L: LuaState): number {
  return L.top - L.ci.funcOff - 1;
}

/** Whether there is an n-th argument, were it nil. */
export function hasArg(L: LuaState, n: number): boolean {
  return n <= argCount(L);
}

/** True when the argument is missing or nil. */
export function isAbsent(L: LuaState, n: number): boolean {
  return arg(L, n).type === Tag.NIL;
}

/** "bad argument #1 to 'insert' (…)", said of the Lua code that called the running host function. */
export function argError(L: LuaState, n: number, what: string): LuaError {
  const name = nameOfCall(L.ci);
  const number = name?.kind === 'method' ? n - 1 : n;
  const called = name?.name ?? '?';
  return number === 0
    ? new LuaError(`calling '${called}' on bad self (${what})`, 'caller')
    : new LuaError(`bad argument #${number} to '${called}' (${what})`, 'caller');
}

/** "bad argument #1 to 'insert' (table expected, got nil)". */
export function argTypeError(L: LuaState, n: number, expected: string): LuaError {
  const got = hasArg(L, n) ? typeName(arg(L, n)) : 'no value';
  return argError(L, n, `${expected} expected, got ${got}`);
}

/** An error with a message of its own, said of the caller (`luaL_error`). */
export function callerError(message: string): LuaError {
  return new LuaError(message, 'caller');
}

/** An error that the real server raises in Lua code of its own: programs and people see that place. */
export function builtinError(file: string, line: number, message: string): LuaError {
  return new LuaError(`builtin/${file}.lua:${line}: ${message}`, 'none');
}

/** A table argument. @throws LuaError */
export function checkTable(L: LuaState, n: number): LuaTable {
  const slot = arg(L, n);
  if (!isTable(slot)) throw argTypeError(L, n, 'table');
  return slot.value;
}

/** A number, or a string that reads as one. */
export function checkNumber(L: LuaState, n: number): number {
  const slot = arg(L, n);
  if (isNumber(slot)) return slot.value;
  const parsed = isString(slot) ? parseNumber(slot.value.realstring) : undefined;
  if (parsed === undefined) throw argTypeError(L, n, 'number');
  return parsed;
}

/** A number argument that may be missing or nil. @throws LuaError */
export function optNumber(L: LuaState, n: number, otherwise: number): number {
  return isAbsent(L, n) ? otherwise : checkNumber(L, n);
}

/** A number cut to 32 bits as LuaJIT's libraries do it: out of range it is the smallest integer. */
export function checkInteger(L: LuaState, n: number): number {
  return toInt32(checkNumber(L, n));
}

/** As `optNumber`, cut to 32 bits. */
export function optInteger(L: LuaState, n: number, otherwise: number): number {
  return isAbsent(L, n) ? otherwise : checkInteger(L, n);
}

/** A number cut to 32 bits: what does not fit is the smallest integer. */
export function toInt32(n: number): number {
  return n > -2147483649 && n < 2147483648 ? Math.trunc(n) : -2147483648;
}

/** Bytes of a string argument; numbers are taken in their printed form. */
export function checkString(L: LuaState, n: number): Uint8Array {
  const bytes = toBytes(arg(L, n));
  if (bytes === undefined) throw argTypeError(L, n, 'string');
  return bytes;
}

/** The bytes of a string argument that may be missing or nil. @throws LuaError */
export function optString(L: LuaState, n: number): Uint8Array | undefined {
  return isAbsent(L, n) ? undefined : checkString(L, n);
}

/** A string argument read as UTF-8. @throws LuaError */
export function checkText(L: LuaState, n: number): string {
  return text(checkString(L, n));
}

/** Bytes of a string or a number; undefined for anything else. */
export function toBytes(slot: TValue): Uint8Array | undefined {
  if (isString(slot)) return slot.value.realstring;
  return isNumber(slot) ? utf8(formatNumber(slot.value)) : undefined;
}

/** The text of a string; undefined for anything else, numbers included. */
export function stringText(slot: TValue): string | undefined {
  return isString(slot) ? text(slot.value.realstring) : undefined;
}

/** Any argument that is there, nil included. */
export function checkAny(L: LuaState, n: number): TValue {
  if (!hasArg(L, n)) throw argError(L, n, 'value expected');
  return arg(L, n);
}

/** A function argument. @throws LuaError */
export function checkFunction(L: LuaState, n: number): TValue {
  const slot = arg(L, n);
  if (!isFunction(slot)) throw argTypeError(L, n, 'function');
  return slot;
}

/** Whether a value counts as true: all but nil and false do. */
export function toBoolean(slot: TValue): boolean {
  return !(slot.type === Tag.NIL || (slot.type === Tag.BOOLEAN && slot.value === false));
}

/** A function that LuaJIT has in bytecode: an argument that is missing is nil there, in its errors too. */
export function inBytecode(parameters: number, f: HostFunction): HostFunction {
  return (L) => {
    reserve(L, parameters);
    while (argCount(L) < parameters) pushNil(L);
    return f(L);
  };
}

// Results. Each pushes one value; functions return how many were pushed.

/** Pushes a value by its tag. */
export function push(L: LuaState, type: number, value: unknown): void {
  L.stack[L.top++] = new Slot(type, value);
}

/** Makes sure that `n` more values can be pushed. */
export function reserve(L: LuaState, n: number): void {
  ldo.luaD_checkstack(L, n);
  if (L.ci.top < L.top + n) L.ci.top = L.top + n;
}

/** Pushes a copy of a slot. */
export function pushValue(L: LuaState, slot: TValue): number {
  L.stack[L.top++] = new Slot(slot.type, slot.value);
  return 1;
}

/** Pushes nil. */
export function pushNil(L: LuaState): number {
  push(L, Tag.NIL, null);
  return 1;
}

/** Pushes a boolean. */
export function pushBoolean(L: LuaState, value: boolean): number {
  push(L, Tag.BOOLEAN, value);
  return 1;
}

/** Pushes a number. */
export function pushNumber(L: LuaState, n: number): number {
  push(L, Tag.NUMBER, n);
  return 1;
}

/** Pushes bytes as a string; they must not be changed afterwards. */
export function pushBytes(L: LuaState, bytes: Uint8Array): number {
  push(L, Tag.STRING, newString(bytes));
  return 1;
}

/** Pushes a text as a string in UTF-8. */
export function pushText(L: LuaState, value: string): number {
  push(L, Tag.STRING, internString(value));
  return 1;
}

/** Pushes a table. */
export function pushTable(L: LuaState, table: LuaTable): number {
  push(L, Tag.TABLE, table);
  return 1;
}

/** Pushes cdata. */
export function pushData(L: LuaState, data: CData): number {
  push(L, Tag.USERDATA, data);
  return 1;
}

/** Pushes a host function. */
export function pushFunction(L: LuaState, f: HostFunction): number {
  push(L, Tag.HOST_FUNCTION, f);
  return 1;
}

// Values outside a stack.

export const nil = (): Slot => new Slot(Tag.NIL, null);
export const number = (n: number): Slot => new Slot(Tag.NUMBER, n);
export const boolean = (b: boolean): Slot => new Slot(Tag.BOOLEAN, b);
export const string = (value: string): Slot => new Slot(Tag.STRING, internString(value));
export const bytesValue = (bytes: Uint8Array): Slot => new Slot(Tag.STRING, newString(bytes));
export const table = (t: LuaTable): Slot => new Slot(Tag.TABLE, t);
export const data = (d: CData): Slot => new Slot(Tag.USERDATA, d);
export const hostFunction = (f: HostFunction): Slot => new Slot(Tag.HOST_FUNCTION, f);

/** The room that `lua_createtable(narr, nrec)` gives a table. */
export function createTable(arrayItems = 0, hashItems = 0): LuaTable {
  const bits = hashItems === 0 ? 0 : hashItems === 1 ? 1 : 32 - Math.clz32(hashItems - 1);
  return new LuaTable(arrayItems > 0 ? arrayItems + 1 : 0, bits);
}

/** Stores a field without metamethods. */
export function setField(t: LuaTable, name: string, value: TValue): void {
  t.set(new Slot(Tag.STRING, internString(name)), value);
  t.flags = 0;
}

/** A field without metamethods; `nilObject` when there is none. */
export function getField(t: LuaTable, name: string): TValue {
  return t.getString(internString(name));
}

/** A table of values in order: `{a, b, c}`. */
export function list(values: readonly TValue[]): LuaTable {
  const t = createTable(values.length);
  values.forEach((value, at) => t.setNumber(at + 1, value));
  return t;
}

/** A table of fields, in the given order. */
export function record(fields: Readonly<Record<string, TValue>>): LuaTable {
  const t = createTable(0, Object.keys(fields).length);
  for (const [name, value] of Object.entries(fields)) setField(t, name, value);
  return t;
}

/** A table of host functions. */
export function library(functions: Readonly<Record<string, HostFunction>>): LuaTable {
  const t = createTable(0, Object.keys(functions).length);
  for (const [name, f] of Object.entries(functions)) setField(t, name, hostFunction(f));
  return t;
}

export type { TString };
