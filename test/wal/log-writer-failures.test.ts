import { describe, expect, test } from 'vitest';
import { toHex } from '../support/hex.ts';
import { clock, directory, Entry, enabledLog, firstLog, insertRow, readLog } from './world.ts';

describe('failures', () => {
  test('everything unwritten is rolled back, the newest firstLog, and the numbers go back', () => {
    const { world, writer } = enabledLog();
    const events: string[] = [];
    const submit = (name: string) => writer.submit(new Entry([insertRow(name)], events, name));
    submit('kept');
    world.settle();
    const before = toHex(world.disk.read(firstLog));
    world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
    submit('a');
    submit('b');
    writer.flush();
    submit('c');
    world.settle();
    expect(events).toEqual(['written kept', 'failed c', 'failed b', 'failed a']);
    expect(writer.assignedVclock.toString()).toBe('{1: 1}');
    expect(toHex(world.disk.read(firstLog))).toBe(before);
    expect(world.lines).toEqual([
      "!> SystemError failed to write to './00000000000000000000.xlog' file: Input/output error",
    ]);
    world.disk.fault = () => undefined;
    submit('again');
    world.settle();
    expect(events.at(-1)).toBe('written again');
    expect(
      readLog(world)
        .blocks.flat()
        .map((row) => row.lsn),
    ).toEqual([1, 2]);
  });

  test.each(['open', 'append', 'rename'])(
    'a %s that fails while a file is made leaves none',
    (call) => {
      const { world, writer } = enabledLog();
      world.disk.fault = (made) => (made.startsWith(call) ? 'EIO' : undefined);
      const entry = new Entry([insertRow(1)]);
      writer.submit(entry);
      world.settle();
      expect(entry.outcome).toBe('failed');
      expect(world.disk.names(directory)).toEqual([]);
      world.disk.fault = () => undefined;
      const next = new Entry([insertRow(2)]);
      writer.submit(next);
      world.settle();
      expect(next.outcome).toBe('written');
      expect(
        readLog(world)
          .blocks.flat()
          .map((row) => row.lsn),
      ).toEqual([1]);
    },
  );

  test('a file that somebody put where the next one goes is not replaced', () => {
    const { world, writer } = enabledLog();
    world.disk.write(firstLog, new Uint8Array([1, 2, 3]));
    const entry = new Entry([insertRow(1)]);
    writer.submit(entry);
    world.settle();
    expect(entry.outcome).toBe('failed');
    expect(toHex(world.disk.read(firstLog))).toBe('010203');
    expect(world.lines).toEqual([
      "!> SystemError file './00000000000000000000.xlog' already exists: File exists",
    ]);
  });

  test('those who wait learn the outcome of what they waited for', () => {
    const { world, writer } = enabledLog();
    const outcomes: string[] = [];
    const wait = (name: string) =>
      world.start(function* () {
        const result = yield* writer.flushed();
        outcomes.push(`${name} ${result.ok ? 'written' : result.error.message}`);
      });
    writer.submit(new Entry([insertRow(1)]));
    wait('first');
    world.env.scheduler.run(() => true);
    writer.flush();
    writer.submit(new Entry([insertRow(2)]));
    wait('second');
    world.env.scheduler.run(() => true);
    world.until(() => writer.writtenVclock.get(1) === 1);
    world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
    world.settle();
    expect(outcomes).toEqual([
      'first written',
      "second failed to write to './00000000000000000000.xlog' file",
    ]);
    expect(world.run(() => writer.flushed()).ok).toBe(true);
  });

  test('a checkpoint that waits for a write that fails does not happen', () => {
    const { world, writer } = enabledLog();
    world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
    writer.submit(new Entry([insertRow(1)]));
    expect(world.run(() => writer.rotate()).ok).toBe(false);
  });

  test('an end marker that cannot be written is only logged', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    world.settle();
    world.disk.fault = (call) => (call.startsWith('append') ? 'ENOSPC' : undefined);
    expect(world.run(() => writer.rotate()).ok).toBe(true);
    expect(world.lines).toEqual([
      'E> ./00000000000000000000.xlog: failed to write EOF marker: No space left on device',
    ]);
  });

  test('a full disk makes the oldest file go that no recovery needs', () => {
    const freed: string[] = [];
    const { world, writer } = enabledLog(
      {},
      { onSpaceFreed: (oldest) => freed.push(String(oldest)) },
    );
    for (let id = 1; id <= 3; id++) {
      writer.submit(new Entry([insertRow(id)]));
      world.run(() => writer.rotate());
    }
    writer.checkpointDone(clock({ 1: 2 }), 0);
    let isFull = true;
    world.disk.fault = (call) => {
      if (call.startsWith('unlink')) isFull = false;
      return isFull && call.startsWith('append') ? 'ENOSPC' : undefined;
    };
    const entry = new Entry([insertRow(4)]);
    writer.submit(entry);
    world.settle();
    expect(entry.outcome).toBe('written');
    expect(world.disk.names(directory)).not.toContain('00000000000000000000.xlog');
    expect(freed).toEqual(['{1: 1}']);
    expect(world.lines).toEqual([
      'C> ran out of disk space, try to delete old WAL files',
      'I> removed ./00000000000000000000.xlog',
    ]);
  });
});

describe('modes', () => {
  test("'none' keeps no files and reports at the end of the turn", () => {
    const { world, writer } = enabledLog({}, { mode: 'none' });
    const entry = new Entry([insertRow(1)]);
    writer.submit(entry);
    expect(entry.outcome).toBeUndefined();
    world.settle();
    expect(entry.outcome).toBe('written');
    expect(world.run(() => writer.rotate()).ok).toBe(true);
    world.run(() => writer.close());
    expect(writer.writtenVclock.toString()).toBe('{1: 1}');
    expect(world.disk.names(directory)).toEqual([]);
  });

  test("'fsync' asks the disk for the device", () => {
    const { world, writer } = enabledLog({}, { mode: 'fsync' });
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => writer.close());
    const { calls } = world.disk;
    const [header, ...others] = calls.filter((call) => call.startsWith('append'));
    expect(others.length).toBeGreaterThan(0);
    expect(others.every((call) => call.startsWith('append strict'))).toBe(true);
    // The file has its name before the first row that is to be on the device: a draft is removed by the next start.
    expect(header).toMatch(/^append relaxed/);
    const firstOf = (kind: string): number => calls.findIndex((call) => call.startsWith(kind));
    expect(firstOf('rename')).toBeGreaterThan(0);
    expect(firstOf('append strict')).toBeGreaterThan(firstOf('rename'));
  });
});
