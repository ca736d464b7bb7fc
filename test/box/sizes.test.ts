/** `space:bsize()` counts the tuples that are there, whatever was tried in between. */
import { expect, test } from 'vitest';
import { SmallBox } from './small-box.ts';

function makeSpace(): {
  readonly small: SmallBox;
  readonly id: number;
  readonly size: () => number;
} {
  const small = new SmallBox();
  const id = small.space('t', undefined, {
    pk: {},
    name: { parts: [{ field: 2, type: 'string' }] },
  });
  return { small, id, size: () => small.box.schema.spaceByName('t')?.bsize ?? Number.NaN };
}

test('inserts, replaces and deletes are counted', () => {
  const { small, id, size } = makeSpace();
  expect(size()).toBe(0);
  small.insert(id, [1, 'a']);
  const one = size();
  expect(one).toBeGreaterThan(0);
  small.insert(id, [2, 'b'.repeat(100)]);
  expect(size()).toBeGreaterThan(one + 100);
  small.replace(id, [2, 'b']);
  expect(size()).toBe(2 * one);
  small.delete(id, [1]);
  small.delete(id, [2]);
  expect(size()).toBe(0);
});

test('a transaction that is taken back, a write that fails, a key that is taken: nothing is counted', () => {
  const { small, id, size } = makeSpace();
  small.insert(id, [1, 'a']);
  small.insert(id, [2, 'bb']);
  const before = size();
  small.box.begin();
  small.insert(id, [3, 'ccc']);
  small.replace(id, [2, 'longer than it was']);
  small.delete(id, [1]);
  small.box.rollback();
  expect(size()).toBe(before);
  expect(() => small.insert(id, [4, 'a'])).toThrow('Duplicate key');
  expect(size()).toBe(before);
  small.writesAtOnce = false;
  small.insert(id, [5, 'lost']);
  expect(size()).toBeGreaterThan(before);
  small.fail();
  expect(size()).toBe(before);
});
