import { BTree, type Probe } from '../base/b-tree.ts';
import type { Cursor } from '../base/b-tree-cursor.ts';
import {
  type DupMode,
  dupError,
  Index,
  type IndexHost,
  IteratorType,
  type TupleIterator,
} from './index.ts';
import { dependsOnPrimary, type IndexDef, treeKeyOf } from './index-def.ts';
import type { Tuple } from './tuple.ts';
import { type TupleOrder, tupleOrderOf } from './tuple-order.ts';

/** Memory comes in pieces of this size: for `index:bsize()`. */
const extentBytes = 16384;

/** A TREE index with one entry for each tuple. */
export class IndexTree extends Index {
  #order: TupleOrder;
  readonly #tree: BTree<Tuple>;

  constructor(def: IndexDef, host: IndexHost) {
    super(def, host);
    this.#order = tupleOrderOf(treeKeyOf(def));
    this.#tree = new BTree(this.#order);
  }

  get length(): number {
    return this.#tree.size;
  }

  get bsize(): number {
    return treeBytes(this.#tree);
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    return this.#tree.find(this.#order.probe(key, pos, this.def.keyDef.parts.length));
  }

  replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    mode: DupMode,
  ): Tuple | undefined {
    const tree = this.#tree;
    if (newTuple !== undefined) {
      const found = tree.insert(newTuple);
      const error = dupError(oldTuple, found, mode);
      if (error !== undefined) {
        if (found === undefined) tree.delete(newTuple);
        else tree.insert(found);
        throw this.duplicate(error);
      }
      if (found !== undefined) return found;
    }
    if (oldTuple !== undefined) tree.delete(oldTuple);
    return oldTuple;
  }

  override build(tuples: Iterable<Tuple>): void {
    const order = this.#order;
    const sorted = [...tuples].sort(order.compare);
    for (let at = 1; at < sorted.length; at++) {
      const [previous, tuple] = [sorted[at - 1], sorted[at]];
      if (previous === undefined || tuple === undefined) continue;
      if (order.compare(previous, tuple) === 0) throw this.duplicate('TUPLE_FOUND');
    }
    this.#tree.build(sorted);
  }

  override random(seed: number): Tuple | undefined {
    return this.#tree.random(seed);
  }

  override tuples(): Tuple[] {
    return this.#tree.toArray();
  }

  override get dependsOnPrimary(): boolean {
    return dependsOnPrimary(this.def);
  }

  override updateDef(def: IndexDef): void {
    super.updateDef(def);
    this.#order = tupleOrderOf(treeKeyOf(def));
    this.#tree.reorder(this.#order);
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (type > IteratorType.GT) throw this.unsupported('requested iterator type');
    const probe = partCount === 0 ? undefined : this.#order.probe(key, pos, partCount);
    return new TreeIterator(this.#tree, type, probe, (tuple) => tuple);
  }
}

/** Entries in a block of the real server's tree, as ascending inserts fill it. */
const blockEntries = 22.4;

/** Blocks of 512 bytes in an extent. */
const extentBlocks = extentBytes / 512;

/** What the real server's tree takes that had so many entries at most: extents for the blocks, and two for the table of blocks. */
export function treeBytes(tree: { readonly mostEntries: number }): number {
  if (tree.mostEntries === 0) return 0;
  return extentBytes * (2 + Math.ceil(tree.mostEntries / blockEntries / extentBlocks));
}

/**
 * Walks a tree in one direction. The first entry is looked for when it is asked for, not when the iterator is made; EQ and REQ
 * end where the key ends.
 */
export class TreeIterator<E> implements TupleIterator {
  readonly #tree: BTree<E>;
  readonly #type: number;
  readonly #probe: Probe<E> | undefined;
  readonly #tupleOf: (entry: E) => Tuple;
  #cursor: Cursor<E> | undefined;
  #isDone = false;

  constructor(
    tree: BTree<E>,
    type: number,
    probe: Probe<E> | undefined,
    tupleOf: (entry: E) => Tuple,
  ) {
    this.#tree = tree;
    this.#type = type;
    this.#probe = probe;
    this.#tupleOf = tupleOf;
  }

  next(): Tuple | undefined {
    if (this.#isDone) return undefined;
    const entry = this.#step();
    if (entry === undefined || !this.#isInside(entry)) {
      this.#isDone = true;
      this.#cursor = undefined;
      return undefined;
    }
    return this.#tupleOf(entry);
  }

  #step(): E | undefined {
    const cursor = this.#cursor;
    if (cursor !== undefined) {
      return isReverse(this.#type) ? cursor.movePrevious() : cursor.moveNext();
    }
    const first = this.#start();
    this.#cursor = first;
    return first.entry;
  }

  #start(): Cursor<E> {
    const [tree, probe] = [this.#tree, this.#probe];
    if (probe === undefined) return isReverse(this.#type) ? tree.last() : tree.first();
    switch (this.#type) {
      case IteratorType.LT:
        return tree.before(probe);
      case IteratorType.LE:
      case IteratorType.REQ:
        return tree.beforeUpper(probe);
      case IteratorType.GT:
        return tree.upperBound(probe);
      default:
        return tree.lowerBound(probe);
    }
  }

  #isInside(entry: E): boolean {
    if (this.#probe === undefined) return true;
    const isExact = this.#type === IteratorType.EQ || this.#type === IteratorType.REQ;
    return !isExact || this.#probe.compare(entry) === 0;
  }
}

function isReverse(type: number): boolean {
  return type === IteratorType.REQ || type === IteratorType.LT || type === IteratorType.LE;
}
