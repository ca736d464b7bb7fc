// A tree index is only as right as its tree: every operation is compared with the same operation on a sorted array.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BTree, type Order, type Probe } from '../../src/bee/base/b-tree.ts';

interface Entry {
  readonly key: number;
  readonly id: number;
}

// Hints are coarse on purpose, so that the comparator decides often.
const order: Order<Entry> = {
  compare: (a, b) => a.key - b.key,
  hint: (entry) => Math.floor(entry.key / 4),
};

function probeOf(key: number): Probe<Entry> {
  return { hint: Math.floor(key / 4), compare: (entry) => entry.key - key };
}

/** A probe that stands for ten keys at once, as a partial key does. */
function decadeOf(decade: number): Probe<Entry> {
  return { hint: 0, compare: (entry) => Math.floor(entry.key / 10) - decade };
}

const flat: Order<Entry> = { compare: order.compare, hint: () => 0 };

type Step = readonly ['insert' | 'delete', number];

function arbitrarySteps(keyMax: number): fc.Arbitrary<Step[]> {
  const step = fc.tuple(
    fc.constantFrom('insert' as const, 'insert' as const, 'delete' as const),
    fc.integer({ min: 0, max: keyMax }),
  );
  return fc.array(step, { minLength: 1, maxLength: 1200, size: 'max' });
}

function apply(tree: BTree<Entry>, model: Map<number, Entry>, [kind, key]: Step, id: number): void {
  const entry = { key, id };
  if (kind === 'insert') {
    expect(tree.insert(entry)).toBe(model.get(key));
    model.set(key, entry);
  } else {
    expect(tree.delete(entry)).toBe(model.get(key));
    model.delete(key);
  }
}

function sorted(model: Map<number, Entry>): Entry[] {
  return [...model.values()].sort((a, b) => a.key - b.key);
}

describe('the tree against a sorted array', () => {
  it('holds the same entries in the same order after any inserts and deletes', () => {
    fc.assert(
      fc.property(arbitrarySteps(500), (steps) => {
        const tree = new BTree<Entry>(order);
        const model = new Map<number, Entry>();
        for (const [id, step] of steps.entries()) apply(tree, model, step, id);
        expect(tree.toArray()).toEqual(sorted(model));
        expect(tree.size).toBe(model.size);
        for (let key = 0; key <= 500; key += 7) {
          expect(tree.find(probeOf(key))).toBe(model.get(key));
        }
      }),
      { seed: 20201, numRuns: 60 },
    );
  });

  it('shrinks to nothing and grows again, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...Array(3000).keys()], { minLength: 3000 }),
        fc.shuffledSubarray([...Array(3000).keys()], { minLength: 3000 }),
        (inserts, deletes) => {
          const tree = new BTree<Entry>(order);
          for (let round = 0; round < 2; round++) {
            for (const key of inserts) tree.insert({ key, id: round });
            expect(tree.toArray().map((entry) => entry.key)).toEqual([...Array(3000).keys()]);
            for (const [count, key] of deletes.entries()) {
              expect(tree.delete({ key, id: 0 })?.key).toBe(key);
              if (count % 500 === 0) expect(tree.toArray().length).toBe(tree.size);
            }
            expect(tree.toArray()).toEqual([]);
            expect(tree.nodes).toBe(1);
          }
        },
      ),
      { seed: 20202, numRuns: 4 },
    );
  });

  it('fills its leaves when keys come in ascending order', () => {
    const tree = new BTree<Entry>(order);
    for (let key = 0; key < 64 * 100; key++) tree.insert({ key, id: 0 });
    // 100 full leaves, and 4 inner nodes at most above them.
    expect(tree.nodes).toBeLessThan(106);
  });

  it('finds the bounds of a key that stands for a range', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 2000 }), { maxLength: 400 }),
        fc.integer({ min: -1, max: 201 }),
        (keys, decade) => {
          const tree = new BTree<Entry>(flat);
          const all = [...keys].sort((a, b) => a - b);
          tree.build(all.map((key) => ({ key, id: 0 })));
          const probe = decadeOf(decade);
          const inside = all.filter((key) => Math.floor(key / 10) === decade);
          const above = all.filter((key) => Math.floor(key / 10) > decade);
          const below = all.filter((key) => Math.floor(key / 10) < decade);
          expect(tree.lowerBound(probe).entry?.key).toBe(inside[0] ?? above[0]);
          expect(tree.upperBound(probe).entry?.key).toBe(above[0]);
          expect(tree.before(probe).entry?.key).toBe(below.at(-1));
          expect(tree.beforeUpper(probe).entry?.key).toBe(inside.at(-1) ?? below.at(-1));
          expect(tree.find(probe)?.key).toBe(inside[0]);
        },
      ),
      { seed: 20203, numRuns: 200 },
    );
  });
});

describe('cursors while the tree changes under them', () => {
  it('give each entry that stays exactly once and in order, in both directions', () => {
    fc.assert(
      fc.property(arbitrarySteps(400), fc.boolean(), (steps, forward) => {
        const tree = new BTree<Entry>(order);
        const model = new Map<number, Entry>();
        for (let key = 0; key <= 400; key += 2) apply(tree, model, ['insert', key], -1);
        const stays = new Set(model.keys());
        const cursor = forward ? tree.first() : tree.last();
        const seen: number[] = [];
        let id = 0;
        for (let entry = cursor.entry; entry !== undefined; ) {
          seen.push(entry.key);
          for (const step of steps.splice(0, 6)) {
            apply(tree, model, step, id++);
            stays.delete(step[1]);
          }
          entry = forward ? cursor.moveNext() : cursor.movePrevious();
        }
        const expected = [...seen].sort((a, b) => (forward ? a - b : b - a));
        expect(seen).toEqual(expected);
        expect(new Set(seen).size).toBe(seen.length);
        for (const key of stays) expect(seen).toContain(key);
      }),
      { seed: 20204, numRuns: 100 },
    );
  });

  it('stay at the end once they have reached it', () => {
    const tree = new BTree<Entry>(order);
    tree.insert({ key: 1, id: 0 });
    const cursor = tree.first();
    expect(cursor.moveNext()).toBeUndefined();
    tree.insert({ key: 2, id: 0 });
    expect(cursor.moveNext()).toBeUndefined();
  });
});
