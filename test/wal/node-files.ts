import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { WalError } from '../../src/bee/wal/wal-error.ts';
import { decode, encode } from '../../src/bee/wire/msgpack.ts';
import { decodeDml } from '../../src/bee/wire/requests.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { clock, directory, Entry, insertRow, type Recovered, World } from './world.ts';

/** The tuples of the snapshots in these tests. */
export const snapshotRows = [
  { spaceId: 272, groupId: 0, tuple: encode(['max_id', 511]) },
  { spaceId: 512, groupId: 0, tuple: encode([0, 'from the snapshot']) },
  { spaceId: 513, groupId: 1, tuple: encode(['local']) },
];

/** Files that a server leaves behind: an empty first snapshot, a log of `rows` inserts, one a turn, and an orderly end. */
export function nodeFiles(rows = 20): MemoryDisk {
  const world = new World();
  const writer = world.writer();
  world.run(function* () {
    yield* writeSnapshot(world.env, world.snapshots, clock({}), snapshotRows);
    yield* writer.enable(clock({}));
  });
  for (let id = 1; id <= rows; id++) {
    writer.submit(new Entry([insertRow(id, `row number ${id}`)]));
    world.settle();
  }
  world.run(() => writer.close());
  return world.disk;
}

/** The absolute path of a file of the node. */
export function pathOf(name: string): string {
  return `${directory}/${name.padStart(25, '0')}`;
}

/** Flips all bits of one byte. */
export function flip(disk: MemoryDisk, path: string, at: number): void {
  const bytes = disk.read(path).slice();
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  disk.write(path, bytes);
}

/** Leaves only the first bytes of a file. */
export function cut(disk: MemoryDisk, path: string, size: number): void {
  disk.write(path, disk.read(path).slice(0, size));
}

/** Changes the text of a file, byte for byte. */
export function edit(disk: MemoryDisk, path: string, from: string, to: string): void {
  const text = Buffer.from(disk.read(path)).toString('latin1');
  if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
  disk.write(path, new Uint8Array(Buffer.from(text.replace(from, to), 'latin1')));
}

/** First fields of the tuples of space 512 that were applied, in order. */
export function keys(recovered: Recovered): unknown[] {
  return recovered.rows.flatMap((row) => {
    const request = decodeDml(row.type, row.body);
    if (request.spaceId !== 512 || request.tuple === undefined) return [];
    const tuple = decode(request.tuple);
    return Array.isArray(tuple) ? [tuple[0]] : [];
  });
}

export function upTo(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, id) => id);
}

/** Recovers and expects an error: its text, and the log before it. */
export function refused(
  disk: MemoryDisk,
  forceRecovery = false,
): { error: WalError; lines: string[] } {
  const world = new World(disk);
  try {
    world.recover(forceRecovery);
  } catch (error) {
    if (error instanceof WalError) return { error, lines: world.lines };
    throw error;
  }
  throw new Error('recovery went through');
}

/** Where the block of the n-th row begins, from 0. */
export function blockAt(disk: MemoryDisk, row: number): number {
  const bytes = Buffer.from(disk.read(pathOf('0.xlog')));
  let at = -1;
  for (let index = 0; index <= row; index++) at = bytes.indexOf('d5ba0bab', at + 1, 'hex');
  return at;
}
