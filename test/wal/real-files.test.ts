// Files that the real server wrote are read, zstd blocks included, and what Bee writes of the same rows is the same bytes.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/bee/base/fiber.ts';
import { BlockBuilder } from '../../src/bee/wal/block-builder.ts';
import type { XlogCursor } from '../../src/bee/wal/xlog-cursor.ts';
import { formatHeader, zstdMagic } from '../../src/bee/wal/xlog-format.ts';
import { decode, MsgpackReader } from '../../src/bee/wire/msgpack.ts';
import { decodeDml } from '../../src/bee/wire/requests.ts';
import { decodeXRow, type XRow } from '../../src/bee/wire/xrow.ts';
import { toHex } from '../support/hex.ts';
import { MemoryDisk } from './memory-disk.ts';
import { clock, Entry, insertRow, World } from './world.ts';

const folder = new URL('../fixtures/real/', import.meta.url);
const names = {
  orderly: ['0.snap', '0.xlog', '22.snap', '22.xlog', '23.xlog'],
  killed: ['0.snap', '0.xlog'],
};

function fileName(name: string): string {
  return name.padStart(25, '0');
}

function bytesOf(node: keyof typeof names, name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${node}/${fileName(name)}`, folder)));
}

function diskOf(node: keyof typeof names, without: readonly string[] = []): MemoryDisk {
  const disk = new MemoryDisk();
  for (const name of names[node]) {
    if (!without.includes(name)) disk.write(`/n1/${fileName(name)}`, bytesOf(node, name));
  }
  return disk;
}

/** Tuples of the inserts and replaces into one space. */
function tuplesOf(rows: readonly XRow[], spaceId: number): unknown[] {
  return rows.flatMap((row) => {
    if (row.type > 3) return [];
    const request = decodeDml(row.type, row.body);
    return request.spaceId === spaceId && request.tuple !== undefined
      ? [decode(request.tuple)]
      : [];
  });
}

test('a real snapshot, one zstd block of 513 rows', () => {
  const world = new World(diskOf('orderly', ['22.snap', '22.xlog', '23.xlog']));
  const { rows, recovery } = world.recover();
  expect(rows.slice(0, 513).every((row) => row.lsn < 513 && row.type === 2)).toBe(true);
  expect(tuplesOf(rows.slice(0, 513), 272)).toContainEqual(['version', 2, 3, 1]);
  expect(tuplesOf(rows.slice(0, 513), 276)).toHaveLength(277);
  expect(recovery.vclock.toString()).toBe('{0: 5, 1: 17}');
});

test('a real log: every kind of row, local ones, several in a transaction, a zstd block', () => {
  const world = new World(diskOf('orderly', ['22.snap']));
  const { rows } = world.recover();
  const log = rows.slice(513);
  expect(log.map((row) => row.type)).toEqual([
    ...[4, 2, 2, 4, 2, 2], // the definitions of two spaces
    ...[2, 4, 5, 9], // insert, update, delete, upsert
    ...[2, 2, 2, 2, 2, 2, 12, 2, 2, 2, 2], // transactions, one of them ended by a NOP
    ...[3, 2],
  ]);
  expect(tuplesOf(log, 512)).toContainEqual([30, 'long text '.repeat(400)]);
  expect(tuplesOf(log, 512).at(-1)).toEqual([100, 'after']);
  expect(log.filter((row) => row.groupId === 1)).toHaveLength(5);
});

test('a real directory, from the newest snapshot', () => {
  const world = new World(diskOf('orderly'));
  const { rows, scan } = world.recover();
  expect(scan.instanceVclock.toString()).toBe('{0: 5, 1: 18}');
  expect(tuplesOf(rows, 512).map((tuple) => (Array.isArray(tuple) ? tuple[0] : tuple))).toEqual([
    1, 2, 10, 11, 12, 20, 21, 30, 100,
  ]);
  expect(world.lines.filter((line) => line.startsWith('W>'))).toEqual([]);
});

test('the directory of a server that was killed', () => {
  const world = new World(diskOf('killed'));
  const { rows } = world.recover();
  expect(tuplesOf(rows, 512).at(-1)).toEqual([5, 'row number 5']);
  expect(world.lines.filter((line) => line.startsWith('W>'))).toEqual([
    "W> file `./00000000000000000000.xlog` wasn't correctly closed",
  ]);
});

test('the log goes on behind real files', () => {
  const world = new World(diskOf('orderly'));
  const { recovery } = world.recover();
  const writer = world.writer();
  world.run(() => writer.enable(recovery.vclock));
  writer.submit(new Entry([insertRow(101, 'by Bee')]));
  world.run(() => writer.close());
  const again = new World(world.disk.copy());
  expect(tuplesOf(again.recover().rows, 512).at(-1)).toEqual([101, 'by Bee']);
  // The real server left an empty file at its end, which begins at this very state: it was appended to.
  expect(again.disk.names('/n1')).toContain(fileName('24.xlog'));
  expect(again.disk.names('/n1')).toHaveLength(6);
});

describe('what is decoded is encoded to the same bytes', () => {
  const files = Object.entries(names).flatMap(
    ([node, list]) => list.map((name) => [node as keyof typeof names, name] as const), // as: keys of this very object
  );
  test.each(files)('%s/%s', (node, name) => {
    const original = bytesOf(node, name);
    const world = new World(diskOf(node));
    const directory = name.endsWith('snap') ? world.snapshots : world.logs;
    directory.instanceUuid = '';
    const { meta, blocks } = world.run(() => readBlocks(directory.open(Number.parseInt(name, 10))));
    const header = formatHeader(
      name.endsWith('snap') ? 'SNAP' : 'XLOG',
      meta.instanceUuid,
      meta.vclock ?? clock({}),
      meta.previousVclock,
    );
    expect(header).toBe(Buffer.from(original.subarray(0, meta.size)).toString());
    for (const { payload, stored, offset } of blocks) {
      const rows = rowsOf(payload);
      const builder = new BlockBuilder();
      if (name.endsWith('snap')) {
        for (const row of rows) addToSnapshot(builder, row);
      } else {
        builder.add(rows);
      }
      const built = builder.take();
      expect(toHex(built.subarray(19))).toBe(toHex(payload));
      // Compressed blocks have another header; plain ones are equal to the last byte.
      if (!stored) expect(toHex(built)).toBe(toHex(original.slice(offset, offset + built.length)));
    }
    expect(blocks.length).toBeGreaterThanOrEqual(name === '23.xlog' ? 0 : 1);
  });
});

interface ReadBlock {
  readonly payload: Uint8Array;
  /** True when the file holds it compressed. */
  readonly stored: boolean;
  readonly offset: number;
}

function* readBlocks(
  opened: Task<XlogCursor>,
): Task<{ meta: XlogCursor['meta']; blocks: ReadBlock[] }> {
  const cursor = yield* opened;
  const blocks: ReadBlock[] = [];
  for (;;) {
    const offset = cursor.offset;
    const payload = yield* cursor.nextPayload();
    if (payload === undefined) break;
    const stored = cursor.offset - offset - 19 !== payload.length;
    blocks.push({ payload: payload.slice(), stored, offset });
  }
  yield* cursor.close();
  return { meta: cursor.meta, blocks };
}

function rowsOf(payload: Uint8Array): XRow[] {
  const reader = new MsgpackReader(payload);
  const rows: XRow[] = [];
  while (!reader.atEnd) rows.push(decodeXRow(reader));
  return rows;
}

function addToSnapshot(builder: BlockBuilder, row: XRow): void {
  const { spaceId, tuple } = decodeDml(row.type, row.body);
  builder.addTuple(row.lsn, row.timestamp, spaceId, row.groupId, tuple ?? new Uint8Array(0));
}

test('the fixtures hold what they are said to hold', () => {
  const magic = Buffer.from([zstdMagic >>> 24, 0xba, 0x0b, 0xba]);
  expect(Buffer.from(bytesOf('orderly', '0.xlog')).includes(magic)).toBe(true);
  expect(toHex(bytesOf('orderly', '0.xlog').slice(-4))).toBe('d510aded');
  expect(toHex(bytesOf('killed', '0.xlog').slice(-4))).not.toBe('d510aded');
});
