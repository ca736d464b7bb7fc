/**
 * What operators do beyond the plain cases that the interpreter handles itself: coercion of strings, cdata, metamethods, and
 * LuaJIT's messages when nothing fits.
 */
import {
  type ArithmeticOperator,
  asCData,
  badArithmetic,
  CData,
  int64Arithmetic,
  operandName,
  typeName,
} from './cdata.ts';
import { ltm } from './engine.ts';
import { parseNumber } from './number-parse.ts';
import { nameOfValue } from './slot-names.ts';
import type { LuaTable } from './table.ts';
import { sameBytes, stringHash } from './table-hash.ts';
import type { LuaState, TString, TValue } from './types.ts';
import {
  isFalse,
  isFunction,
  isNumber,
  isString,
  isTable,
  isUserdata,
  LuaError,
  nilObject,
  Slot,
  Tag,
} from './value.ts';

/** Numbers of metamethods, as the engine counts them. */
export const Event = {
  INDEX: 0,
  NEWINDEX: 1,
  LEN: 4,
  EQ: 5,
  ADD: 6,
  SUB: 7,
  MUL: 8,
  MOD: 9,
  POW: 10,
  DIV: 11,
  UNM: 18,
  LT: 20,
  LE: 21,
  CONCAT: 22,
  CALL: 23,
} as const;

/** `__index` chains longer than this are taken for endless. */
const chainMax = 100;
const statusLessForLessEqual = 1 << 7;

/** The number that a value is in arithmetic; strings that read as numbers count. */
export function toNumber(slot: TValue): number | undefined {
  if (isNumber(slot)) return slot.value;
  return isString(slot) ? parseNumber(slot.value.realstring) : undefined;
}

/** `a % b` as LuaJIT computes it. */
export function modulo(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}

function compute(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return modulo(a, b);
    case '^':
      return power(a, b);
    case 'unm':
      return -a;
  }
}

/** JavaScript says NaN where C's pow says 1. */
export function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))) return 1;
  return a ** b;
}

const arithmeticEvents: Readonly<Record<ArithmeticOperator, number>> = {
  '+': Event.ADD,
  '-': Event.SUB,
  '*': Event.MUL,
  '/': Event.DIV,
  '%': Event.MOD,
  '^': Event.POW,
  unm: Event.UNM,
};

/** Arithmetic on operands that are not both numbers. */
export function arithmetic(
  L: LuaState,
  operator: ArithmeticOperator,
  left: TValue,
  right: TValue,
  out: TValue,
): void {
  const a = toNumber(left);
  const b = a === undefined ? undefined : toNumber(right);
  if (a !== undefined && b !== undefined) {
    out.value = compute(operator, a, b);
    out.type = Tag.NUMBER;
    return;
  }
  const leftData = asCData(left);
  const rightData = asCData(right);
  if (leftData ?? rightData) {
    const result = int64Arithmetic(operator, left, right);
    if (result !== undefined) {
      out.value = result;
      out.type = Tag.USERDATA;
      return;
    }
  }
  const own =
    leftData?.arithmetic(operator, left, right) ?? rightData?.arithmetic(operator, left, right);
  if (own !== undefined) {
    out.value = own;
    out.type = typeof own === 'number' ? Tag.NUMBER : Tag.USERDATA;
    return;
  }
  if (callBinary(L, left, right, out, arithmeticEvents[operator])) return;
  if (leftData ?? rightData) throw badArithmetic(left, right);
  const culprit = a === undefined ? left : right;
  throw operandError(L, culprit, 'perform arithmetic on');
}

/** Runs the metamethod of either operand; false when neither has one. */
function callBinary(L: LuaState, a: TValue, b: TValue, out: TValue, event: number): boolean {
  let method = ltm.luaT_gettmbyobj(L, a, event);
  if (method.type === Tag.NIL) method = ltm.luaT_gettmbyobj(L, b, event);
  if (method.type === Tag.NIL) return false;
  ltm.luaT_callTM(L, method, a, b, out, 1);
  return true;
}

/** "attempt to index local 'x' (a nil value)". */
export function operandError(L: LuaState, culprit: TValue, what: string): LuaError {
  const name = nameOfValue(L, culprit);
  const type = typeName(culprit);
  return new LuaError(
    name === undefined
      ? `attempt to ${what} a ${type} value`
      : `attempt to ${what} ${name.kind} '${name.name}' (a ${type} value)`,
  );
}

/** `a == b`, metamethods included. */
export function equals(L: LuaState | null, a: TValue, b: TValue): boolean {
  if (a.type !== b.type) {
    // Without metamethods cdata is equal to itself alone.
    if (L === null) return false;
    const data = asCData(a);
    if (data !== undefined) return data.equals(b, true) || equalsByMetatype(L, a, b);
    return asCData(b)?.equals(a, false) || equalsByMetatype(L, a, b);
  }
  if (a.value === b.value) return !(a.type === Tag.NUMBER && Number.isNaN(a.value));
  if (isString(a)) return sameString(a.value, b.value as TString); // same tag
  if (isTable(a) && isTable(b)) {
    return L !== null && equalsByMetamethod(L, a, b, a.value.metatable, b.value.metatable);
  }
  if (!isUserdata(a) || !isUserdata(b)) return false;
  if (a.value instanceof CData || b.value instanceof CData) {
    if (L === null) return false;
    if (asCData(a)?.equals(b, true) || asCData(b)?.equals(a, false)) return true;
    return equalsByMetatype(L, a, b);
  }
  return L !== null && equalsByMetamethod(L, a, b, a.value.metatable, b.value.metatable);
}

/** Either side's `__eq` will do where one of them is cdata (`ffi.metatype`). */
function equalsByMetatype(L: LuaState | null, a: TValue, b: TValue): boolean {
  if (L === null || (asCData(a)?.metatable ?? asCData(b)?.metatable ?? null) === null) return false;
  const result = new Slot(Tag.NIL, null);
  return callBinary(L, a, b, result, Event.EQ) && !isFalse(result);
}

/** Lua 5.1 asks `__eq` only when both operands have the same one. */
function equalsByMetamethod(
  L: LuaState,
  a: TValue,
  b: TValue,
  first: LuaTable | null,
  second: LuaTable | null,
): boolean {
  if (first === null || second === null) return false;
  const method = ltm.fasttm(L, first, Event.EQ);
  if (method === null) return false;
  if (first !== second) {
    const other = ltm.fasttm(L, second, Event.EQ);
    if (other === null || !equals(null, method, other)) return false;
  }
  const result = new Slot(Tag.NIL, null);
  ltm.luaT_callTM(L, method, a, b, result, 1);
  return !isFalse(result);
}

/** Whether two strings have the same bytes. */
export function sameString(a: TString, b: TString): boolean {
  if (a === b) return true;
  if (a.realstring.length !== b.realstring.length) return false;
  if (a.hash !== null && b.hash !== null && stringHash(a) !== stringHash(b)) return false;
  return sameBytes(a.realstring, b.realstring);
}

/** The order of two strings: bytes, without a sign. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `a < b`. */
export function lessThan(L: LuaState, a: TValue, b: TValue): boolean {
  if (isNumber(a) && isNumber(b)) return a.value < b.value;
  if (isString(a) && isString(b)) return compareBytes(a.value.realstring, b.value.realstring) < 0;
  return compareData(a, b, false) ?? compareByMetamethod(L, a, b, Event.LT) ?? refuse(L, a, b);
}

/** `a <= b`. */
export function lessEqual(L: LuaState, a: TValue, b: TValue): boolean {
  if (isNumber(a) && isNumber(b)) return a.value <= b.value;
  if (isString(a) && isString(b)) return compareBytes(a.value.realstring, b.value.realstring) <= 0;
  const known = compareData(a, b, true) ?? compareByMetamethod(L, a, b, Event.LE);
  if (known !== undefined) return known;
  // Without __le, `a <= b` is `not (b < a)`. Should the call be suspended, the engine finishes the instruction by this mark.
  L.ci.callstatus |= statusLessForLessEqual;
  const less = compareByMetamethod(L, b, a, Event.LT);
  L.ci.callstatus ^= statusLessForLessEqual;
  return less === undefined ? refuse(L, a, b) : !less;
}

function compareData(a: TValue, b: TValue, orEqual: boolean): boolean | undefined {
  const left = asCData(a);
  if (left !== undefined) {
    const known = left.compare(b, orEqual, true);
    if (known !== undefined) return known;
  }
  return asCData(b)?.compare(a, orEqual, false);
}

/** Lua 5.1 compares values of one type that have the same metamethod; cdata is content with one side's. */
function compareByMetamethod(
  L: LuaState,
  a: TValue,
  b: TValue,
  event: number,
): boolean | undefined {
  const isData = asCData(a) !== undefined || asCData(b) !== undefined;
  let method = ltm.luaT_gettmbyobj(L, a, event);
  if (isData) {
    if (method.type === Tag.NIL) method = ltm.luaT_gettmbyobj(L, b, event);
  } else {
    if ((a.type & 15) !== (b.type & 15)) return undefined;
    if (!equals(null, method, ltm.luaT_gettmbyobj(L, b, event))) return undefined;
  }
  if (method.type === Tag.NIL) return undefined;
  const result = new Slot(Tag.NIL, null);
  ltm.luaT_callTM(L, method, a, b, result, 1);
  return !isFalse(result);
}

function refuse(_L: LuaState, a: TValue, b: TValue): never {
  if (asCData(a) ?? asCData(b)) {
    throw new LuaError(`attempt to compare '${operandName(a)}' with '${operandName(b)}'`);
  }
  const first = typeName(a);
  const second = typeName(b);
  throw new LuaError(
    first === second
      ? `attempt to compare two ${first} values`
      : `attempt to compare ${first} with ${second}`,
  );
}

/** `#o`. Tables have no `__len` in Lua 5.1. */
export function lengthOf(L: LuaState, out: TValue, o: TValue): void {
  let length: number | undefined;
  if (isString(o)) length = o.value.realstring.length;
  else if (isTable(o)) length = o.value.length();
  else length = asCData(o)?.length();
  if (length !== undefined) {
    out.value = length;
    out.type = Tag.NUMBER;
    return;
  }
  const method = ltm.luaT_gettmbyobj(L, o, Event.LEN);
  if (method.type !== Tag.NIL) {
    ltm.luaT_callTM(L, method, o, nilObject, out, 1);
    return;
  }
  const data = asCData(o);
  if (data !== undefined) throw new LuaError(`attempt to get length of '${data.operandName}'`);
  throw operandError(L, o, 'get length of');
}

/** `o[key]` into a register, beyond what a plain table answers. */
export function index(L: LuaState, object: TValue, key: TValue, register: number): void {
  let o = object;
  for (let steps = 0; steps < chainMax; steps++) {
    let method: TValue | null;
    if (isTable(o)) {
      const slot = o.value.get(key);
      const out = L.stack[register] as TValue; // a register of the running function
      if (slot.type !== Tag.NIL || o.value.metatable === null) {
        out.type = slot.type;
        out.value = slot.value;
        return;
      }
      method = ltm.fasttm(L, o.value.metatable, Event.INDEX);
      if (method === null) {
        out.type = Tag.NIL;
        out.value = null;
        return;
      }
    } else {
      const data = asCData(o);
      if (data?.index(L, key, L.stack[register] as TValue)) return; // as above
      method = ltm.luaT_gettmbyobj(L, o, Event.INDEX);
      if (data !== undefined && isTable(method)) {
        // A table of methods that knows nothing of the key does not answer nil, as it would for a table.
        index(L, method, key, register);
        if (L.stack[register]?.type === Tag.NIL) throw new LuaError(data.indexError(key));
        return;
      }
      if (method.type === Tag.NIL) {
        throw data === undefined ? operandError(L, o, 'index') : new LuaError(data.indexError(key));
      }
    }
    if (isFunction(method)) {
      ltm.luaT_callTM(L, method, o, key, L.stack[register] as TValue, 1); // as above
      return;
    }
    o = method;
  }
  throw new LuaError('loop in gettable');
}

/** `o[key] = value`. */
export function setIndex(L: LuaState, object: TValue, key: TValue, value: TValue): void {
  let o = object;
  for (let steps = 0; steps < chainMax; steps++) {
    let method: TValue | null;
    if (isTable(o)) {
      const table = o.value;
      if (table.metatable === null || table.get(key).type !== Tag.NIL) {
        store(table, key, value);
        return;
      }
      method = ltm.fasttm(L, table.metatable, Event.NEWINDEX);
      if (method === null) {
        store(table, key, value);
        return;
      }
    } else {
      const data = asCData(o);
      if (data?.newIndex(L, key, value)) return;
      method = ltm.luaT_gettmbyobj(L, o, Event.NEWINDEX);
      if (method.type === Tag.NIL) {
        throw data === undefined ? operandError(L, o, 'index') : new LuaError(data.indexError(key));
      }
    }
    if (isFunction(method)) {
      ltm.luaT_callTM(L, method, o, key, value, 0);
      return;
    }
    o = method;
  }
  throw new LuaError('loop in settable');
}

/** Stores without metamethods. A nil key or NaN is refused. */
export function store(table: LuaTable, key: TValue, value: TValue): void {
  if (key.type === Tag.NIL) throw new LuaError('table index is nil');
  if (key.type === Tag.NUMBER && Number.isNaN(key.value)) throw new LuaError('table index is NaN');
  const slot = table.slot(key.type, key.value);
  slot.type = value.type;
  slot.value = value.value;
  table.flags = 0;
}
