// A space with its indexes against a plain list of tuples: after any changes every index holds exactly the list's tuples, in its
// order, and every search finds what a scan of the list finds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientError } from '../../src/bee/box/error.ts';
import { IteratorType } from '../../src/bee/box/index.ts';
import { encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { type Plain, SmallBox } from '../box/small-box.ts';

type Value = null | boolean | number | bigint | string;
type Tuple = readonly Value[];

interface Part {
  /** From 0. */
  readonly field: number;
  readonly type: string;
  readonly isNullable?: boolean;
}

interface IndexModel {
  readonly name: string;
  readonly type: 'tree' | 'hash';
  readonly isUnique: boolean;
  readonly parts: readonly Part[];
}

/** Rank of a value's kind in an index of scalars. */
function rankOf(value: Value | undefined): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'boolean') return 1;
  return typeof value === 'string' ? 3 : 2;
}

function compareValues(a: Value | undefined, b: Value | undefined): number {
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0 || a === null || b === null || a === undefined || b === undefined) return byRank;
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares a tuple with the beginning of a key. */
function compareToKey({ parts }: IndexModel, tuple: Tuple, key: readonly Value[]): number {
  for (const [at, value] of key.entries()) {
    const difference = compareValues(tuple[parts[at]?.field ?? 0], value);
    if (difference !== 0) return difference;
  }
  return 0;
}

function keyOf({ parts }: IndexModel, tuple: Tuple): Value[] {
  return parts.map(({ field }) => tuple[field] ?? null);
}

/** Order of an index: by its parts, and what is equal by the primary key. */
function compareTuples(index: IndexModel, primary: IndexModel, a: Tuple, b: Tuple): number {
  return compareToKey(index, a, keyOf(index, b)) || compareToKey(primary, a, keyOf(primary, b));
}

/** Two tuples cannot both be there: a unique index has their key, which is not nil. */
function isSame(index: IndexModel, a: Tuple, b: Tuple): boolean {
  const key = keyOf(index, b);
  return index.isUnique && !key.includes(null) && compareToKey(index, a, key) === 0;
}

class Model {
  readonly indexes: readonly IndexModel[];
  tuples: Tuple[] = [];

  constructor(indexes: readonly IndexModel[]) {
    this.indexes = indexes;
  }

  get primary(): IndexModel {
    const [primary] = this.indexes;
    if (primary === undefined) throw new Error('no primary index');
    return primary;
  }

  /** @returns whether it may be there */
  insert(tuple: Tuple, replaces: boolean): boolean {
    const same = this.tuples.filter((other) => isSame(this.primary, other, tuple));
    if (same.length > 0 && !replaces) return false;
    const rest = this.tuples.filter((other) => !same.includes(other));
    if (rest.some((other) => this.indexes.some((index) => isSame(index, other, tuple))))
      return false;
    this.tuples = [...rest, tuple];
    return true;
  }

  delete(key: readonly Value[]): void {
    this.tuples = this.tuples.filter((tuple) => compareToKey(this.primary, tuple, key) !== 0);
  }

  search(index: IndexModel, iterator: number, key: readonly Value[]): Tuple[] {
    const sorted = this.tuples.toSorted((a, b) => compareTuples(index, this.primary, a, b));
    const keep = (test: (order: number) => boolean): Tuple[] =>
      sorted.filter((tuple) => test(compareToKey(index, tuple, key)));
    const all = key.length === 0;
    switch (iterator) {
      case IteratorType.EQ:
        return keep((order) => order === 0);
      case IteratorType.REQ:
        return keep((order) => order === 0).reverse();
      case IteratorType.GE:
      case IteratorType.ALL:
        return keep((order) => order >= 0);
      case IteratorType.GT:
        return keep((order) => all || order > 0);
      case IteratorType.LE:
        return keep((order) => order <= 0).reverse();
      default:
        return keep((order) => all || order < 0).reverse();
    }
  }
}

const integers = fc.integer({ min: -3, max: 12 });
const unsigned = fc.integer({ min: 0, max: 12 });
const words = fc.constantFrom('', 'a', 'A', 'ab', 'abcdefg', 'abcdefh', 'ä', 'b', 'z'.repeat(20));
const numbers: fc.Arbitrary<Value> = fc.oneof(
  integers,
  fc.constantFrom(0.5, 1.5, -0.5, 1e300, 2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 63n)),
);
const scalars: fc.Arbitrary<Value> = fc.oneof(numbers, words, fc.boolean());

const arbitraries: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  unsigned,
  integer: integers,
  string: words,
  number: numbers,
  scalar: scalars,
  boolean: fc.boolean(),
};

function partsOf(...parts: readonly (readonly [number, string, 'nullable'?])[]): Part[] {
  return parts.map(([field, type, nullable]) => ({
    field,
    type,
    isNullable: nullable !== undefined,
  }));
}

function tree(name: string, parts: Part[], isUnique = true): IndexModel {
  return { name, type: 'tree', isUnique, parts };
}

const spaces: Readonly<Record<string, readonly IndexModel[]>> = {
  'one unsigned': [
    tree('pk', partsOf([0, 'unsigned'])),
    tree('unique', partsOf([1, 'unsigned'])),
    tree('many', partsOf([2, 'string']), false),
    { name: 'hash', type: 'hash', isUnique: true, parts: partsOf([1, 'unsigned']) },
  ],
  'a string': [
    tree('pk', partsOf([0, 'string'])),
    tree('two', partsOf([1, 'integer'], [0, 'string'])),
    { name: 'hash', type: 'hash', isUnique: true, parts: partsOf([0, 'string'], [1, 'integer']) },
  ],
  'two parts, not in order': [
    tree('pk', partsOf([2, 'unsigned'], [0, 'string'])),
    tree('rest', partsOf([1, 'number']), false),
  ],
  numbers: [tree('pk', partsOf([0, 'number'])), tree('integer', partsOf([1, 'integer']), false)],
  scalars: [
    tree('pk', partsOf([0, 'scalar'])),
    tree('scalar', partsOf([1, 'scalar']), false),
    { name: 'hash', type: 'hash', isUnique: true, parts: partsOf([0, 'scalar']) },
  ],
  'parts that may be nil': [
    tree('pk', partsOf([0, 'unsigned'])),
    tree('unique', partsOf([1, 'integer', 'nullable'])),
    tree('two', partsOf([1, 'integer', 'nullable'], [2, 'string', 'nullable']), false),
    tree('flag', partsOf([3, 'boolean', 'nullable']), false),
  ],
};

/** What each field holds: as the index with the narrowest demand says. */
function tupleArbitrary(indexes: readonly IndexModel[]): fc.Arbitrary<Tuple> {
  const parts = indexes.flatMap((index) => index.parts);
  const count = Math.max(...parts.map(({ field }) => field)) + 1;
  const fields = Array.from({ length: count }, (_, field) => {
    const part = parts.find((candidate) => candidate.field === field);
    const value = arbitraries[part?.type ?? 'unsigned'] ?? unsigned;
    return part?.isNullable ? fc.oneof(fc.constant(null), value) : value;
  });
  return fc.tuple(...fields);
}

type Step =
  | { readonly kind: 'insert' | 'replace'; readonly tuple: Tuple }
  | { readonly kind: 'delete'; readonly tuple: Tuple }
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'back' };

function stepArbitrary(indexes: readonly IndexModel[]): fc.Arbitrary<Step> {
  const tuple = tupleArbitrary(indexes);
  const change = fc.record({
    kind: fc.constantFrom('insert' as const, 'replace' as const, 'delete' as const),
    tuple,
  });
  const control = fc.record({
    kind: fc.constantFrom(
      'begin' as const,
      'commit' as const,
      'rollback' as const,
      'savepoint' as const,
      'back' as const,
    ),
  });
  return fc.oneof({ weight: 8, arbitrary: change }, { weight: 1, arbitrary: control });
}

/** A space and its model, changed together. */
class Pair {
  readonly small = new SmallBox();
  readonly id: number;
  readonly model: Model;
  #begun: Tuple[] | undefined;
  #saved: { tuples: Tuple[]; savepoint: ReturnType<SmallBox['box']['savepoint']> } | undefined;

  constructor(indexes: readonly IndexModel[]) {
    this.model = new Model(indexes);
    const options = indexes.map(({ name, type, isUnique, parts }): [string, Plain] => [
      name,
      {
        type,
        unique: isUnique,
        parts: parts.map((part) => ({
          field: part.field + 1,
          type: part.type,
          is_nullable: part.isNullable ?? false,
        })),
      },
    ]);
    this.id = this.small.space('t', {}, Object.fromEntries(options));
  }

  play(step: Step): void {
    const { small, model, id } = this;
    switch (step.kind) {
      case 'insert':
      case 'replace': {
        const isDone = attempt(() => small[step.kind](id, [...step.tuple]));
        expect(isDone).toBe(model.insert(step.tuple, step.kind === 'replace'));
        break;
      }
      case 'delete': {
        const key = keyOf(model.primary, step.tuple);
        small.delete(id, key);
        model.delete(key);
        break;
      }
      default:
        this.#control(step.kind);
    }
  }

  #control(kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'back'): void {
    const { box } = this.small;
    if (kind === 'begin' && this.#begun === undefined) {
      box.begin();
      this.#begun = this.model.tuples;
    } else if (kind === 'commit' && this.#begun !== undefined) {
      box.commit();
      this.#begun = undefined;
      this.#saved = undefined;
    } else if (kind === 'rollback' && this.#begun !== undefined) {
      box.rollback();
      this.model.tuples = this.#begun;
      this.#begun = undefined;
      this.#saved = undefined;
    } else if (kind === 'savepoint' && this.#begun !== undefined) {
      this.#saved = { tuples: this.model.tuples, savepoint: box.savepoint() };
    } else if (kind === 'back' && this.#saved !== undefined) {
      box.rollbackToSavepoint(this.#saved.savepoint);
      this.model.tuples = this.#saved.tuples;
    }
  }

  /** Every index holds the tuples of the list, a tree in its order. */
  checkIndexes(): void {
    for (const [number, index] of this.model.indexes.entries()) {
      const found = this.small.select(this.id, IteratorType.ALL, [], number) as Tuple[];
      const wanted = this.model.search(index, IteratorType.ALL, []);
      const { primary } = this.model;
      const byKey = (a: Tuple, b: Tuple): number => compareTuples(primary, primary, a, b);
      if (index.type === 'tree') expect(found).toEqual(wanted);
      else expect(found.toSorted(byKey)).toEqual(wanted.toSorted(byKey));
      expect(this.small.box.len(this.id, number)).toBe(wanted.length);
    }
  }

  checkSearch(number: number, iterator: number, tuple: Tuple, parts: number): void {
    const index = this.model.indexes[number % this.model.indexes.length];
    if (index === undefined) return;
    const at = this.model.indexes.indexOf(index);
    const whole = keyOf(index, tuple);
    const key = index.type === 'tree' ? whole.slice(0, parts) : whole;
    const type = index.type === 'tree' ? iterator : IteratorType.EQ;
    const found = this.small.select(this.id, type, key as MsgpackValue[], at);
    expect(found).toEqual(this.model.search(index, type, key));
    // As in the real server, a count of all does not look at the key.
    const count = type === IteratorType.ALL ? this.model.tuples.length : found.length;
    expect(this.small.box.count(this.id, at, type, encode(key as MsgpackValue[]))).toBe(count);
  }
}

function attempt(change: () => unknown): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.codeName === 'ER_TUPLE_FOUND') return false;
    throw error;
  }
}

describe('a space against a list', () => {
  for (const [name, indexes] of Object.entries(spaces)) {
    test(`indexes of ${name}`, () => {
      const searches = fc.array(
        fc.tuple(fc.nat(7), fc.integer({ min: 0, max: 6 }), tupleArbitrary(indexes), fc.nat(2)),
        { maxLength: 30 },
      );
      fc.assert(
        fc.property(
          fc.array(stepArbitrary(indexes), { maxLength: 120, size: 'max' }),
          searches,
          (steps, keys) => {
            const pair = new Pair(indexes);
            for (const step of steps) pair.play(step);
            pair.checkIndexes();
            for (const [number, iterator, tuple, parts] of keys) {
              pair.checkSearch(number, iterator, tuple, parts);
            }
          },
        ),
        { numRuns: 40, seed: 20 },
      );
    });
  }
});
