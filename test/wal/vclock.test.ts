import { expect, test } from 'vitest';
import { AssertionError } from '../../src/bee/base/assert.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';

const clock = (entries: Record<number, number>) =>
  new Vclock(Object.entries(entries).map(([id, lsn]) => [Number(id), lsn] as const));

test('prints by id, leaves zeros out, sums to the signature', () => {
  expect(clock({}).toString()).toBe('{}');
  expect(clock({ 2: 2, 1: 10, 0: 3, 5: 0 }).toString()).toBe('{0: 3, 1: 10, 2: 2}');
  expect(clock({ 0: 3, 1: 10 }).signature).toBe(13);
});

test.each([
  ['{}', '{}'],
  ['{1: 10, 2: 2}', '{1: 10, 2: 2}'],
  ['  { 1 : 10 ,2:2 }  ', '{1: 10, 2: 2}'],
  ['{1: 0}', '{}'],
  ['{31: 9007199254740991}', '{31: 9007199254740991}'],
])('%s is read', (text, printed) => {
  expect(Vclock.parse(text).toString()).toBe(printed);
});

test.each([
  '',
  '{',
  '}',
  '{1}',
  '{1: }',
  '{1: 2',
  '{1: 2} x',
  '{32: 1}',
  '{-1: 1}',
  '{1: 2, 1: 3}',
])('%s is refused', (text) => {
  expect(Vclock.parse(text)).toHaveProperty('invalidAt');
});

test('compares by component', () => {
  const order = (left: Record<number, number>, right: Record<number, number>) =>
    clock(left).compare(clock(right));
  expect(order({ 1: 1 }, { 1: 1 })).toBe(0);
  expect(order({ 1: 1 }, { 1: 1, 2: 1 })).toBe(-1);
  expect(order({ 1: 2, 2: 1 }, { 1: 1, 2: 1 })).toBe(1);
  expect(order({ 1: 2 }, { 2: 1 })).toBeUndefined();
  expect(clock({ 0: 5, 1: 1 }).compare(clock({ 1: 1 }), 1)).toBe(0);
  expect(clock({ 1: 2 }).covers(clock({ 1: 2 }))).toBe(true);
  expect(clock({ 1: 2 }).covers(clock({ 2: 1 }))).toBe(false);
});

test('goes forward only, by follow', () => {
  const vclock = clock({ 1: 5 });
  vclock.follow(1, 6);
  expect(vclock.get(1)).toBe(6);
  expect(() => vclock.follow(1, 6)).toThrow(AssertionError);
  const copy = vclock.copy();
  copy.set(1, 1);
  expect(vclock.get(1)).toBe(6);
  copy.minIgnore0(clock({ 1: 4 }));
  expect(copy.toString()).toBe('{1: 1}');
});
