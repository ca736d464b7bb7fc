/**
 * What the log costs without a disk: encode, append to memory, read back. The engine's share of the
 * aims (100,000 rows written, snapshotted or recovered in under 1 s) must be what is left.
 */
import { ok } from '../../src/bee/base/result.ts';
import type { Done, OpenFile, OpenMode } from '../../src/bee/env/disk.ts';
import { LogReader } from '../../src/bee/wal/log-reader.ts';
import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { decodeDml, encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import { MemoryDisk } from '../wal/memory-disk.ts';
import { clock, World } from '../wal/world.ts';
import type { Report } from './report.ts';

export const host = 'node';

const rowCount = 100_000;
const rounds = 5;

/** The best of some rounds, in milliseconds: what the code costs, not what the machine's other work does. */
function best(run: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) least = Math.min(least, run());
  return least;
}

function time(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const quiet = { onWritten: () => {}, onFailed: () => {} };
const tuples = Array.from({ length: rowCount }, (_, id) =>
  encode([id, `row number ${id}`, id * 7]),
);
const snapshotRows = tuples.map((tuple) => ({ spaceId: 512, groupId: 0, tuple }));

/** A disk that takes everything and keeps nothing: what is measured is the log, not the fake. */
class Sink extends MemoryDisk {
  override open(_path: string, _mode: OpenMode, done: Done<OpenFile>): void {
    const file: OpenFile = {
      size: 0,
      append: (_bytes, _durability, written) => this.pending.push(() => written(ok(undefined))),
      read: (_offset, _length, read) => this.pending.push(() => read(ok(new Uint8Array(0)))),
      truncate: (_size, cut) => this.pending.push(() => cut(ok(undefined))),
      close: (closed) => this.pending.push(() => closed(ok(undefined))),
    };
    this.pending.push(() => done(ok(file)));
  }

  override rename(_from: string, _to: string, done: Done<void>): void {
    this.pending.push(() => done(ok(undefined)));
  }
}

function written(
  rowsATurn: number,
  disk = new MemoryDisk(),
): { world: World; milliseconds: number } {
  const world = new World(disk);
  const writer = world.writer();
  world.run(function* () {
    yield* writeSnapshot(world.env, world.snapshots, clock({}), []);
    yield* writer.enable(clock({}));
  });
  const milliseconds = time(() => {
    let inTurn = 0;
    for (const tuple of tuples) {
      writer.submit({ ...quiet, rows: [makeXRow(2, encodeDml({ spaceId: 512, tuple }))] });
      if (++inTurn < rowsATurn) continue;
      inTurn = 0;
      world.settle();
    }
    world.settle();
  });
  return { world, milliseconds };
}

export function run(report: Report): Promise<void> {
  for (const [name, value] of Object.entries(measure())) {
    report.measure({ name: `${name}, ${rowCount} rows`, value, unit: 'ms', aim: { atMost: 500 } });
  }
  return Promise.resolve();
}

function measure(): Record<string, number> {
  const files = written(1000).world.disk;
  return {
    'encode bodies': best(() =>
      time(() => {
        for (const tuple of tuples) encodeDml({ spaceId: 512, tuple });
      }),
    ),
    'submit and write, 1000 rows a turn': best(() => written(1000, new Sink()).milliseconds),
    'submit and write, all in one turn': best(() => written(rowCount, new Sink()).milliseconds),
    'write a snapshot': best(() => {
      const world = new World();
      return time(() =>
        world.run(() => writeSnapshot(world.env, world.snapshots, clock({}), snapshotRows)),
      );
    }),
    'recover the log (rows decoded, bodies too)': best(() => {
      const world = new World(files.copy());
      let count = 0;
      const recovery = world.recovery();
      const milliseconds = time(() =>
        world.run(function* () {
          yield* recovery.open();
          yield* recovery.scan();
          yield* recovery.recoverSnapshot(() => {});
          yield* recovery.recoverLogs((row) => {
            if (decodeDml(row.type, row.body).tuple !== undefined) count++;
          });
        }),
      );
      if (count !== rowCount) throw new Error(`${count} rows`);
      return milliseconds;
    }),
    'follow from the files (a relay far behind)': best(() => {
      const world = new World(files.copy());
      const writer = world.writer();
      world.run(() => writer.enable(clock({ 1: rowCount })));
      const reader = new LogReader(world.env, writer, clock({}), 'relay');
      let count = 0;
      const milliseconds = time(() => {
        for (;;) {
          const rows = world.run(() => reader.next(0));
          if (rows.length === 0) break;
          count += rows.length;
        }
      });
      if (count !== rowCount) throw new Error(`${count} rows`);
      return milliseconds;
    }),
  };
}
