/** LuaJIT's table library, with the real server's `copy` and `deepcopy`. */

import { concat as concatBytes } from '../../base/bytes.ts';
import { typeName } from '../vm/cdata.ts';
import { lapi } from '../vm/engine.ts';
import {
  arg,
  argCount,
  bytesValue,
  callerError,
  checkFunction,
  checkInteger,
  checkTable,
  createTable,
  getField,
  inBytecode,
  isAbsent,
  library,
  nil,
  number,
  optInteger,
  optString,
  pushNumber,
  pushTable,
  pushValue,
  setField,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { lessThan, store } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { copy, isNumber, isTable, nilObject, Slot, Tag } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';

/** Opens the `table` library. */
export function openTable(vm: LuaVm): void {
  const functions = library({
    concat,
    copy: (L) => copyTable(vm, L, false),
    deepcopy: (L) => copyTable(vm, L, true),
    foreach: inBytecode(2, (L) => forEach(vm, L)),
    foreachi: inBytecode(2, (L) => forEachIndex(vm, L)),
    getn: inBytecode(1, (L) => pushNumber(L, checkTable(L, 1).length())),
    insert,
    maxn,
    move: inBytecode(4, move),
    new: newTable,
    remove: inBytecode(1, remove),
    sort,
  });
  setField(vm.globals, 'table', table(functions));
}

/** `table.new(items, fields)`: a table with room. */
export function newTable(L: LuaState): number {
  return pushTable(L, createTable(checkInteger(L, 1), checkInteger(L, 2)));
}

/** `table.clear(t)`, which is there once `require('table.clear')` was called. */
export function clearTable(L: LuaState): number {
  checkTable(L, 1).clear();
  return 0;
}

function concat(L: LuaState): number {
  const t = checkTable(L, 1);
  const separator = optString(L, 2);
  const from = optInteger(L, 3, 1);
  const to = isAbsent(L, 4) ? t.length() : checkInteger(L, 4);
  const parts: Uint8Array[] = [];
  for (let at = from; at <= to; at++) {
    const value = t.getNumber(at);
    const bytes = toBytes(value);
    if (bytes === undefined) {
      const type = typeName(value);
      throw callerError(`invalid value (${type}) at index ${at} in table for 'concat'`);
    }
    if (at > from && separator !== undefined) parts.push(separator);
    parts.push(bytes);
  }
  L.stack[L.top++] = bytesValue(concatBytes(parts));
  return 1;
}

function insert(L: LuaState): number {
  const t = checkTable(L, 1);
  const end = t.length() + 1;
  const count = argCount(L);
  if (count !== 2 && count !== 3) throw callerError("wrong number of arguments to 'insert'");
  let at = end;
  if (count === 3) {
    const to = checkInteger(L, 2);
    for (; at > to; at--) t.setNumber(at, copy(t.getNumber(at - 1)));
    at = to;
  }
  t.setNumber(at, arg(L, count));
  return 0;
}

function remove(L: LuaState): number {
  const t = checkTable(L, 1);
  const length = t.length();
  const position = isAbsent(L, 2) ? length : checkInteger(L, 2);
  if (position < 1 || position > length) return 0;
  const old = copy(t.getNumber(position));
  for (let at = position + 1; at <= length; at++) t.setNumber(at - 1, copy(t.getNumber(at)));
  t.setNumber(length, nilObject);
  return pushValue(L, old);
}

function move(L: LuaState): number {
  const from = checkTable(L, 1);
  const first = checkInteger(L, 2);
  const last = checkInteger(L, 3);
  const target = checkInteger(L, 4);
  const to = isAbsent(L, 5) ? from : checkTable(L, 5);
  const copyOne = (at: number): void => to.setNumber(target + at - first, copy(from.getNumber(at)));
  if (target > last || target <= first || to !== from) {
    for (let at = first; at <= last; at++) copyOne(at);
  } else {
    for (let at = last; at >= first; at--) copyOne(at);
  }
  return pushTable(L, to);
}

function maxn(L: LuaState): number {
  const t = checkTable(L, 1);
  const key = nil();
  const value = nil();
  let max = 0;
  while (t.next(key, value)) if (isNumber(key) && key.value > max) max = key.value;
  return pushNumber(L, max);
}

function forEach(vm: LuaVm, L: LuaState): number {
  const t = checkTable(L, 1);
  const f = copy(checkFunction(L, 2));
  const key = nil();
  const value = nil();
  while (t.next(key, value)) {
    const [result] = vm.callNow(f, [key, value]);
    if (result !== undefined && result.type !== Tag.NIL) return pushValue(L, result);
  }
  return 0;
}

function forEachIndex(vm: LuaVm, L: LuaState): number {
  const t = checkTable(L, 1);
  const f = copy(checkFunction(L, 2));
  const length = t.length();
  for (let at = 1; at <= length; at++) {
    const [result] = vm.callNow(f, [number(at), t.getNumber(at)]);
    if (result !== undefined && result.type !== Tag.NIL) return pushValue(L, result);
  }
  return 0;
}

// Sorting: the quicksort of Lua 5.1, so that equal elements and odd comparators come out as there.

type Less = (a: TValue, b: TValue) => boolean;

function sort(L: LuaState): number {
  const t = checkTable(L, 1);
  let less: Less = (a, b) => lessThan(L, a, b);
  if (!isAbsent(L, 2)) {
    const comparator = copy(checkFunction(L, 2));
    less = (a, b) => compareWith(L, comparator, a, b);
  }
  sortRange(t, 1, t.length(), less);
  return 0;
}

/** Calls the comparator on the running thread; it cannot suspend. */
function compareWith(L: LuaState, comparator: TValue, a: TValue, b: TValue): boolean {
  for (const value of [comparator, a, b]) pushValue(L, value);
  lapi.lua_callk(L, 2, 1, null, null);
  const result = toBoolean(L.stack[L.top - 1] ?? nilObject);
  lapi.lua_settop(L, -2);
  return result;
}

function swap(t: LuaTable, i: number, j: number): void {
  const kept = copy(t.getNumber(i));
  t.setNumber(i, copy(t.getNumber(j)));
  t.setNumber(j, kept);
}

function sortRange(t: LuaTable, from: number, to: number, less: Less): void {
  let low = from;
  let high = to;
  const at = (i: number): Slot => copy(t.getNumber(i));
  while (low < high) {
    if (less(at(high), at(low))) swap(t, low, high);
    if (high - low === 1) return;
    const middle = Math.floor((low + high) / 2);
    if (less(at(middle), at(low))) swap(t, middle, low);
    else if (less(at(high), at(middle))) swap(t, middle, high);
    if (high - low === 2) return;
    const pivot = at(middle);
    swap(t, middle, high - 1);
    const split = partition(t, low, high, pivot, less);
    swap(t, high - 1, split);
    if (split - low < high - split) {
      sortRange(t, low, split - 1, less);
      low = split + 1;
    } else {
      sortRange(t, split + 1, high, less);
      high = split - 1;
    }
  }
}

function partition(t: LuaTable, low: number, high: number, pivot: TValue, less: Less): number {
  let i = low;
  let j = high - 1;
  for (;;) {
    while (less(copy(t.getNumber(++i)), pivot)) {
      if (i >= high) throw callerError('invalid order function for sorting');
    }
    while (less(pivot, copy(t.getNumber(--j)))) {
      if (j <= low) throw callerError('invalid order function for sorting');
    }
    if (j < i) return i;
    swap(t, i, j);
  }
}

// The real server's additions.

function copyTable(vm: LuaVm, L: LuaState, isDeep: boolean): number {
  return pushValue(L, copied(vm, arg(L, 1), isDeep, new Map()));
}

function copied(vm: LuaVm, value: TValue, isDeep: boolean, done: Map<LuaTable, Slot>): Slot {
  if (!isTable(value)) return copy(value);
  const known = done.get(value.value);
  if (known !== undefined) return known;
  const { metatable } = value.value;
  const ownCopy = metatable === null ? nilObject : getField(metatable, '__copy');
  if (ownCopy.type !== Tag.NIL) return vm.callNow(ownCopy, [value])[0] ?? nil();
  const result = new LuaTable(0, 0);
  const slot = new Slot(Tag.TABLE, result);
  done.set(value.value, slot);
  const key = nil();
  const item = nil();
  while (value.value.next(key, item)) {
    if (isDeep) store(result, copied(vm, key, true, done), copied(vm, item, true, done));
    else store(result, key, item);
  }
  result.metatable = metatable;
  return slot;
}
