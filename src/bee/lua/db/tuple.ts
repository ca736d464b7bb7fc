/** `db.tuple`: making tuples, and the methods that a tuple has in Lua. */

import type { Tuple } from '../../box/tuple.ts';
import { MsgpackWriter, skip } from '../../wire/msgpack.ts';
import {
  argumentBytes,
  decodeTo,
  encodeValue,
  metatables,
  newTupleBytes,
  tupleBytes,
  tupleTable,
} from '../conversions.ts';
import { pushIterator } from '../iterators.ts';
import { asCData, CData, Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  builtinError,
  callerError,
  createTable,
  data,
  getField,
  isAbsent,
  library,
  pushBoolean,
  pushNil,
  pushNumber,
  pushTable,
  pushValue,
  reserve,
  setField,
  table,
  toBoolean,
} from '../vm/host.ts';
import { equals } from '../vm/operators.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isNumber, isTable, LuaError, Slot, Tag } from '../vm/value.ts';
import { type DbContext, pushTuple } from './context.ts';
import { asTuple, TupleData } from './tuple-data.ts';

export function openTuple(context: DbContext): void {
  const { instance } = context;
  const { box } = instance;
  const self = (L: LuaState, usage: string, line: number): Tuple => {
    const tuple = asTuple(arg(L, 1));
    if (tuple === undefined) {
      throw new LuaError(`builtin/box/tuple.lua:${line}: Usage: ${usage}`, 'none');
    }
    return tuple;
  };
  const expression = (L: LuaState, method: string, line: number): Uint8Array => {
    if (!isTable(arg(L, 2))) {
      const usage = `tuple:${method}({ { op, field, arg}+ })`;
      throw new LuaError(`builtin/box/tuple.lua:${line}: Usage: ${usage}`, 'none');
    }
    return tupleBytes(L, 2);
  };
  /** @param grows as `decodeTo` has it: the real server reads for some methods in Lua, for others in C */
  const field = (tuple: Tuple, at: number, grows = true): TValue => {
    const slot = new Slot(Tag.NIL, null);
    const pos = tuple.fieldAt(at);
    if (pos >= 0) decodeTo(tuple.slab, pos, slot, grows);
    return slot;
  };
  /** (tuple, position) → position + 1, field: the generator of `t:pairs()`. The tuple is argument `first`. */
  const step = (L: LuaState, first: number): number => {
    const tuple = asTuple(arg(L, first));
    if (tuple === undefined) {
      throw builtinError('box/tuple', 139, 'Usage: tuple:next(tuple[, pos])');
    }
    const given = arg(L, first + 1);
    const at = isAbsent(L, first + 1) ? 0 : positionOf(given);
    if (at === undefined) {
      const what = `cannot convert '${typeName(given)}' to 'unsigned int'`;
      throw builtinError('box/tuple', 157, `bad argument #2 to 'box_tuple_field' (${what})`);
    }
    if (at < 0 || at >= tuple.fieldCount) return pushNil(L);
    pushNumber(L, at + 1);
    return 1 + pushValue(L, field(tuple, at));
  };
  const next: HostFunction = (L) => step(L, 1);
  const generator = new TupleIterator((L) => step(L, 2));
  const pairs: HostFunction = (L) => {
    self(L, 'tuple:pairs(tuple[, pos])', 150);
    const from = arg(L, 2);
    const tuple = arg(L, 1);
    return pushIterator(context.vm, L, data(generator), copy(tuple), copy(from));
  };
  const range = (L: LuaState): [number, number] => {
    const from = isAbsent(L, 2) ? 1 : comparable(arg(L, 2), 177);
    if (from < 1) {
      throw builtinError('box/tuple', 178, 'tuple.totable: invalid second argument');
    }
    const to = isAbsent(L, 3) ? Number.MAX_SAFE_INTEGER : comparable(arg(L, 3), 186);
    if (to <= 0) throw builtinError('box/tuple', 187, 'tuple.totable: invalid third argument');
    return [from, to];
  };
  const totable: HostFunction = (L) => {
    const tuple = self(L, 'tuple:totable([from[, to]])', 155);
    const [from, to] = range(L);
    if (from === 1 && to === Number.MAX_SAFE_INTEGER) return pushTable(L, tupleTable(tuple));
    const list = createTable();
    for (let at = from; at <= Math.min(to, tuple.fieldCount); at++) {
      list.setNumber(at - from + 1, field(tuple, at - 1));
    }
    list.metatable = metatables.seq;
    return pushTable(L, list);
  };
  const unpack: HostFunction = (L) => {
    const tuple = self(L, 'tuple:totable([from[, to]])', 155);
    const [from, to] = range(L);
    const last = Math.min(to, tuple.fieldCount);
    reserve(L, Math.max(0, last - from + 1));
    for (let at = from; at <= last; at++) pushValue(L, field(tuple, at - 1));
    return Math.max(0, last - from + 1);
  };
  const slice: HostFunction = (L) => {
    const tuple = asTuple(arg(L, 1));
    // lua_tointeger: what is no number is 0.
    const from = positionOf(arg(L, 2)) ?? 0;
    const until = isAbsent(L, 3) ? undefined : (positionOf(arg(L, 3)) ?? 0);
    if (tuple === undefined || argCount(L) < 2 || argCount(L) > 3) {
      throw new LuaError('tuple.slice(): bad arguments', 'none');
    }
    const count = tuple.fieldCount;
    const start = from < 0 ? from + count : from;
    if (start < 0 || start >= count)
      throw new LuaError('tuple.slice(): start >= field count', 'none');
    const end = until === undefined ? count : until < 0 ? until + count : until;
    if (end > count || end <= 0) throw new LuaError('tuple.slice(): end > field count', 'none');
    if (end <= start) throw new LuaError('tuple.slice(): start must be less than end', 'none');
    reserve(L, end - start);
    for (let at = start; at < end; at++) pushValue(L, field(tuple, at, false));
    return end - start;
  };
  const transform: HostFunction = (L) => {
    const tuple = asTuple(arg(L, 1));
    const at = positionOf(arg(L, 2)) ?? 0;
    if (tuple === undefined || argCount(L) < 3) {
      throw new LuaError('tuple.transform(): bad arguments', 'none');
    }
    const count = tuple.fieldCount;
    const offset = Math.min(count, at > 0 ? at - 1 : at + count);
    if (at === 0 || offset < 0)
      throw new LuaError('tuple.transform(): offset is out of bound', 'none');
    const given = isAbsent(L, 3) ? 0 : (positionOf(arg(L, 3)) ?? 0);
    if (given < 0) throw new LuaError('tuple.transform(): len is negative', 'none');
    const removed = Math.min(given, count - offset);
    const added = Math.max(0, argCount(L) - 3);
    const writer = new MsgpackWriter(256);
    writer.array(count - removed + added);
    let pos = tuple.firstField;
    for (let n = 0; n < count; n++) {
      if (n === offset)
        for (let extra = 0; extra < added; extra++) encodeValue(writer, arg(L, 4 + extra));
      const end = skip(tuple.slab, pos);
      if (n < offset || n >= offset + removed) writer.raw(tuple.slab, pos, end);
      pos = end;
    }
    if (offset === count)
      for (let extra = 0; extra < added; extra++) encodeValue(writer, arg(L, 4 + extra));
    return pushTuple(L, box.newTuple(writer.finish()));
  };
  const find =
    (
      usage: string,
      line: number,
      hit: (L: LuaState, positions: readonly number[]) => number,
    ): HostFunction =>
    (L) => {
      const tuple = self(L, usage, line);
      const hasOffset = !isAbsent(L, 3);
      const offset = hasOffset ? positionOf(arg(L, 2)) : 0;
      const wanted = arg(L, hasOffset ? 3 : 2);
      if (offset === undefined) throw builtinError('box/tuple', 126, invalidKey);
      if (offset < 0 || offset > tuple.fieldCount) throw builtinError('box/tuple', 144, invalidKey);
      const positions: number[] = [];
      for (let at = offset; at < tuple.fieldCount; at++) {
        if (equals(L, field(tuple, at), wanted)) positions.push(at + 1);
      }
      return hit(L, positions);
    };
  const methods = library({
    next,
    ipairs: pairs,
    pairs,
    slice,
    transform,
    find: find('tuple:find([offset, ]val)', 191, (L, [first]) =>
      first === undefined ? pushNil(L) : pushNumber(L, first),
    ),
    findall: find('tuple:findall([offset, ]val)', 201, (L, positions) => {
      const list = createTable(positions.length);
      positions.forEach((position, at) => {
        list.setNumber(at + 1, new Slot(Tag.NUMBER, position));
      });
      return pushTable(L, list);
    }),
    unpack,
    totable,
    update: (L) => {
      const tuple = self(L, 'tuple:update({ { op, field, arg}+ })', 212);
      return pushTuple(L, box.tupleUpdate(tuple, expression(L, 'update', 230), 1));
    },
    upsert: (L) => {
      const tuple = self(L, 'tuple:upsert({ { op, field, arg}+ })', 225);
      return pushTuple(L, box.tupleUpsert(tuple, expression(L, 'upsert', 243), 1));
    },
    bsize: (L) => pushNumber(L, self(L, 'tuple:bsize()', 246).bsize),
    tomap: (L) => {
      const tuple = asTuple(arg(L, 1));
      if (tuple === undefined) throw new LuaError('Usage: tuple:tomap(opts)', 'caller');
      const options = arg(L, 2);
      if (!isAbsent(L, 2) && !isTable(options)) throw callerError('Usage: tuple:tomap(opts)');
      const onlyNames = isTable(options) && toBoolean(getField(options.value, 'names_only'));
      const names = tuple.format.dictionary.names;
      // The room that the real server gives it, which decides the order of the pairs.
      const map = createTable(tuple.fieldCount, names.length);
      for (let at = 0; at < tuple.fieldCount; at++) {
        const name = names[at];
        // A table stands under the name and the number alike.
        const value = field(tuple, at, false);
        if (name !== undefined) setField(map, name, value);
        if (!onlyNames) map.setNumber(at + 1, value);
      }
      return pushTable(L, map);
    },
  });
  TupleData.methods.set(context.vm.main.l_G, methods);
  TupleData.pairs.set(context.vm.main.l_G, pairs);
  const functions = library({
    new: (L) => {
      // db.tuple.new(1, 2, 3) is the older form of db.tuple.new{1, 2, 3}.
      const first = arg(L, 1);
      const isOne = argCount(L) === 1 && (isTable(first) || asTuple(first) !== undefined);
      if (isOne && isTable(first)) return pushTuple(L, box.newTuple(newTupleBytes(first)));
      const bytes = isOne ? tupleBytes(L, 1) : argumentBytes(L, 1);
      return pushTuple(L, box.newTuple(bytes));
    },
    is: (L) => pushBoolean(L, asTuple(arg(L, 1)) !== undefined),
  });
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (methods.next(key, value)) functions.set(key, value);
  setField(context.db, 'tuple', table(functions));
}

const invalidKey = "error: invalid key to 'next'";

/** A bound that the real server's Lua code compares with 1. */
function comparable(slot: TValue, line: number): number {
  const at = positionOf(slot);
  if (at !== undefined) return at;
  throw builtinError('box/tuple', line, `attempt to compare ${typeName(slot)} with number`);
}

/** What walks a tuple: no function in the real server, but a cdata that can be called. */
class TupleIterator extends CData {
  readonly #metatable: LuaTable;

  /** @param step the generator; its arguments come behind the iterator itself */
  constructor(step: HostFunction) {
    super();
    this.#metatable = library({ __call: step });
  }

  override get metatable(): LuaTable {
    return this.#metatable;
  }

  override get typeName(): string {
    return 'struct tuple_iterator &';
  }

  override toText(): string {
    return '<tuple iterator>';
  }
}

/** An integer argument. */
function positionOf(slot: TValue): number | undefined {
  if (isNumber(slot)) return Math.trunc(slot.value);
  const large = asCData(slot);
  return large instanceof Int64 ? Number(large.value) : undefined;
}
