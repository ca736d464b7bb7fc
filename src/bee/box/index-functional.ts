import { BTree, type Order, type Probe } from '../base/b-tree.ts';
import { skip } from '../wire/msgpack.ts';
import { ClientError, clientError } from './error.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import type { Func } from './func.ts';
import {
  type DupMode,
  dupError,
  Index,
  type IndexHost,
  IteratorType,
  type TupleIterator,
} from './index.ts';
import type { IndexDef } from './index-def.ts';
import { TreeIterator, treeBytes } from './index-tree.ts';
import { KeyDef } from './key-def.ts';
import { arrayCount, arrayStart, type Tuple } from './tuple.ts';
import { comparatorsOf, compareKeys, compareParts, hintOfPart } from './tuple-order.ts';

/** Calls an index's function on a tuple: a msgpack array of what it returned. Throws what the function threw. */
export type FunctionEvaluator = (func: Func, tuple: Tuple) => Uint8Array;

/** A key that the function gave for a tuple. */
interface Entry {
  readonly tuple: Tuple;
  /** A msgpack array; kept, because the function is not asked twice when it need not be. */
  readonly key: Uint8Array;
}

/** A TREE index over what a function makes of each tuple: one key, or several. */
export class IndexTreeFunctional extends Index {
  readonly #evaluate: FunctionEvaluator;
  readonly #tree: BTree<Entry>;
  /** Parts of the primary key, which tell equal keys of different tuples apart. */
  readonly #primary: KeyDef;

  constructor(def: IndexDef, host: IndexHost, evaluate: FunctionEvaluator) {
    super(def, host);
    this.#evaluate = evaluate;
    this.#primary = new KeyDef(def.cmpDef.parts.slice(def.keyDef.parts.length));
    this.#tree = new BTree(this.#orderOf());
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
    // Until recovery has joined the index with its function it stays empty.
    if (this.def.func === undefined) return undefined;
    let replaced: Tuple | undefined;
    if (newTuple !== undefined) replaced = this.#insertAll(oldTuple, newTuple, mode);
    const gone = replaced ?? oldTuple;
    if (gone !== undefined) {
      for (const key of this.#keysOf(gone, false)) this.#deleteOwn({ tuple: gone, key });
    }
    return replaced;
  }

  #insertAll(oldTuple: Tuple | undefined, newTuple: Tuple, mode: DupMode): Tuple | undefined {
    const inserted: Entry[] = [];
    const replaced: Entry[] = [];
    for (const key of this.#keysOf(newTuple, true)) {
      const entry = { tuple: newTuple, key };
      const found = this.#tree.insert(entry);
      inserted.push(entry);
      if (found === undefined || found.tuple === newTuple) continue;
      const error = dupError(oldTuple, found.tuple, mode);
      if (error === undefined) {
        replaced.push(found);
        continue;
      }
      this.#tree.insert(found);
      inserted.pop();
      for (const earlier of inserted) this.#deleteOwn(earlier);
      for (const old of replaced) this.#tree.insert(old);
      throw this.duplicate(error);
    }
    return replaced[0]?.tuple;
  }

  #deleteOwn(entry: Entry): void {
    const found = this.#tree.delete(entry);
    if (found !== undefined && found.tuple !== entry.tuple) this.#tree.insert(found);
  }

  override random(seed: number): Tuple | undefined {
    return this.#tree.random(seed)?.tuple;
  }

  override get dependsOnPrimary(): boolean {
    return true;
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (type > IteratorType.GT) throw this.unsupported('requested iterator type');
    const probe = partCount === 0 ? undefined : this.#probe(key, pos, partCount);
    return new TreeIterator(this.#tree, type, probe, (entry) => entry.tuple);
  }

  /** What the function gives for a tuple, checked when the tuple is new. */
  #keysOf(tuple: Tuple, isNew: boolean): Uint8Array[] {
    const { func } = this.def;
    if (func === undefined) return [];
    const result = this.#call(func, tuple);
    // The function returns one value: a key, or for a multikey one an array of keys.
    if (arrayCount(result, 0) !== 1) throw this.#wrongKey('to many values were returned');
    const value = arrayStart(result, 0);
    if (!func.def.isMultikey) return [this.#keyAt(result, value, isNew)];
    if (mpTypeAt(result, value) !== MpType.ARRAY) {
      throw this.#wrongKey("a multikey function mustn't return a scalar");
    }
    const keys: Uint8Array[] = [];
    let at = arrayStart(result, value);
    for (let left = arrayCount(result, value); left > 0; left--) {
      keys.push(this.#keyAt(result, at, isNew));
      at = skip(result, at);
    }
    return keys;
  }

  #call(func: Func, tuple: Tuple): Uint8Array {
    try {
      return this.#evaluate(func, tuple);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const outer = clientError(
        'FUNC_INDEX_FUNC',
        this.name,
        this.host.spaceName(this.spaceId),
        "can't evaluate function",
      );
      outer.prev = error;
      throw outer;
    }
  }

  /** One key as an array of its own. */
  #keyAt(bytes: Uint8Array, pos: number, isNew: boolean): Uint8Array {
    const key = bytes.slice(pos, skip(bytes, pos));
    if (!isNew) return key;
    if (mpTypeAt(key, 0) !== MpType.ARRAY) {
      throw this.#wrongKey('supplied key type is invalid: expected array');
    }
    const { keyDef } = this.def;
    const count = arrayCount(key, 0);
    if (count !== keyDef.parts.length) {
      throw this.#wrongKey(
        `Invalid key part count in an exact match (expected ${keyDef.parts.length}, got ${count})`,
      );
    }
    try {
      keyDef.validateParts(key, arrayStart(key, 0), count, true);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const outer = this.#wrongKey('key does not follow functional index definition');
      outer.prev = error;
      throw outer;
    }
    return key;
  }

  #wrongKey(reason: string): ClientError {
    return clientError('FUNC_INDEX_FORMAT', this.name, this.host.spaceName(this.spaceId), reason);
  }

  #probe(key: Uint8Array, pos: number, partCount: number): Probe<Entry> {
    const { keyDef } = this.def;
    const comparators = comparatorsOf(keyDef);
    return {
      hint: hintOfPart(keyDef.parts[0])(key, pos),
      compare: (entry) =>
        compareKeys(keyDef, comparators, entry.key, arrayStart(entry.key, 0), key, pos, partCount),
    };
  }

  #orderOf(): Order<Entry> {
    const { keyDef, opts } = this.def;
    const comparators = comparatorsOf(keyDef);
    const primaryComparators = comparatorsOf(this.#primary);
    const hint = hintOfPart(keyDef.parts[0]);
    return {
      compare: (a, b) => {
        const [aPos, bPos] = [arrayStart(a.key, 0), arrayStart(b.key, 0)];
        const count = keyDef.parts.length;
        const result = compareKeys(keyDef, comparators, a.key, aPos, b.key, bPos, count);
        if (result !== 0) return result;
        if (opts.isUnique && !(keyDef.isNullable && hasNil(a.key))) return 0;
        return compareParts(this.#primary, primaryComparators, a.tuple, -1, b.tuple, -1);
      },
      hint: ({ key }) => hint(key, arrayStart(key, 0)),
    };
  }
}

function hasNil(key: Uint8Array): boolean {
  let pos = arrayStart(key, 0);
  for (let left = arrayCount(key, 0); left > 0; left--) {
    if (mpTypeAt(key, pos) === MpType.NIL) return true;
    pos = skip(key, pos);
  }
  return false;
}
