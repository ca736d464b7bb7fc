/** The `merger` module: several sorted streams of tuples as one. */
import type { Task } from '../../base/fiber.ts';
import { typedError } from '../../box/error.ts';
import type { KeyDef } from '../../box/key-def.ts';
import { MsgpackWriter } from '../../wire/msgpack.ts';
import { TupleData } from '../db/tuple-data.ts';
import { type MethodTables, methodOf } from '../extension-data.ts';
import { Ibuf } from '../ffi/ibuf.ts';
import { addressText } from '../ffi/values.ts';
import { pushIterator } from '../iterators.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, CData } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  isAbsent,
  library,
  list,
  nil,
  number,
  pushData,
  pushNil,
  pushTable,
  setField,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isFunction, isNumber, isTable, LuaError, Tag } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { asKeyDef } from './key-def.ts';
import {
  BufferSource,
  ChunkIterator,
  Merger,
  type MergeSource,
  TableSource,
  TupleSource,
} from './merge-sources.ts';

const usageOfNew = 'merger.new(key_def, {source, source, ...}[, {reverse = <boolean> or <nil>}])';
const usageOfSelect =
  'merge_source:select([{buffer = <cdata<struct ibuf>> or <nil>, limit = <number> or <nil>}])';

/** Fields beyond this number cannot be checked: the format that does it has a place for each. */
const fieldNoMax = 1_000_000;

/** A source in Lua. */
class SourceData extends CData {
  static readonly methods: MethodTables = new WeakMap();
  /** What `pairs` and `ipairs` of the language call, by Lua state. */
  static readonly pairs = new WeakMap<object, HostFunction>();
  readonly source: MergeSource;

  /** @param make makes the source, which may want to know the value that it is in Lua */
  constructor(make: (owner: SourceData) => MergeSource) {
    super();
    this.source = make(this);
  }

  override get typeName(): string {
    return 'struct merge_source &';
  }

  override get metatable(): LuaTable {
    return walking;
  }

  override toText(): string {
    return `cdata<${this.typeName}>: ${addressText(this.id)}`;
  }

  override index(L: LuaState, key: TValue, out: TValue): boolean {
    if (!methodOf(SourceData.methods, L, key, out)) {
      out.type = Tag.NIL;
      out.value = null;
    }
    return true;
  }
}

const walk: HostFunction = (L) => SourceData.pairs.get(L.l_G)?.(L) ?? 0;
/** The metatable of all sources of all states. */
const walking = library({ __pairs: walk, __ipairs: walk });

/** The `merger` module. */
export function makeMergerModule(runtime: LuaRuntime): LuaTable {
  const { vm, instance } = runtime;
  const { box } = instance;
  const makers = {
    buffer: (chunks: ChunkIterator, owner: SourceData) => new BufferSource(box, chunks, owner),
    table: (chunks: ChunkIterator) => new TableSource(box, chunks),
    tuple: (chunks: ChunkIterator) => new TupleSource(box, chunks),
  };
  const push = (
    L: LuaState,
    kind: keyof typeof makers,
    [gen, param, state]: readonly [TValue, TValue, TValue],
  ): number => {
    const chunks = new ChunkIterator(vm, copy(gen), copy(param), copy(state));
    return pushData(L, new SourceData((owner) => makers[kind](chunks, owner)));
  };
  /** A source of what a generator gives. */
  const fromGenerator =
    (kind: keyof typeof makers): HostFunction =>
    (L) => {
      if (argCount(L) < 1 || argCount(L) > 3 || !isCallable(arg(L, 1))) {
        throw callerError(`Usage: merger.new_${kind}_source(gen, param, state)`);
      }
      return push(L, kind, [arg(L, 1), arg(L, 2), arg(L, 3)]);
    };
  /** A source of one chunk. */
  const fromOne = (L: LuaState, kind: keyof typeof makers): number =>
    push(L, kind, [hostFunction(once), copy(arg(L, 1)), nil()]);
  const select = vm.task(function* (L) {
    const { source, buffer, limit } = selectArguments(L);
    return buffer === undefined
      ? yield* selectTuples(source, limit)
      : yield* selectToBuffer(source, buffer, limit);
  });
  const step = vm.task(function* (L) {
    if (argCount(L) !== 2 || arg(L, 1).type !== Tag.NIL) {
      if (argCount(L) < 2) sourceAt(L, 2);
      throw callerError('Bad params, use: lbox_merge_source_gen(nil, merge_source)');
    }
    const source = sourceAt(L, 2);
    const state = copy(arg(L, 2));
    const tuple = yield* source.next(undefined);
    return (result: LuaState) => {
      if (tuple === undefined) return pushNil(result) + pushNil(result);
      result.stack[result.top++] = state;
      return 1 + pushData(result, new TupleData(tuple));
    };
  });
  const pairs: HostFunction = (L) => {
    if (argCount(L) !== 1) throw callerError('Usage: merge_source:ipairs()');
    sourceAt(L, 1);
    return pushIterator(vm, L, hostFunction(step), nil(), copy(arg(L, 1)));
  };
  SourceData.methods.set(vm.main.l_G, library({ select, pairs, ipairs: pairs }));
  SourceData.pairs.set(vm.main.l_G, pairs);
  const functions: Record<string, TValue> = {
    new_table_source: hostFunction(fromGenerator('table')),
    new_tuple_source: hostFunction(fromGenerator('tuple')),
    new: hostFunction(newMerger),
    internal: table(library({ select, ipairs: pairs })),
    new_buffer_source: hostFunction(fromGenerator('buffer')),
    new_source_fromtable: hostFunction((L) => {
      if (!isTable(arg(L, 1))) {
        throw new LuaError('Usage: merger.new_source_fromtable(<table>)', 'none');
      }
      return fromOne(L, 'table');
    }),
    new_source_frombuffer: hostFunction((L) => {
      if (Ibuf.of(arg(L, 1)) === undefined) {
        const words = 'Usage: merger.new_source_frombuffer(<cdata<struct ibuf>>)';
        throw new LuaError(words, 'none');
      }
      return fromOne(L, 'buffer');
    }),
  };
  // Grown field by field, which decides the order of its listing.
  const module = createTable();
  for (const [name, value] of Object.entries(functions)) setField(module, name, value);
  return module;
}

/** (chunk, nil) → 1, chunk; then nothing. */
const once: HostFunction = (L) => {
  if (!isAbsent(L, 2)) return pushNil(L);
  const chunk = copy(arg(L, 1));
  L.stack[L.top++] = number(1);
  L.stack[L.top++] = chunk;
  return 2;
};

function isCallable(slot: TValue): boolean {
  if (isTable(slot)) {
    const { metatable } = slot.value;
    return metatable !== null && getField(metatable, '__call').type !== Tag.NIL;
  }
  return isFunction(slot);
}

const newMerger: HostFunction = (L) => {
  const badParams = callerError(`Bad params, use: ${usageOfNew}`);
  const keyDef = asKeyDef(arg(L, 1));
  const sources = arg(L, 2);
  const options = arg(L, 3);
  const count = argCount(L);
  if (count < 2 || count > 3 || keyDef === undefined || !isTable(sources)) throw badParams;
  if (options.type !== Tag.NIL && !isTable(options)) throw badParams;
  const reverse = isTable(options) ? getField(options.value, 'reverse') : undefined;
  if (reverse !== undefined && reverse.type !== Tag.NIL && reverse.type !== Tag.BOOLEAN) {
    throw callerError(`Bad param "reverse", use: ${usageOfNew}`);
  }
  checkFieldNumbers(keyDef);
  const merged = Array.from({ length: sources.value.length() }, (_, at) => {
    const data = asCData(sources.value.getNumber(at + 1));
    // The real server has each on its stack, behind what was given.
    if (!(data instanceof SourceData)) throw callerError(`expected cdata as ${3 + at} argument`);
    return data.source;
  });
  const isReverse = reverse?.value === true;
  return pushData(L, new SourceData(() => new Merger(keyDef, merged, isReverse)));
};

function checkFieldNumbers(keyDef: KeyDef): void {
  if (keyDef.parts.some((part) => part.fieldNo > fieldNoMax)) {
    throw typedError('OutOfMemory', 'Failed to allocate a format with so many fields');
  }
}

/** The source in an argument. @throws LuaError */
function sourceAt(L: LuaState, n: number): MergeSource {
  const data = asCData(arg(L, n));
  if (!(data instanceof SourceData)) throw callerError(`expected cdata as ${n} argument`);
  return data.source;
}

interface Selection {
  readonly source: MergeSource;
  readonly buffer: Ibuf | undefined;
  readonly limit: number;
}

function selectArguments(L: LuaState): Selection {
  const options = arg(L, 2);
  const count = argCount(L);
  if (count < 1 || count > 2) throw callerError(`Bad params, use: ${usageOfSelect}`);
  const source = sourceAt(L, 1);
  if (options.type === Tag.NIL) return { source, buffer: undefined, limit: 0xffff_ffff };
  if (!isTable(options)) throw callerError(`Bad params, use: ${usageOfSelect}`);
  const given = getField(options.value, 'buffer');
  const buffer = given.type === Tag.NIL ? undefined : Ibuf.of(given);
  if (given.type !== Tag.NIL && buffer === undefined) {
    throw callerError(`Bad param "buffer", use: ${usageOfSelect}`);
  }
  const limit = getField(options.value, 'limit');
  if (limit.type === Tag.NIL) return { source, buffer, limit: 0xffff_ffff };
  if (!isNumber(limit)) throw callerError(`Bad param "limit", use: ${usageOfSelect}`);
  return { source, buffer, limit: Math.trunc(limit.value) >>> 0 };
}

function* selectTuples(source: MergeSource, limit: number): Task<Push> {
  const tuples: TValue[] = [];
  while (tuples.length < limit) {
    const tuple = yield* source.next(undefined);
    if (tuple === undefined) break;
    tuples.push(data(new TupleData(tuple)));
  }
  return (L) => pushTable(L, tuples.length === 0 ? createTable() : list(tuples));
}

/** Writes the tuples as an array whose head has room for any count, which is known only in the end. */
function* selectToBuffer(source: MergeSource, buffer: Ibuf, limit: number): Task<Push> {
  const writer = new MsgpackWriter();
  writer.fixedArray(0);
  let count = 0;
  while (count < limit) {
    const tuple = yield* source.next(undefined);
    if (tuple === undefined) break;
    writer.raw(tuple.slab, tuple.start, tuple.end);
    count++;
  }
  writer.patchUint32(1, count);
  buffer.append(writer.finish());
  return () => 0;
}
