import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type XlogPart, XlogParts } from '../../src/worker/xlog-parts.ts';

const folder = 'test/fixtures/real/orderly';
const snapshot = readFileSync(`${folder}/00000000000000000000.snap`);
const log = readFileSync(`${folder}/00000000000000000000.xlog`);
const killed = readFileSync('test/fixtures/real/killed/00000000000000000000.xlog');

function all(parts: XlogParts): XlogPart[] {
  return parts.parts(0, parts.summary.parts);
}

/** Bytes that no part names, and bytes that two parts name, packed blocks apart. */
function gaps(bytes: Uint8Array, parts: readonly XlogPart[]): number[] {
  const covered = new Uint8Array(bytes.length);
  for (const part of parts) {
    const from = part.kind === 'row' && part.isFirst ? part.block.offset : part.offset;
    covered.fill(1, from, part.offset + part.length);
  }
  return [...covered.keys()].filter((at) => covered[at] === 0);
}

describe("the parts of a real server's files", () => {
  test('header, rows and end marker cover every byte', () => {
    for (const bytes of [snapshot, log, killed]) {
      const parts = all(new XlogParts(bytes, 'x'));
      expect(parts[0]?.kind).toBe('header');
      expect(gaps(bytes, parts)).toEqual([]);
    }
  });

  test('a file that was closed in order says so, one of a killed server does not', () => {
    expect(new XlogParts(log, 'x').summary).toMatchObject({ isClosed: true, damages: [] });
    expect(new XlogParts(killed, 'x').summary).toMatchObject({ isClosed: false, damages: [] });
  });

  test('a space has its name from the row that made it, and from other files', () => {
    const parts = new XlogParts(log, 'x');
    expect(parts.spaces.size).toBeGreaterThan(0);
    const own = [...parts.spaces.keys()].filter((id) => id >= 512);
    expect(own.length).toBeGreaterThan(0);
    const named = all(new XlogParts(log, 'x', new XlogParts(snapshot, 'x').spaces));
    const inserts = named.filter(
      (part) => part.kind === 'row' && part.space.startsWith('_space ('),
    );
    expect(inserts.length).toBeGreaterThan(0);
  });

  test('each byte leads back to its part', () => {
    const parts = new XlogParts(killed, 'x');
    for (const [at, part] of all(parts).entries()) {
      expect(parts.find(part.offset)).toBe(at);
      expect(parts.find(part.offset + part.length - 1)).toBe(at);
    }
  });

  test("a row's bytes are those of its tuple", () => {
    const parts = new XlogParts(killed, 'x');
    const row = all(parts).find(
      (part) => part.kind === 'row' && !part.block.isPacked && part.body.startsWith('['),
    );
    expect(row?.kind).toBe('row');
    if (row?.kind !== 'row') return;
    // A body is a map of two: the space and the tuple.
    expect(killed[row.bodyOffset]).toBe(0x82);
    expect(killed[row.bodyOffset + 1]).toBe(0x10);
  });
});

test('a damaged byte spoils its block alone, and both checksums are named', () => {
  const parts = all(new XlogParts(killed, 'x'));
  const rows = parts.filter((part) => part.kind === 'row');
  const hit = rows[1];
  if (hit?.kind !== 'row') throw new Error('the fixture has no second row');
  const bytes = new Uint8Array(killed);
  const at = hit.bodyOffset;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  const damaged = new XlogParts(bytes, 'x');
  expect(damaged.summary.damages).toEqual([
    {
      offset: hit.block.offset,
      words: expect.stringMatching(
        /^tx checksum mismatch: [0-9a-f]{8} is written, the bytes give [0-9a-f]{8}$/,
      ),
    },
  ]);
  const lost = rows.filter((part) => part.kind === 'row' && part.block.offset === hit.block.offset);
  expect(damaged.summary.rows).toBe(rows.length - lost.length);
  expect(gaps(bytes, all(damaged))).toEqual([]);
});

test('a length that points behind the end is damage when blocks follow it, else a torn block', () => {
  const parts = all(new XlogParts(killed, 'x'));
  const blocks = parts.flatMap((part) => (part.kind === 'row' && part.isFirst ? [part.block] : []));
  const [first] = blocks;
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) throw new Error('the fixture has no blocks');
  const bytes = new Uint8Array(killed);
  // The msgpack number behind the four bytes of the magic: a fixint becomes a larger one.
  bytes.set([0xce, 0x00, 0xff, 0xff, 0xff], first.offset + 4);
  const broken = new XlogParts(bytes, 'x');
  expect(broken.summary.damages[0]?.offset).toBe(first.offset);
  expect(broken.summary.rows).toBeGreaterThan(0);
  const torn = all(new XlogParts(killed.subarray(0, last.offset + last.length - 2), 'x'));
  expect(torn.at(-1)).toMatchObject({ kind: 'torn', offset: last.offset });
});

test('what is no log file is refused with the reason', () => {
  const text = new TextEncoder().encode('print(1)\n\nreturn 2');
  expect(() => new XlogParts(text, 'init.lua')).toThrow(/init\.lua/);
});
