import { type Distance, RTree } from '../base/r-tree.ts';
import { isInside, type Rectangle, type RectangleTest } from '../base/rectangle.ts';
import { skip } from '../wire/msgpack.ts';
import { clientError } from './error.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import { type DupMode, Index, type IndexHost, IteratorType, type TupleIterator } from './index.ts';
import type { IndexDef } from './index-def.ts';
import { partAt } from './key-def.ts';
import { numberAt } from './mp-compare.ts';
import { arrayCount, arrayStart, type Tuple } from './tuple.ts';

/** Dimensions that an RTREE can have. */
export const rtreeDimensionMax = 20;

/** An RTREE index: points and boxes in several dimensions. */
export class IndexRtree extends Index {
  readonly #tree: RTree<Tuple>;

  constructor(def: IndexDef, host: IndexHost) {
    super(def, host);
    const distance: Distance = def.opts.distance;
    this.#tree = new RTree(def.opts.dimension, distance);
  }

  get length(): number {
    return this.#tree.size;
  }

  get bsize(): number {
    return this.#tree.bytes;
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    // One part: the key is one array.
    const rectangle = this.#keyRectangle(key, pos, 1);
    return this.#tree.search(isInside('overlaps', rectangle)).next();
  }

  replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    _mode: DupMode,
  ): Tuple | undefined {
    if (newTuple !== undefined) this.#tree.insert(this.#rectangleOf(newTuple), newTuple);
    if (oldTuple === undefined) return undefined;
    return this.#tree.remove(this.#rectangleOf(oldTuple), oldTuple) ? oldTuple : undefined;
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (partCount === 0 && type !== IteratorType.ALL) {
      throw this.unsupported('empty keys for requested iterator type');
    }
    if (partCount === 0) return this.#tree.search(undefined);
    const rectangle = this.#keyRectangle(key, pos, partCount);
    if (type === IteratorType.ALL) return this.#tree.search(undefined);
    if (type === IteratorType.NEIGHBOR) return this.#tree.nearest(rectangle);
    const test = tests[type];
    if (test === undefined) throw this.unsupported('requested iterator type');
    return this.#tree.search(isInside(test, rectangle));
  }

  #rectangleOf(tuple: Tuple): Rectangle {
    const part = this.def.keyDef.parts[0];
    const pos = part === undefined ? -1 : partAt(tuple, part, -1);
    const count = pos < 0 ? 0 : arrayCount(tuple.slab, pos);
    const start = pos < 0 ? 0 : arrayStart(tuple.slab, pos);
    return this.#readRectangle(tuple.slab, start, count, 'Field');
  }

  #keyRectangle(key: Uint8Array, pos: number, partCount: number): Rectangle {
    if (partCount !== 1) return this.#readRectangle(key, pos, partCount, 'Key');
    return this.#readRectangle(key, arrayStart(key, pos), arrayCount(key, pos), 'Key');
  }

  /** A point, or the lower corner and the upper one. */
  #readRectangle(bytes: Uint8Array, pos: number, count: number, what: string): Rectangle {
    const { dimension } = this.def.opts;
    if (count !== dimension && count !== dimension * 2) {
      throw clientError('RTREE_RECT', what, dimension, dimension * 2);
    }
    const numbers: number[] = [];
    let at = pos;
    for (let index = 0; index < count; index++) {
      numbers.push(coordinateAt(bytes, at, index));
      at = skip(bytes, at);
    }
    const lower = numbers.slice(0, dimension);
    const upper = count === dimension ? lower : numbers.slice(dimension);
    return {
      lower: lower.map((value, axis) => Math.min(value, upper[axis] ?? value)),
      upper: upper.map((value, axis) => Math.max(value, lower[axis] ?? value)),
    };
  }
}

const tests: Readonly<Record<number, RectangleTest>> = {
  [IteratorType.EQ]: 'equals',
  [IteratorType.GT]: 'strictly-contains',
  [IteratorType.GE]: 'contains',
  [IteratorType.LT]: 'strictly-inside',
  [IteratorType.LE]: 'inside',
  [IteratorType.OVERLAPS]: 'overlaps',
};

function coordinateAt(bytes: Uint8Array, pos: number, index: number): number {
  const type = mpTypeAt(bytes, pos);
  if (
    type === MpType.UINT ||
    type === MpType.INT ||
    type === MpType.FLOAT ||
    type === MpType.DOUBLE
  ) {
    return Number(numberAt(bytes, pos));
  }
  throw clientError('FIELD_TYPE', index + 1, 'number');
}
