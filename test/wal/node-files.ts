import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { clock, directory, Entry, insertRow, World } from './world.ts';

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
