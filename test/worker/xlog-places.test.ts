/** Where things stand in a file: each byte has its part, and a length that lies is told from a write that a crash cut. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type XlogPart, XlogParts } from '../../src/worker/xlog-parts.ts';

const folder = 'test/fixtures/real';
const files = ['orderly/00000000000000000022.snap', 'orderly/00000000000000000000.xlog'];

/** Where a part begins: a block's header belongs to its first row. */
function beginOf(part: XlogPart): number {
  return part.kind === 'row' && part.isFirst ? part.block.offset : part.offset;
}

test.each([...files, 'killed/00000000000000000000.xlog'])('each byte of %s', (name) => {
  const bytes = readFileSync(`${folder}/${name}`);
  const parts = new XlogParts(bytes, name);
  const all = parts.parts(0, parts.summary.parts);
  const expected = new Array<number>(bytes.length).fill(-1);
  // Rows of a packed block share its bytes, which lead to the first of them.
  for (const [at, part] of [...all.entries()].reverse()) {
    expected.fill(at, beginOf(part), part.offset + part.length);
  }
  expect(expected).not.toContain(-1);
  expect(Array.from(bytes, (_, offset) => parts.find(offset))).toEqual(expected);
});

test('a length beyond the end is damage where a block follows, and a torn write where nothing does', () => {
  const bytes = new Uint8Array(readFileSync(`${folder}/killed/00000000000000000000.xlog`));
  const whole = new XlogParts(bytes, 'x');
  const blocks = whole
    .parts(0, whole.summary.parts)
    .flatMap((part) => (part.kind === 'row' && part.isFirst ? [part.block] : []));
  expect(blocks.length).toBeGreaterThan(2);
  for (const [at, block] of blocks.entries()) {
    const lying = bytes.slice();
    const crc = new Uint8Array(4);
    new DataView(crc.buffer).setUint32(0, block.storedCrc);
    // A header that is right but for its length: 16 MB, no checksum before, its own checksum, padding.
    lying.set([0xce, 0x01, 0, 0, 0, 0, 0xce, ...crc, 0xa3, 0, 0, 0], block.offset + 4);
    const found = new XlogParts(lying, 'x');
    const last = found.parts(found.summary.parts - 1, 1)[0];
    if (at < blocks.length - 1) {
      const words = 'broken fixheader length';
      expect(found.summary.damages).toEqual([{ offset: block.offset, words }]);
      expect(found.summary.blocks).toBe(blocks.length - 1);
      expect(last?.kind).toBe('row');
    } else {
      expect(found.summary.damages).toEqual([]);
      expect(last).toEqual({ kind: 'torn', offset: block.offset, length: block.length });
    }
  }
});
