/** LuaJIT's string library. The real server's additions (`split`, `strip`, …) are in `string-more.ts`. */

import { concat } from '../../base/bytes.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argError,
  bytesValue,
  callerError,
  checkFunction,
  checkInteger,
  checkString,
  getField,
  inBytecode,
  library,
  number,
  optInteger,
  optString,
  pushBytes,
  pushNil,
  pushNumber,
  reserve,
  setField,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isFunction, isTable, nilObject, Slot, Tag } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { noteBuiltin } from './builtin-numbers.ts';
import { findBytes } from './bytes.ts';
import { Matcher } from './pattern.ts';
import { format } from './string-format.ts';

const caret = 94;
const percent = 37;
/** LuaJIT's longest string; far below what a JavaScript engine gives. */
const stringMax = 0x7fffff00;

/** Opens the `string` library, and makes it what strings are indexed with. */
export function openString(vm: LuaVm): LuaTable {
  const functions = library({
    byte,
    char,
    dump: (L) => {
      checkFunction(L, 1);
      throw callerError('unable to dump given function');
    },
    find: (L) => find(L, true),
    format: (L) => pushBytes(L, format(vm, L)),
    gmatch,
    gsub: (L) => gsub(vm, L),
    len: inBytecode(1, (L) => pushNumber(L, checkString(L, 1).length)),
    lower: (L) => mapBytes(L, 65, 90, 32),
    match: (L) => find(L, false),
    rep,
    reverse: (L) => pushBytes(L, checkString(L, 1).toReversed()),
    sub,
    upper: (L) => mapBytes(L, 97, 122, -32),
  });
  setField(vm.globals, 'string', table(functions));
  const metatable = new LuaTable(0, 0);
  setField(metatable, '__index', table(functions));
  vm.main.l_G.mt[Tag.STRING & 15] = metatable;
  return functions;
}

/** A position counted from 1, or from the end when negative, as an offset that may be out of range. */
function offset(position: number, length: number): number {
  return position >= 0 ? position : Math.max(0, length + position + 1);
}

function byte(L: LuaState): number {
  const s = checkString(L, 1);
  const first = optInteger(L, 2, 1);
  const from = Math.max(1, offset(first, s.length));
  const to = Math.min(s.length, offset(optInteger(L, 3, offset(first, s.length)), s.length));
  if (from > to) return 0;
  if (to - from > 7999) throw callerError('string slice too long');
  reserve(L, to - from + 1);
  for (let at = from; at <= to; at++) pushNumber(L, s[at - 1] ?? 0);
  return to - from + 1;
}

function char(L: LuaState): number {
  const bytes = new Uint8Array(argCount(L));
  for (let n = 1; n <= bytes.length; n++) {
    const code = checkInteger(L, n);
    if (code < 0 || code > 255) throw argError(L, n, 'invalid value');
    bytes[n - 1] = code;
  }
  return pushBytes(L, bytes);
}

function sub(L: LuaState): number {
  const s = checkString(L, 1);
  const from = Math.max(1, offset(checkInteger(L, 2), s.length));
  const to = Math.min(s.length, offset(optInteger(L, 3, -1), s.length));
  return pushBytes(L, from > to ? new Uint8Array(0) : s.slice(from - 1, to));
}

function rep(L: LuaState): number {
  const s = checkString(L, 1);
  const count = Math.max(0, checkInteger(L, 2));
  const separator = optString(L, 3) ?? new Uint8Array(0);
  const length = count === 0 ? 0 : count * s.length + (count - 1) * separator.length;
  if (length > stringMax) throw callerError('not enough memory');
  const result = new Uint8Array(length);
  result.set(s.subarray(0, length));
  if (count > 1) result.set(separator, s.length);
  // What is there is doubled until the whole is full: copies of millions of single bytes would take seconds.
  for (let filled = s.length + separator.length; filled < length; filled *= 2) {
    result.copyWithin(filled, 0, Math.min(filled, length - filled));
  }
  return pushBytes(L, result);
}

function mapBytes(L: LuaState, from: number, to: number, by: number): number {
  return pushBytes(
    L,
    checkString(L, 1).map((c) => (c >= from && c <= to ? c + by : c)),
  );
}

// Patterns.

function hasSpecials(pattern: Uint8Array): boolean {
  return pattern.some((c) => '^$*+?.([%-'.includes(String.fromCharCode(c)));
}

function find(L: LuaState, isFind: boolean): number {
  const s = checkString(L, 1);
  const pattern = checkString(L, 2);
  const start = optInteger(L, 3, 1);
  const from = Math.min(s.length, Math.max(0, offset(start, s.length) - 1));
  if (isFind && (toBoolean(arg(L, 4)) || !hasSpecials(pattern))) {
    const at = findBytes(s, pattern, from);
    if (at < 0) return pushNil(L);
    pushNumber(L, at + 1);
    return 1 + pushNumber(L, at + pattern.length);
  }
  const matcher = new Matcher(s, pattern);
  const isAnchored = pattern[0] === caret;
  for (let at = from; at <= s.length; at++) {
    const end = matcher.match(at, isAnchored ? 1 : 0);
    if (end >= 0) {
      if (!isFind) return pushCaptures(L, matcher, at, end);
      pushNumber(L, at + 1);
      pushNumber(L, end);
      return 2 + (matcher.captures.length > 0 ? pushCaptures(L, matcher, at, end) : 0);
    }
    if (isAnchored) break;
  }
  return pushNil(L);
}

function captureValue(matcher: Matcher, n: number, start: number, end: number): Slot {
  const capture = matcher.capture(n, start, end);
  if (typeof capture === 'number') return number(capture);
  return bytesValue(capture.slice());
}

function pushCaptures(L: LuaState, matcher: Matcher, start: number, end: number): number {
  const count = matcher.valueCount;
  reserve(L, count);
  for (let n = 0; n < count; n++) L.stack[L.top++] = captureValue(matcher, n, start, end);
  return count;
}

/** LuaJIT's number of what `string.gmatch` gives. */
const gmatchStepNumber = 86;

function gmatch(L: LuaState): number {
  const s = checkString(L, 1);
  const matcher = new Matcher(s, checkString(L, 2));
  let from = 0;
  const step: HostFunction = (caller) => {
    for (let at = from; at <= s.length; at++) {
      const end = matcher.match(at, 0);
      if (end < 0) continue;
      from = end === at ? end + 1 : end;
      return pushCaptures(caller, matcher, at, end);
    }
    return 0;
  };
  noteBuiltin(step, gmatchStepNumber);
  L.stack[L.top++] = new Slot(Tag.HOST_FUNCTION, step);
  return 1;
}

function gsub(vm: LuaVm, L: LuaState): number {
  const s = checkString(L, 1);
  const pattern = checkString(L, 2);
  const replacement = copy(arg(L, 3));
  if (toBytes(replacement) === undefined && !isTable(replacement) && !isFunction(replacement)) {
    throw argError(L, 3, 'string/function/table expected');
  }
  const limit = optInteger(L, 4, s.length + 1);
  const isAnchored = pattern[0] === caret;
  const matcher = new Matcher(s, pattern);
  const parts: Uint8Array[] = [];
  let at = 0;
  let count = 0;
  while (count < limit) {
    const end = matcher.match(at, isAnchored ? 1 : 0);
    if (end >= 0) {
      count++;
      parts.push(replaced(vm, L, matcher, replacement, at, end) ?? s.subarray(at, end));
    }
    if (end > at) at = end;
    else if (at < s.length) parts.push(s.subarray(at, ++at));
    else break;
    if (isAnchored) break;
  }
  if (at < s.length) parts.push(s.subarray(at));
  pushBytes(L, concat(parts));
  return 1 + pushNumber(L, count);
}

/** What a match is replaced with; undefined keeps it. */
function replaced(
  vm: LuaVm,
  L: LuaState,
  matcher: Matcher,
  replacement: TValue,
  start: number,
  end: number,
): Uint8Array | undefined {
  const template = toBytes(replacement);
  if (template !== undefined) return expand(matcher, template, start, end);
  let value: TValue;
  if (isTable(replacement)) {
    value = lookUp(vm, L, replacement, captureValue(matcher, 0, start, end));
  } else {
    const captures = Array.from({ length: matcher.valueCount }, (_, n) =>
      captureValue(matcher, n, start, end),
    );
    value = vm.callNow(replacement, captures)[0] ?? nilObject;
  }
  if (!toBoolean(value)) return undefined;
  const bytes = toBytes(value);
  if (bytes === undefined) throw callerError(`invalid replacement value (a ${typeName(value)})`);
  return bytes;
}

function lookUp(vm: LuaVm, _L: LuaState, object: TValue & { value: LuaTable }, key: Slot): TValue {
  const own = object.value.get(key);
  if (own.type !== Tag.NIL || object.value.metatable === null) return own;
  const method = getField(object.value.metatable, '__index');
  if (isFunction(method)) return vm.callNow(method, [object, key])[0] ?? nilObject;
  return isTable(method) ? lookUp(vm, _L, method, key) : nilObject;
}

function expand(matcher: Matcher, template: Uint8Array, start: number, end: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < template.length; at++) {
    const c = template[at];
    if (c !== percent) {
      parts.push(template.subarray(at, at + 1));
      continue;
    }
    const digit = (template[++at] ?? 0) - 48;
    if (digit < 0 || digit > 9) {
      parts.push(template.subarray(at, at + 1));
      continue;
    }
    const value =
      digit === 0 ? matcher.whole(start, end) : captureValue(matcher, digit - 1, start, end);
    parts.push(value instanceof Uint8Array ? value : (toBytes(value) ?? new Uint8Array(0)));
  }
  return concat(parts);
}
