import { BTree, type Order, type Probe } from '../base/b-tree.ts';
import {
  type DupMode,
  dupError,
  Index,
  type IndexHost,
  IteratorType,
  type TupleIterator,
} from './index.ts';
import { dependsOnPrimary, type IndexDef, treeKeyOf } from './index-def.ts';
import { TreeIterator, treeBytes } from './index-tree.ts';
import { type KeyDef, multikeyCountOf, partAt } from './key-def.ts';
import type { Tuple } from './tuple.ts';
import { comparatorsOf, compareKeyParts, compareParts, hintOfPart } from './tuple-order.ts';

/** One element's place in the index: a tuple is there as often as its array has different elements. */
interface Entry {
  readonly tuple: Tuple;
  /** Which element of the array, from 0. */
  readonly element: number;
}

/** A TREE index over the elements of an array (`[*]` in its paths). */
export class IndexTreeMultikey extends Index {
  #order: Order<Entry>;
  readonly #tree: BTree<Entry>;

  constructor(def: IndexDef, host: IndexHost) {
    super(def, host);
    this.#order = orderOf(treeKeyOf(def));
    this.#tree = new BTree(this.#order);
  }

  get length(): number {
    return this.#tree.size;
  }

  get bsize(): number {
    return treeBytes(this.#tree);
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    return this.#tree.find(this.#probe(key, pos, this.def.keyDef.parts.length))?.tuple;
  }

  replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    mode: DupMode,
  ): Tuple | undefined {
    let replaced: Tuple | undefined;
    if (newTuple !== undefined) replaced = this.#insertAll(oldTuple, newTuple, mode);
    const gone = replaced ?? oldTuple;
    if (gone !== undefined) this.#deleteAll(gone);
    return replaced;
  }

  #insertAll(oldTuple: Tuple | undefined, newTuple: Tuple, mode: DupMode): Tuple | undefined {
    const count = multikeyCountOf(newTuple, treeKeyOf(this.def));
    const replaced: Entry[] = [];
    for (let element = 0; element < count; element++) {
      const entry = { tuple: newTuple, element };
      const found = this.#tree.insert(entry);
      // Equal elements of one array share a place.
      if (found === undefined || found.tuple === newTuple) continue;
      const error = dupError(oldTuple, found.tuple, mode);
      if (error === undefined) {
        replaced.push(found);
        continue;
      }
      this.#tree.insert(found);
      for (let earlier = 0; earlier < element; earlier++) {
        this.#deleteOwn({ tuple: newTuple, element: earlier });
      }
      for (const old of replaced) this.#tree.insert(old);
      throw this.duplicate(error);
    }
    return replaced[0]?.tuple;
  }

  #deleteAll(tuple: Tuple): void {
    const count = multikeyCountOf(tuple, treeKeyOf(this.def));
    for (let element = 0; element < count; element++) this.#deleteOwn({ tuple, element });
  }

  /** Takes out an entry, unless another tuple has its place now. */
  #deleteOwn(entry: Entry): void {
    const found = this.#tree.delete(entry);
    if (found !== undefined && found.tuple !== entry.tuple) this.#tree.insert(found);
  }

  override random(seed: number): Tuple | undefined {
    return this.#tree.random(seed)?.tuple;
  }

  override get dependsOnPrimary(): boolean {
    return dependsOnPrimary(this.def);
  }

  override updateDef(def: IndexDef): void {
    super.updateDef(def);
    this.#order = orderOf(treeKeyOf(def));
    this.#tree.reorder(this.#order);
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (type > IteratorType.GT) throw this.unsupported('requested iterator type');
    const probe = partCount === 0 ? undefined : this.#probe(key, pos, partCount);
    return new TreeIterator(this.#tree, type, probe, (entry) => entry.tuple);
  }

  #probe(key: Uint8Array, pos: number, partCount: number): Probe<Entry> {
    const keyDef = treeKeyOf(this.def);
    const comparators = comparatorsOf(keyDef);
    return {
      hint: hintOfPart(keyDef.parts[0])(key, pos),
      compare: ({ tuple, element }) =>
        compareKeyParts(keyDef, comparators, tuple, element, key, pos, partCount),
    };
  }
}

function orderOf(keyDef: KeyDef): Order<Entry> {
  const comparators = comparatorsOf(keyDef);
  const first = keyDef.parts[0];
  const hint = hintOfPart(first);
  return {
    compare: (a, b) => compareParts(keyDef, comparators, a.tuple, a.element, b.tuple, b.element),
    hint: ({ tuple, element }) => {
      const pos = first === undefined ? -1 : partAt(tuple, first, element);
      return pos < 0 ? Number.NEGATIVE_INFINITY : hint(tuple.slab, pos);
    },
  };
}
