/** Methods of an index in Lua; a space's `get`, `select`, … are those of its primary index. */

import { clientError } from '../../box/error.ts';
import { IteratorType, iteratorTypeMax, type TupleIterator } from '../../box/index.ts';
import type { Tuple } from '../../box/tuple.ts';
import { keyBytes, nullPointer, readKeyBytes, tupleBytes } from '../conversions.ts';
import { pushIterator } from '../iterators.ts';
import { plainText } from '../lib/tostring.ts';
import { asCData, CData, typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  bytesValue,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  pushData,
  pushNil,
  pushNumber,
  pushTable,
  stringText,
} from '../vm/host.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isTable, LuaError, nilObject, Tag, text } from '../vm/value.ts';
import { afterWrite, type DbContext, pushTuple, pushTupleIfAny } from './context.ts';
import { toDdlValue } from './ddl-values.ts';
import type { SpaceTables } from './spaces.ts';
import { TupleData } from './tuple-data.ts';

/** A method with its index resolved. Arguments begin at 2, as after a colon call. */
export type IndexCall = (L: LuaState, spaceId: number, indexId: number) => number;

/** The greatest limit, which is also the default one. */
const limitMax = 4294967295;

export function indexMethods(
  context: DbContext,
  _tables: SpaceTables,
): Readonly<Record<string, HostFunction>> {
  const methods: Record<string, HostFunction> = {};
  for (const name of callNames) {
    const call = indexCall(context, name);
    methods[name] = (L) => {
      const { spaceId, indexId } = indexOf(L, name);
      return call(L, spaceId, indexId);
    };
  }
  return methods;
}

const callNames = [
  'select',
  'get',
  'min',
  'max',
  'count',
  'random',
  'pairs',
  'len',
  'bsize',
  'update',
  'delete',
  'drop',
  'rename',
  'alter',
  'stat',
  'compact',
] as const;

/** The body of a method by its name. */
export function indexCall(context: DbContext, name: string): IndexCall {
  const { box } = context.instance;
  switch (name) {
    case 'select':
      return (L, spaceId, indexId) => {
        const key = readKeyBytes(L, 2);
        const options = arg(L, 3);
        const iterator = iteratorTypeOf(options, key);
        const offset = numberOption(options, 'offset', 0, 4);
        const limit = numberOption(options, 'limit', limitMax, 5);
        return pushTuples(L, box.select(spaceId, indexId, iterator, offset, limit, key));
      };
    case 'get':
      return (L, spaceId, indexId) =>
        pushTupleIfAny(L, box.get(spaceId, indexId, readKeyBytes(L, 2)));
    case 'min':
      return (L, spaceId, indexId) =>
        pushTupleIfAny(L, box.min(spaceId, indexId, readKeyBytes(L, 2)));
    case 'max':
      return (L, spaceId, indexId) =>
        pushTupleIfAny(L, box.max(spaceId, indexId, readKeyBytes(L, 2)));
    case 'count':
      return (L, spaceId, indexId) => {
        const key = readKeyBytes(L, 2);
        return pushNumber(L, box.count(spaceId, indexId, iteratorTypeOf(arg(L, 3), key), key));
      };
    case 'random':
      return (L, spaceId, indexId) => {
        const seed = arg(L, 2);
        // Without a number it is the first one there, whatever it promises: a fraction is cut to 0.
        const drawn = seed.type === Tag.NIL ? 0 : numberFrom(seed);
        if (drawn === undefined) throw notUnsigned(seed, 3, 'box_index_random', 1441);
        return pushTupleIfAny(L, box.random(spaceId, indexId, drawn >>> 0));
      };
    case 'pairs':
      return (L, spaceId, indexId) => {
        const key = readKeyBytes(L, 2);
        const type = iteratorTypeOf(arg(L, 3), key);
        const iterator = box.iterator(spaceId, indexId, type, key);
        const state = data(new IteratorData(iterator));
        return pushIterator(context.vm, L, hostFunction(nextTuple), bytesValue(key), state);
      };
    case 'len':
      return (L, spaceId, indexId) => pushNumber(L, box.len(spaceId, indexId));
    case 'bsize':
      return (L, spaceId, indexId) => pushNumber(L, box.indexBsize(spaceId, indexId));
    case 'update':
      return (L, spaceId, indexId) => {
        const ops = arg(L, 3);
        const key = arg(L, 2);
        const isTupleLike = isTable(ops) || asCData(ops) !== undefined;
        if (!isTupleLike || key.type === Tag.NIL) throw callerError('Usage index:update(key, ops)');
        const encodedKey = keyBytes(L, 2);
        const tuple = box.update(spaceId, indexId, encodedKey, tupleBytes(L, 3), 1);
        return afterWrite(context, L, (to) => pushTupleIfAny(to, tuple));
      };
    case 'delete':
      return (L, spaceId, indexId) => {
        const tuple = box.delete(spaceId, indexId, keyBytes(L, 2));
        return afterWrite(context, L, (to) => pushTupleIfAny(to, tuple));
      };
    case 'drop':
      return (L, spaceId, indexId) => {
        box.ddl.dropIndex(spaceId, indexId);
        return afterWrite(context, L, () => 0);
      };
    case 'rename':
      return (L, spaceId, indexId) => {
        box.ddl.renameIndex(spaceId, indexId, toDdlValue(context.vm, arg(L, 2)));
        return afterWrite(context, L, () => 0);
      };
    case 'alter':
      return (L, spaceId, indexId) => {
        box.ddl.alterIndex(spaceId, indexId, toDdlValue(context.vm, arg(L, 2)));
        return afterWrite(context, L, () => 0);
      };
    case 'stat':
      return (L) => pushTable(L, createTable());
    default:
      // compact() is vinyl's; on memtx it does nothing in the real server, too.
      return () => 0;
  }
}

function indexOf(L: LuaState, method: string): { spaceId: number; indexId: number } {
  const self = arg(L, 1);
  const id = isTable(self) ? getField(self.value, 'id') : nilObject;
  const space = isTable(self) ? getField(self.value, 'space_id') : nilObject;
  if (!isNumber(id) || !isNumber(space)) {
    const words = `Use index:${method}(...) instead of index.${method}(...)`;
    throw new LuaError(`builtin/box/schema.lua:1310: ${words}`, 'none');
  }
  return { spaceId: space.value, indexId: id.value };
}

/** The iterator of an options table, of a name alone, or the default: all for an empty key, else equal. */
function iteratorTypeOf(options: TValue, key: Uint8Array): number {
  const given = isTable(options) ? getField(options.value, 'iterator') : options;
  if (isNumber(given) && isTable(options)) {
    if (given.value >= 0 && given.value < iteratorTypeMax) return given.value;
    throw clientError('ILLEGAL_PARAMS', 'Invalid iterator type');
  }
  const name = stringText(given);
  if (name !== undefined) {
    const type = iteratorTypes.get(name.toUpperCase());
    if (type === undefined) throw clientError('ITERATOR_TYPE', name);
    return type;
  }
  if (isTable(options) && given.type !== Tag.NIL && given.value !== false) {
    throw clientError('ITERATOR_TYPE', text(plainText(given)));
  }
  if (options.type !== Tag.NIL && !isTable(options)) {
    const words =
      asCData(options) === nullPointer
        ? "'void *' has no member named 'iterator'"
        : `attempt to index local 'opts' (a ${typeName(options)} value)`;
    throw builtinError('box/schema', 1338, words);
  }
  return key.length <= 1 ? IteratorType.ALL : IteratorType.EQ;
}

const iteratorTypes = new Map<string, number>(Object.entries(IteratorType));

function numberOption(options: TValue, name: string, otherwise: number, at: number): number {
  const given = isTable(options) ? getField(options.value, name) : nilObject;
  if (given.type === Tag.NIL || asCData(given) === nullPointer) return otherwise;
  const value = numberFrom(given);
  if (value !== undefined) return value < 0 ? limitMax + 1 + Math.trunc(value) : Math.trunc(value);
  throw notUnsigned(given, at, 'box_select', 1541);
}

function numberFrom(slot: TValue): number | undefined {
  return isNumber(slot) ? slot.value : asCData(slot)?.toNumber();
}

/** What LuaJIT says when a C function is given something that is no number. */
function notUnsigned(given: TValue, at: number, name: string, line: number): LuaError {
  const what = `cannot convert '${typeName(given)}' to 'unsigned int'`;
  return builtinError('box/schema', line, `bad argument #${at} to '${name}' (${what})`);
}

function pushTuples(L: LuaState, tuples: readonly Tuple[]): number {
  const t = createTable(tuples.length);
  for (let at = 0; at < tuples.length; at++) {
    const tuple = tuples[at];
    if (tuple !== undefined) t.setNumber(at + 1, data(new TupleData(tuple)));
  }
  return pushTable(L, t);
}

/** The state of a `pairs` loop. */
export class IteratorData extends CData {
  readonly iterator: TupleIterator;

  constructor(iterator: TupleIterator) {
    super();
    this.iterator = iterator;
  }

  override get typeName(): string {
    return 'struct iterator &';
  }

  override toText(): string {
    return '<iterator state>';
  }
}

/** The generator of a `pairs` loop: (key, state) → state, tuple. */
const nextTuple: HostFunction = (L) => {
  const state = asCData(arg(L, 2));
  if (!(state instanceof IteratorData)) {
    throw builtinError('box/schema', 1263, 'usage: next(param, state)');
  }
  const tuple = state.iterator.next();
  if (tuple === undefined) return pushNil(L);
  pushData(L, state);
  return 1 + pushTuple(L, tuple);
};
