/**
 * Where a merger's tuples come from: chunks that a generator of the program gives (buffers, tables, single tuples), or other
 * sources in the order of a key definition.
 */
import { assert } from '../../base/assert.ts';
import type { Task } from '../../base/fiber.ts';
import type { Box } from '../../box/box.ts';
import { type ClientError, clientError, typedError } from '../../box/error.ts';
import { MpType, mpTypeAt } from '../../box/field-type.ts';
import { TupleDictionary, TupleFormat } from '../../box/format.ts';
import type { KeyDef } from '../../box/key-def.ts';
import { arrayCount, arrayStart, type Tuple } from '../../box/tuple.ts';
import { tupleComparatorOf } from '../../box/tuple-order.ts';
import { checkMsgpack } from '../../wire/msgpack.ts';
import { tupleFrom } from '../db/tuple-argument.ts';
import { Ibuf } from '../ffi/ibuf.ts';
import { addressText } from '../ffi/values.ts';
import { clientErrorOf } from '../session-hooks.ts';
import type { CData } from '../vm/cdata.ts';
import type { TValue } from '../vm/types.ts';
import { isTable, nilObject, Tag } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';

/** Gives tuples one after the other. */
export interface MergeSource {
  /**
   * The next tuple; undefined when there are no more. A generator of the program may suspend the fiber.
   * @param format what the tuple must fit, when it is to be compared
   * @throws ClientError
   */
  next(format: TupleFormat | undefined): Task<Tuple | undefined>;
}

/** The generator of a `for` loop, with the value that it is called with next. */
export class ChunkIterator {
  readonly #vm: LuaVm;
  readonly #gen: TValue;
  readonly #param: TValue;
  #state: TValue;

  constructor(vm: LuaVm, gen: TValue, param: TValue, state: TValue) {
    this.#vm = vm;
    this.#gen = gen;
    this.#param = param;
    this.#state = state;
  }

  /**
   * What comes with the next state; undefined at the end.
   * @param what the chunk's name in the words about a wrong number of values
   */
  *next(what: string): Task<TValue | undefined> {
    let values: readonly TValue[];
    try {
      values = yield* this.#vm.call(this.#gen, [this.#param, this.#state]);
    } catch (error) {
      throw clientErrorOf(error);
    }
    const [state, chunk] = values;
    if (state === undefined || state.type === Tag.NIL) return undefined;
    if (values.length !== 2) {
      throw unexpected(`<${what}>, got ${values.length} return values`);
    }
    this.#state = state;
    return chunk;
  }
}

function unexpected(what: string): ClientError {
  return typedError('IllegalParams', `Expected <state>, ${what}`);
}

/** Tuples of MessagePack arrays in buffers. Each is taken off its buffer when it is asked for. */
export class BufferSource implements MergeSource {
  readonly #box: Box;
  readonly #chunks: ChunkIterator;
  readonly #owner: CData;
  #buffer: Ibuf | undefined;
  #left = 0;

  /** @param owner whose address the words about a buffer that holds no array have */
  constructor(box: Box, chunks: ChunkIterator, owner: CData) {
    this.#box = box;
    this.#chunks = chunks;
    this.#owner = owner;
  }

  *next(format: TupleFormat | undefined): Task<Tuple | undefined> {
    while (this.#left === 0) {
      const chunk = yield* this.#chunks.next('buffer');
      if (chunk === undefined) return undefined;
      const buffer = Ibuf.of(chunk);
      if (buffer === undefined) throw unexpected('<buffer>');
      this.#buffer = buffer;
      // What was read to its end has no head to read.
      if (buffer.size > 0) this.#readHead(buffer);
    }
    assert(this.#buffer !== undefined, 'tuples are left of a buffer');
    const { bytes, start, end } = contentOf(this.#buffer);
    const tupleEnd = checkMsgpack(bytes, start, end);
    if (tupleEnd < 0) throw typedError('IllegalParams', 'Unexpected msgpack buffer end');
    this.#left--;
    this.#buffer.read(tupleEnd - start);
    if (mpTypeAt(bytes, start) !== MpType.ARRAY) throw clientError('TUPLE_NOT_ARRAY');
    format?.validate(bytes, start);
    return this.#box.newTuple(bytes.slice(start, tupleEnd));
  }

  #readHead(buffer: Ibuf): void {
    const { bytes, start, end } = contentOf(buffer);
    const headEnd = arrayStart(bytes, start);
    if (mpTypeAt(bytes, start) !== MpType.ARRAY || headEnd > end) {
      const address = addressText(this.#owner.id);
      throw typedError('IllegalParams', `Invalid merge source ${address}`);
    }
    this.#left = arrayCount(bytes, start);
    buffer.read(headEnd - start);
  }
}

function contentOf(buffer: Ibuf): { bytes: Uint8Array; start: number; end: number } {
  const { size, readPlace } = buffer;
  if (size === 0) return { bytes: new Uint8Array(0), start: 0, end: 0 };
  const { bytes } = readPlace.blockOf(size);
  return { bytes, start: readPlace.offset, end: readPlace.offset + size };
}

/** Tuples of lists. */
export class TableSource implements MergeSource {
  readonly #box: Box;
  readonly #chunks: ChunkIterator;
  #list: TValue = nilObject;
  #at = 0;

  constructor(box: Box, chunks: ChunkIterator) {
    this.#box = box;
    this.#chunks = chunks;
  }

  *next(format: TupleFormat | undefined): Task<Tuple | undefined> {
    for (;;) {
      const item = isTable(this.#list) ? this.#list.value.getNumber(this.#at + 1) : nilObject;
      if (item.type !== Tag.NIL) {
        const tuple = fitting(tupleFrom(this.#box, item), format);
        // What does not fit stays: whoever asks again gets the same error.
        this.#at++;
        return tuple;
      }
      const chunk = yield* this.#chunks.next('table');
      if (chunk === undefined) return undefined;
      if (!isTable(chunk)) throw unexpected('<table>');
      this.#list = chunk;
      this.#at = 0;
    }
  }
}

/** Tuples that come one by one. */
export class TupleSource implements MergeSource {
  readonly #box: Box;
  readonly #chunks: ChunkIterator;

  constructor(box: Box, chunks: ChunkIterator) {
    this.#box = box;
    this.#chunks = chunks;
  }

  *next(format: TupleFormat | undefined): Task<Tuple | undefined> {
    const item = yield* this.#chunks.next('tuple');
    return item === undefined ? undefined : fitting(tupleFrom(this.#box, item), format);
  }
}

function fitting(tuple: Tuple, format: TupleFormat | undefined): Tuple {
  format?.validateTuple(tuple);
  return tuple;
}

/** A source with the tuple that it gave last, which is not given on yet. */
interface Head {
  readonly source: MergeSource;
  tuple: Tuple;
}

/**
 * Several sources as one. Each must be in order by itself. A binary heap holds their heads; among equals its shape decides, as
 * in the real server.
 */
export class Merger implements MergeSource {
  readonly #sources: readonly MergeSource[];
  readonly #format: TupleFormat;
  readonly #isBefore: (a: Head, b: Head) => boolean;
  #heads: Head[] | undefined;

  /** @param isReverse the sources go down */
  constructor(keyDef: KeyDef, sources: readonly MergeSource[], isReverse: boolean) {
    this.#sources = sources;
    this.#format = new TupleFormat([], [keyDef], 0, new TupleDictionary([]));
    const compare = tupleComparatorOf(keyDef);
    this.#isBefore = isReverse
      ? (a, b) => compare(a.tuple, b.tuple) > 0
      : (a, b) => compare(a.tuple, b.tuple) < 0;
  }

  *next(format: TupleFormat | undefined): Task<Tuple | undefined> {
    const heads = this.#heads ?? (yield* this.#start());
    const first = heads[0];
    if (first === undefined) return undefined;
    const { tuple } = first;
    const following = yield* first.source.next(this.#format);
    if (following !== undefined) first.tuple = following;
    else this.#removeFirst(heads);
    this.#siftDown(heads);
    return fitting(tuple, format);
  }

  *#start(): Task<Head[]> {
    const heads: Head[] = [];
    for (const source of this.#sources) {
      const tuple = yield* source.next(this.#format);
      if (tuple !== undefined) this.#add(heads, { source, tuple });
    }
    this.#heads = heads;
    return heads;
  }

  #add(heads: Head[], head: Head): void {
    let at = heads.push(head) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heads[parentAt];
      if (parent === undefined || !this.#isBefore(head, parent)) return;
      heads[at] = parent;
      heads[parentAt] = head;
      at = parentAt;
    }
  }

  #removeFirst(heads: Head[]): void {
    const last = heads.pop();
    if (last !== undefined && heads.length > 0) heads[0] = last;
  }

  /** Moves the first head below every head that is not behind it. */
  #siftDown(heads: Head[]): void {
    const head = heads[0];
    let at = 0;
    while (head !== undefined) {
      const [left, right] = [heads[2 * at + 1], heads[2 * at + 2]];
      if (left === undefined) return;
      const isRight = right !== undefined && this.#isBefore(right, left);
      const least = isRight ? right : left;
      if (this.#isBefore(head, least)) return;
      heads[at] = least;
      at = 2 * at + (isRight ? 2 : 1);
      heads[at] = head;
    }
  }
}
