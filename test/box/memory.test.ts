// `memtx_memory` bounds what is stored, not what was ever written.
import { describe, expect, it } from 'vitest';
import { SmallBox } from './small-box.ts';

const memoryBytes = 100_000;

function small(): { readonly small: SmallBox; readonly space: number } {
  const small = new SmallBox();
  const space = small.space('s');
  small.box.limits.memoryBytes = memoryBytes;
  return { small, space };
}

describe('memtx_memory', () => {
  // Whether the estimate passes the bound or stops just before it depends on the size.
  it.each([1, 7, 20, 30, 60, 100])(
    'one tuple with %i bytes of text is replaced for ever',
    (length) => {
      const { small: one, space } = small();
      for (let version = 0; version < 10_000; version++) {
        one.replace(space, [1, version, 'x'.repeat(length)]);
      }
      expect(one.select(space)).toEqual([[1, 9999, 'x'.repeat(length)]]);
    },
  );

  it('is full when what is stored reaches it, and has room again after a delete', () => {
    const { small: full, space } = small();
    let stored = 0;
    const fill = (): void => {
      for (;;) {
        full.insert(space, [stored, 'x'.repeat(1000)]);
        stored++;
      }
    };
    const refusal = 'bytes in slab allocator for memtx_tuple';
    expect(fill).toThrow(refusal);
    expect(stored).toBeGreaterThan(50);
    expect(() => full.insert(space, [stored, 'x'.repeat(1000)])).toThrow(refusal);
    full.delete(space, [0]);
    full.insert(space, [stored, 'x'.repeat(1000)]);
    expect(() => full.insert(space, [stored + 1, 'x'.repeat(1000)])).toThrow(refusal);
  });
});
