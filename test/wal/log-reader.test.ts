import { describe, expect, test } from 'vitest';
import { LogReader } from '../../src/bee/wal/log-reader.ts';
import type { LogWriter } from '../../src/bee/wal/log-writer.ts';
import { pathOf } from './node-files.ts';
import { clock, Entry, insertRow, localRow, remoteRow, World } from './world.ts';

/** Text that makes the tail forget: about a thousand such rows fill it. */
const long = 'x'.repeat(5000);

function started(state: Record<number, number> = {}, disk?: World['disk']) {
  const world = new World(disk);
  const writer = world.writer();
  world.run(() => writer.enable(clock(state)));
  return { world, writer };
}

function write(world: World, writer: LogWriter, from: number, to: number, text = ''): void {
  for (let id = from; id <= to; id++) writer.submit(new Entry([insertRow(id, text)]));
  world.settle();
}

/** LSNs of everything that can be read without waiting. */
function readAll(world: World, reader: LogReader): number[] {
  const lsns: number[] = [];
  for (;;) {
    const rows = world.run(() => reader.next(0));
    if (rows.length === 0) return lsns;
    lsns.push(...rows.map((row) => row.lsn));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const reads = (world: World) => world.disk.calls.filter((call) => call.startsWith('read')).length;

test('a reader that follows closely never touches the disk', () => {
  const { world, writer } = started();
  write(world, writer, 1, 5);
  const reader = new LogReader(world.env, writer, clock({ 1: 2 }), 'relay');
  const before = reads(world);
  expect(readAll(world, reader)).toEqual([3, 4, 5]);
  write(world, writer, 6, 7);
  expect(readAll(world, reader)).toEqual([6, 7]);
  expect(reads(world)).toBe(before);
  expect(reader.vclock.toString()).toBe('{1: 7}');
  expect(world.lines).toEqual(["I> recover from `./00000000000000000000.xlog'"]);
});

test('rows are handed out only after they were written, and a waiting reader wakes for them', () => {
  const { world, writer } = started();
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  const seen: number[] = [];
  world.start(function* () {
    for (;;) seen.push(...(yield* reader.next()).map((row) => row.lsn));
  });
  world.settle();
  writer.submit(new Entry([insertRow(1)]));
  writer.flush();
  world.env.scheduler.run(() => true);
  expect(seen).toEqual([]);
  world.settle();
  expect(seen).toEqual([1]);
  world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
  writer.submit(new Entry([insertRow('lost')]));
  world.settle();
  world.disk.fault = () => undefined;
  writer.submit(new Entry([insertRow(2)]));
  world.settle();
  expect(seen).toEqual([1, 2]);
});

test('without rows it gives up after the time that it was given', () => {
  const { world, writer } = started();
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  const began = world.now;
  expect(world.run(() => reader.next(1.5))).toEqual([]);
  expect(world.now).toBe(began + 1.5);
});

test('a reader from far back reads files, then goes over to the tail, without a gap or a repetition', () => {
  const { world, writer } = started();
  write(world, writer, 1, 1500, long);
  world.run(() => writer.rotate());
  write(world, writer, 1501, 3000, long);
  const reader = new LogReader(world.env, writer, clock({ 1: 10 }), 'relay');
  expect(readAll(world, reader)).toEqual(range(11, 3000));
  expect(world.lines).toEqual([
    "I> recover from `./00000000000000000000.xlog'",
    "I> done `./00000000000000000000.xlog'",
    "I> recover from `./00000000000000001500.xlog'",
  ]);
  const before = reads(world);
  write(world, writer, 3001, 3003);
  expect(readAll(world, reader)).toEqual([3001, 3002, 3003]);
  expect(reads(world)).toBe(before);
});

test('a reader that fell behind the tail goes back to the files', () => {
  const { world, writer } = started();
  write(world, writer, 1, 3);
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  expect(readAll(world, reader)).toEqual([1, 2, 3]);
  write(world, writer, 4, 2000, long);
  world.run(() => writer.rotate());
  write(world, writer, 2001, 4000, long);
  expect(readAll(world, reader)).toEqual(range(4, 4000));
});

test('bytes that are on their way to the file are not read from it', () => {
  const { world, writer } = started();
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  // Rows too large for the tail: they are in the file only.
  write(world, writer, 1, 2, 'x'.repeat(5_000_000));
  expect(writer.tail.end - writer.tail.start).toBe(0);
  world.disk.isEager = true;
  world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
  writer.submit(new Entry([insertRow('never written')]));
  writer.flush();
  // The append's report is held back while the reader reads the file to its end.
  const report = world.disk.pending.shift();
  expect(world.run(() => reader.next(0)).map((row) => row.lsn)).toEqual([1]);
  expect(readAll(world, reader)).toEqual([2]);
  report?.();
  world.disk.fault = () => undefined;
  write(world, writer, 3, 3);
  expect(readAll(world, reader)).toEqual([3]);
});

test('a reader keeps up with a writer that writes while it reads files', () => {
  const { world, writer } = started();
  write(world, writer, 1, 2000, long);
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  const seen: number[] = [];
  world.start(function* () {
    for (;;) seen.push(...(yield* reader.next()).map((row) => row.lsn));
  });
  let next = 2001;
  while (next < 6000) {
    for (let count = 0; count < 40; count++) {
      writer.submit(new Entry([insertRow(next++, long)]));
    }
    if (next % 1000 === 1) {
      world.start(function* () {
        yield* writer.rotate();
      });
    }
    for (let turns = 0; turns < 5; turns++) world.turn(false);
  }
  world.settle();
  expect(seen).toEqual(range(1, next - 1));
});

test('the files of an earlier run are read first, also one that was not closed', () => {
  const first = started();
  write(first.world, first.writer, 1, 5);
  const { world, writer } = started({ 1: 5 }, first.world.disk.copy());
  world.lines.length = 0;
  write(world, writer, 6, 7);
  const reader = new LogReader(world.env, writer, clock({ 1: 1 }), 'relay');
  expect(readAll(world, reader)).toEqual([2, 3, 4, 5, 6, 7]);
  expect(world.lines).toEqual([
    "I> recover from `./00000000000000000000.xlog'",
    "W> file `./00000000000000000000.xlog` wasn't correctly closed",
    "I> recover from `./00000000000000000005.xlog'",
  ]);
});

test('transactions come whole', () => {
  const { world, writer } = started();
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  for (let id = 0; id < 400; id++) {
    writer.submit(new Entry([1, 2, 3, 4, 5, 6, 7].map((field) => insertRow(id, field))));
  }
  world.settle();
  let batches = 0;
  for (;;) {
    const rows = world.run(() => reader.next(0));
    if (rows.length === 0) break;
    batches++;
    expect(rows.at(-1)?.isCommit).toBe(true);
  }
  expect(batches).toBeGreaterThan(1);
});

test('rows of other servers come in the order of the log', () => {
  const { world, writer } = started();
  writer.submit(new Entry([insertRow(1)]));
  writer.submit(new Entry([remoteRow(2, 1, 'other')]));
  writer.submit(new Entry([localRow(1)]));
  world.settle();
  const reader = new LogReader(world.env, writer, clock({ 1: 1 }), 'relay');
  const rows = world.run(() => reader.next(0));
  // The local row was written before the reader began: it is nobody else's.
  expect(rows.map((row) => [row.replicaId, row.lsn])).toEqual([[2, 1]]);
});

test('local rows in file names do not make a gap', () => {
  const first = started();
  first.writer.submit(new Entry([localRow(1)]));
  first.world.settle();
  first.world.run(() => first.writer.rotate());
  write(first.world, first.writer, 1, 3);
  const reader = new LogReader(first.world.env, first.writer, clock({ 1: 1 }), 'relay');
  expect(readAll(first.world, reader)).toEqual([2, 3]);
});

test('somebody ahead of the log waits', () => {
  const { world, writer } = started();
  write(world, writer, 1, 3);
  const reader = new LogReader(world.env, writer, clock({ 1: 10 }), 'relay');
  expect(readAll(world, reader)).toEqual([]);
});

describe('what is gone', () => {
  const gap = 'Missing .xlog file between LSN 1 {1: 1} and 5 {1: 5}';

  test('before the first file is an error', () => {
    const first = started();
    write(first.world, first.writer, 1, 5);
    first.world.run(() => first.writer.rotate());
    write(first.world, first.writer, 6, 7);
    const { world, writer } = started({ 1: 7 }, first.world.disk.copy());
    const oldest = writer.directory.first;
    if (oldest !== undefined) world.run(() => writer.directory.remove(oldest, 'wal'));
    const reader = new LogReader(world.env, writer, clock({ 1: 1 }), 'relay');
    expect(() => world.run(() => reader.next())).toThrow(gap);
  });

  test('between two files is an error, after the rows before it', () => {
    const first = started();
    for (const [from, to] of [
      [1, 5],
      [6, 9],
      [10, 12],
    ] as const) {
      write(first.world, first.writer, from, to);
      first.world.run(() => first.writer.rotate());
    }
    const disk = first.world.disk.copy();
    disk.files.delete(pathOf('5.xlog'));
    const { world, writer } = started({ 1: 12 }, disk);
    const reader = new LogReader(world.env, writer, clock({ 1: 1 }), 'relay');
    expect(world.run(() => reader.next()).map((row) => row.lsn)).toEqual([2, 3, 4, 5]);
    expect(() => world.run(() => reader.next())).toThrow(
      'Missing .xlog file between LSN 5 {1: 5} and 9 {1: 9}',
    );
  });

  test('all files', () => {
    const { world, writer } = started({ 1: 12 });
    const reader = new LogReader(world.env, writer, clock({ 1: 1 }), 'relay');
    expect(() => world.run(() => reader.next())).toThrow(
      'Missing .xlog file between LSN 1 {1: 1} and 12 {1: 12}',
    );
  });

  test('a row that a crash took from the end of a file is no gap', () => {
    const first = started();
    write(first.world, first.writer, 1, 5);
    first.world.run(() => first.writer.rotate());
    write(first.world, first.writer, 6, 7);
    const disk = first.world.disk.copy();
    const path = pathOf('0.xlog');
    disk.write(path, disk.read(path).slice(0, -20));
    const { world, writer } = started({ 1: 7 }, disk);
    const reader = new LogReader(world.env, writer, clock({}), 'relay');
    expect(readAll(world, reader).at(-1)).toBe(7);
  });
});

test('a reader that is open makes the writer keep more', () => {
  const { world, writer } = started();
  write(world, writer, 1, 400, long);
  expect(writer.tail.end - writer.tail.start).toBeLessThan(100);
  const reader = new LogReader(world.env, writer, clock({ 1: 400 }), 'relay');
  write(world, writer, 401, 800, long);
  expect(writer.tail.end - writer.tail.start).toBeGreaterThanOrEqual(400);
  world.run(() => reader.close());
  write(world, writer, 801, 801);
  expect(writer.tail.end - writer.tail.start).toBeLessThan(100);
});

test('a closed reader hands out nothing more', () => {
  const { world, writer } = started();
  write(world, writer, 1, 3);
  const reader = new LogReader(world.env, writer, clock({}), 'relay');
  world.run(() => reader.close());
  expect(world.run(() => reader.next())).toEqual([]);
});
