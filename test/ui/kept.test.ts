/** Small things outlive a reload where there is storage; where it is refused or full, the page still knows the newest. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forget, keep, kept } from '../../src/ui/machine/kept.ts';

const stored = new Map<string, string>();
let isFull = false;

beforeEach(() => {
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
      stored.set(key, text);
    },
    removeItem: (key: string) => stored.delete(key),
  };
  // `Object.keys(localStorage)` lists the keys in a browser.
  vi.stubGlobal('localStorage', new Proxy(storage, { ownKeys: () => [...stored.keys()] }));
});

afterEach(() => {
  vi.unstubAllGlobals();
  stored.clear();
  isFull = false;
});

test('what the storage has no room for is not answered with what it held before', () => {
  keep('layout', 'old');
  isFull = true;
  keep('layout', 'new');
  expect(kept('layout')).toBe('new');
  isFull = false;
  keep('layout', 'newest');
  expect(JSON.parse(stored.get('bee/layout') ?? '')).toBe('newest');
  expect(kept('layout')).toBe('newest');
});

test('what was forgotten is gone, also what the storage never took', () => {
  isFull = true;
  keep('progress/a', 1);
  expect(kept('progress/a')).toBe(1);
  forget('progress/');
  expect(kept('progress/a')).toBeUndefined();
});
