// Indexes that hold a tuple many times, as bits or as a box, against a scan of all tuples.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientError } from '../../src/bee/box/error.ts';
import { IteratorType } from '../../src/bee/box/index.ts';
import { decode, encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { type Plain, plain, SmallBox } from '../box/small-box.ts';

type Row = readonly [id: number, value: MsgpackValue];

/** A space with one special index, and the rows that it should hold. */
class Pair {
  readonly small = new SmallBox();
  readonly id: number;
  readonly rows = new Map<number, MsgpackValue>();

  constructor(index: Plain) {
    this.id = this.small.space('t', {}, { pk: {}, special: index });
  }

  replace([id, value]: Row): void {
    this.small.replace(this.id, [id, value]);
    this.rows.set(id, value);
  }

  delete(id: number): void {
    this.small.delete(this.id, [id]);
    this.rows.delete(id);
  }

  /** Ids that a search gives, in its order. */
  search(iterator: number, key: MsgpackValue[]): number[] {
    return this.small.select(this.id, iterator, key, 1).map((tuple) => {
      const [id] = Array.isArray(tuple) ? tuple : [];
      return Number(id);
    });
  }

  scan(test: (value: MsgpackValue) => boolean): number[] {
    return [...this.rows].filter(([, value]) => test(value)).map(([id]) => id);
  }
}

function sorted(ids: readonly number[]): number[] {
  return ids.toSorted((a, b) => a - b);
}

function changesOf(value: fc.Arbitrary<MsgpackValue>): fc.Arbitrary<(Row | number)[]> {
  const id = fc.nat(40);
  const put = fc.tuple(id, value).map((row): Row => row);
  return fc.array(fc.oneof({ weight: 3, arbitrary: put }, { weight: 1, arbitrary: id }), {
    maxLength: 200,
    size: 'max',
  });
}

function play(pair: Pair, changes: readonly (Row | number)[]): void {
  for (const change of changes) {
    if (typeof change === 'number') pair.delete(change);
    else pair.replace(change);
  }
}

describe('bit sets', () => {
  test('find numbers by their bits', () => {
    const bits = fc.oneof(fc.nat(255), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    fc.assert(
      fc.property(
        changesOf(bits),
        fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 20 }),
        (changes, masks) => {
          const pair = new Pair({ type: 'bitset', unique: false, parts: [2, 'unsigned'] });
          play(pair, changes);
          for (const mask of masks) {
            const find = (test: (bits: bigint) => boolean): number[] =>
              // The cast is right: only numbers were put in.
              pair.scan((value) => test(BigInt(value as number | bigint) & BigInt(mask)));
            expect(sorted(pair.search(IteratorType.BITS_ALL_SET, [mask]))).toEqual(
              sorted(find((found) => found === BigInt(mask))),
            );
            expect(sorted(pair.search(IteratorType.BITS_ANY_SET, [mask]))).toEqual(
              sorted(find((found) => found !== 0n)),
            );
            expect(sorted(pair.search(IteratorType.BITS_ALL_NOT_SET, [mask]))).toEqual(
              sorted(find((found) => found === 0n)),
            );
          }
        },
      ),
      { numRuns: 40, seed: 21 },
    );
  });
});

describe('rectangles', () => {
  type Box = readonly [number, number, number, number];
  const side = fc.integer({ min: -20, max: 20 });
  const box = fc
    .tuple(side, side, fc.nat(6), fc.nat(6))
    .map(([x, y, width, height]): MsgpackValue => [x, y, x + width, y + height]);
  const asBox = (value: MsgpackValue): Box => {
    const [a = 0, b = 0, c = 0, d = 0] = (Array.isArray(value) ? value : []).map(Number);
    return [a, b, c, d];
  };
  const tests: Readonly<Record<string, (found: Box, query: Box) => boolean>> = {
    EQ: (f, q) => f.every((at, index) => at === q[index]),
    GE: (f, q) => f[0] <= q[0] && f[1] <= q[1] && f[2] >= q[2] && f[3] >= q[3],
    GT: (f, q) => f[0] < q[0] && f[1] < q[1] && f[2] > q[2] && f[3] > q[3],
    LE: (f, q) => f[0] >= q[0] && f[1] >= q[1] && f[2] <= q[2] && f[3] <= q[3],
    LT: (f, q) => f[0] > q[0] && f[1] > q[1] && f[2] < q[2] && f[3] < q[3],
    OVERLAPS: (f, q) => f[0] <= q[2] && f[2] >= q[0] && f[1] <= q[3] && f[3] >= q[1],
  };
  const types: Readonly<Record<string, number>> = IteratorType;

  test('are found by how they lie, and by how near they are', () => {
    fc.assert(
      fc.property(changesOf(box), fc.array(box, { maxLength: 15 }), (changes, queries) => {
        const pair = new Pair({ type: 'rtree', parts: [2, 'array'] });
        play(pair, changes);
        for (const query of queries) {
          for (const [name, test] of Object.entries(tests)) {
            expect(sorted(pair.search(types[name] ?? -1, [query]))).toEqual(
              sorted(pair.scan((value) => test(asBox(value), asBox(query)))),
            );
          }
          const [x, y] = asBox(query);
          const distance = (id: number): number => {
            const [left, top, right, bottom] = asBox(pair.rows.get(id) ?? null);
            const gap = (low: number, at: number, high: number): number =>
              Math.max(low - at, at - high, 0);
            return gap(left, x, right) ** 2 + gap(top, y, bottom) ** 2;
          };
          const nearest = pair.search(IteratorType.NEIGHBOR, [[x, y]]);
          expect(sorted(nearest)).toEqual(sorted([...pair.rows.keys()]));
          const distances = nearest.map(distance);
          expect(distances).toEqual(distances.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 40, seed: 22 },
    );
  });
});

describe('many keys of one tuple', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 5 });
  const entriesOf = (pair: Pair): [string, number][] =>
    [...pair.rows].flatMap(([id, value]) =>
      [...new Set(Array.isArray(value) ? value.map(String) : [])].map((word): [string, number] => [
        word,
        id,
      ]),
    );

  test('each word of a tuple leads to it once', () => {
    fc.assert(
      fc.property(changesOf(words), (changes) => {
        const part = { field: 2, type: 'string', path: '[*]' };
        const pair = new Pair({ unique: false, parts: [part] });
        play(pair, changes);
        const entries = entriesOf(pair).toSorted(
          ([a, idA], [b, idB]) => (a < b ? -1 : a > b ? 1 : 0) || idA - idB,
        );
        expect(pair.search(IteratorType.ALL, [])).toEqual(entries.map(([, id]) => id));
        for (const word of ['a', 'd', 'g']) {
          expect(pair.search(IteratorType.EQ, [word])).toEqual(
            entries.filter(([found]) => found === word).map(([, id]) => id),
          );
          expect(pair.search(IteratorType.LT, [word])).toEqual(
            entries
              .filter(([found]) => found < word)
              .map(([, id]) => id)
              .reverse(),
          );
        }
      }),
      { numRuns: 60, seed: 23 },
    );
  });

  test('a word that another tuple has is refused by a unique index, and nothing of the tuple stays', () => {
    fc.assert(
      fc.property(changesOf(words), (changes) => {
        const part = { field: 2, type: 'string', path: '[*]' };
        const pair = new Pair({ parts: [part] });
        for (const change of changes) {
          if (typeof change === 'number') {
            pair.delete(change);
            continue;
          }
          const [id, value] = change;
          const taken = new Set(
            entriesOf(pair)
              .filter(([, other]) => other !== id)
              .map(([word]) => word),
          );
          const isFree = (Array.isArray(value) ? value : []).every(
            (word) => !taken.has(String(word)),
          );
          if (isFree) pair.replace(change);
          else expect(() => pair.small.replace(pair.id, [id, value])).toThrow(ClientError);
        }
        const entries = entriesOf(pair).toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(pair.search(IteratorType.ALL, [])).toEqual(entries.map(([, id]) => id));
      }),
      { numRuns: 60, seed: 24 },
    );
  });
});

describe('words by collation', () => {
  /** Words that `unicode_ci` takes for one, in its order. */
  const classes = [
    ['a', 'A', 'ä', 'Á'],
    ['ab', 'AB', 'Äb'],
    ['b', 'B'],
    ['o', 'Ö'],
    ['z', 'Z'],
  ];
  const rankOf = (word: MsgpackValue): number =>
    classes.findIndex((words) => words.includes(String(word)));
  const word = fc.constantFrom(...classes.flat());

  test('are found and ordered by what they are to it, and by the primary key where that is one', () => {
    fc.assert(
      fc.property(changesOf(word), (changes) => {
        const part = { field: 2, type: 'string', collation: 'unicode_ci' };
        const pair = new Pair({ unique: false, parts: [part] });
        play(pair, changes);
        const entries = [...pair.rows].toSorted(([a, x], [b, y]) => rankOf(x) - rankOf(y) || a - b);
        const ids = (test: (rank: number) => boolean): number[] =>
          entries.filter(([, value]) => test(rankOf(value))).map(([id]) => id);
        expect(pair.search(IteratorType.ALL, [])).toEqual(ids(() => true));
        for (const [rank, [, other = 'b']] of classes.entries()) {
          expect(pair.search(IteratorType.EQ, [other])).toEqual(ids((found) => found === rank));
          expect(pair.search(IteratorType.REQ, [other])).toEqual(
            ids((found) => found === rank).reverse(),
          );
          expect(pair.search(IteratorType.GT, [other])).toEqual(ids((found) => found > rank));
          expect(pair.search(IteratorType.LE, [other])).toEqual(
            ids((found) => found <= rank).reverse(),
          );
        }
      }),
      { numRuns: 40, seed: 25 },
    );
  });

  test('exclude each other in a unique index, of a tree and of a hash', () => {
    fc.assert(
      fc.property(changesOf(word), fc.constantFrom('tree', 'hash'), (changes, type) => {
        const pair = new Pair({
          type,
          parts: [{ field: 2, type: 'string', collation: 'unicode_ci' }],
        });
        for (const change of changes) {
          if (typeof change === 'number') {
            pair.delete(change);
            continue;
          }
          const [id, value] = change;
          const isTaken = [...pair.rows].some(
            ([other, taken]) => other !== id && rankOf(taken) === rankOf(value),
          );
          if (!isTaken) pair.replace(change);
          else expect(() => pair.small.replace(pair.id, [id, value])).toThrow(ClientError);
        }
        expect(sorted(pair.search(IteratorType.ALL, []))).toEqual(sorted([...pair.rows.keys()]));
      }),
      { numRuns: 40, seed: 26 },
    );
  });
});

describe('the results of a function', () => {
  test('lead to the tuples that they were made of', () => {
    const rest = (value: MsgpackValue): number => Number(value) % 5;
    fc.assert(
      fc.property(changesOf(fc.nat(60)), (changes) => {
        const pair = new Pair({ unique: false, parts: [2, 'unsigned'] });
        const { small, id } = pair;
        small.box.hooks.compileFunction = (_name, text) => text;
        small.box.hooks.evaluateFunction = (_compiled, tuple) => {
          const [, value = 0] = plainTuple(decode(tuple.bytes()));
          return encode([[rest(value)]]);
        };
        const func = { body: 'function(t) end', is_deterministic: true, is_sandboxed: true };
        small.box.ddl.createFunction('rest', plain(func));
        const options = { func: 'rest', unique: false, parts: [1, 'unsigned'] };
        small.box.ddl.createIndex(id, 'by-rest', plain(options));
        play(pair, changes);
        const entries = [...pair.rows].toSorted(([a, x], [b, y]) => rest(x) - rest(y) || a - b);
        const found = (iterator: number, key: MsgpackValue[]): number[] =>
          small.select(id, iterator, key, 2).map((tuple) => Number(plainTuple(tuple)[0]));
        const ids = (test: (result: number) => boolean): number[] =>
          entries.filter(([, value]) => test(rest(value))).map(([one]) => one);
        expect(found(IteratorType.ALL, [])).toEqual(ids(() => true));
        for (let result = 0; result < 5; result++) {
          expect(found(IteratorType.EQ, [result])).toEqual(ids((one) => one === result));
          expect(found(IteratorType.LT, [result])).toEqual(ids((one) => one < result).reverse());
        }
      }),
      { numRuns: 40, seed: 27 },
    );
  });

  function plainTuple(tuple: MsgpackValue): readonly MsgpackValue[] {
    return Array.isArray(tuple) ? tuple : [];
  }
});
