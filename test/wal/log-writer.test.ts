import { describe, expect, test } from 'vitest';
import { WalError } from '../../src/bee/wal/wal-error.ts';
import { eofMarker } from '../../src/bee/wal/xlog-format.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import { fileNumber, readXlog } from './independent-reader.ts';
import {
  clock,
  directory,
  Entry,
  enabledLog,
  firstLog,
  insertRow,
  localRow,
  readLog,
  remoteRow,
  uuid,
  World,
} from './world.ts';

describe('files', () => {
  test('the first write creates the file, which holds what was written', () => {
    const { world, writer } = enabledLog();
    expect(world.disk.names(directory)).toEqual([]);
    const entry = new Entry([insertRow(1, 'a')]);
    writer.submit(entry);
    world.settle();
    expect(entry.outcome).toBe('written');
    const file = readLog(world);
    expect(file).toMatchObject({
      type: 'XLOG',
      instance: uuid,
      vclock: '{}',
      previousVclock: undefined,
      hasEof: false,
    });
    expect(file.blocks).toEqual([
      [
        {
          type: 2,
          replicaId: 1,
          lsn: 1,
          timestamp: world.now,
          body: new Map<number, unknown>([
            [0x10, 512],
            [0x21, [1, 'a']],
          ]),
        },
      ],
    ]);
  });

  test('nobody ever sees a file without a header: it gets its name when header and rows are in it', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    const seen: string[][] = [];
    writer.flush();
    while (world.turn(false)) seen.push(world.disk.names(directory));
    const name = '00000000000000000000.xlog';
    expect(new Set(seen.map(String))).toEqual(new Set(['', `${name}.inprogress`, name]));
    expect(world.disk.calls.filter((call) => call.startsWith('append'))).toHaveLength(1);
  });

  test('all rows of a turn go to the disk in one append and share one block', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(0)]));
    world.settle();
    world.disk.calls.length = 0;
    for (let id = 1; id <= 10; id++) writer.submit(new Entry([insertRow(id)]));
    world.settle();
    // The open file is known to this disk by the name under which it was made.
    expect(world.disk.calls).toEqual([`append relaxed ${firstLog}.inprogress`]);
    expect(readLog(world).blocks.map((rows) => rows.length)).toEqual([1, 10]);
  });

  test('while an append is under way the next batch gathers', () => {
    const { world, writer } = enabledLog();
    const submit = (id: number) => writer.submit(new Entry([insertRow(id)]));
    submit(0);
    world.settle();
    submit(1);
    writer.flush();
    submit(2);
    writer.flush();
    submit(3);
    writer.flush();
    expect(world.disk.pending).toHaveLength(1);
    world.settle();
    expect(readLog(world).blocks.map((rows) => rows.length)).toEqual([1, 1, 2]);
  });

  test('a block ends at the first transaction that brings it to 128 KiB, and never inside one', () => {
    const { world, writer } = enabledLog();
    const text = 'x'.repeat(50_000);
    writer.submit(new Entry([insertRow(1, text)]));
    writer.submit(new Entry([2, 3, 4, 5].map((id) => insertRow(id, text))));
    writer.submit(new Entry([insertRow(6, text)]));
    world.settle();
    expect(readLog(world).blocks.map((rows) => rows.length)).toEqual([5, 1]);
    expect(world.disk.calls.filter((call) => call.startsWith('append'))).toHaveLength(1);
  });

  test('a checkpoint closes the file; the next write begins another that names it', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    const rotated = world.run(() => writer.rotate());
    expect(rotated.ok && rotated.value.toString()).toBe('{1: 1}');
    expect(readLog(world).hasEof).toBe(true);
    expect(world.disk.names(directory)).toHaveLength(1);
    writer.submit(new Entry([insertRow(2)]));
    world.settle();
    const second = readLog(world, `${directory}/00000000000000000001.xlog`);
    expect(second).toMatchObject({ vclock: '{1: 1}', previousVclock: '{}', hasEof: false });
  });

  test('rows submitted while a checkpoint begins go to the next file', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    let state = '';
    world.start(function* () {
      const rotated = yield* writer.rotate();
      state = rotated.ok ? rotated.value.toString() : 'failed';
    });
    world.env.scheduler.run(() => true);
    writer.submit(new Entry([insertRow(2)]));
    world.settle();
    expect(state).toBe('{1: 1}');
    expect(readLog(world).blocks.flat()).toHaveLength(1);
    expect(readLog(world, `${directory}/00000000000000000001.xlog`).blocks.flat()).toHaveLength(1);
  });

  test('a checkpoint with nothing written leaves the files alone', () => {
    const { world, writer } = enabledLog({ 1: 3 });
    expect(world.run(() => writer.rotate()).ok).toBe(true);
    expect(world.disk.names(directory)).toEqual([]);
  });

  test('a file that passed the limit is closed before the next write', () => {
    const { world, writer } = enabledLog({}, { maxFileBytes: 200 });
    for (let id = 1; id <= 4; id++) {
      writer.submit(new Entry([insertRow(id, 'some text that fills the file')]));
      world.settle();
    }
    const names = world.disk.names(directory);
    expect(names.length).toBeGreaterThan(1);
    const files = names.map((name) => readLog(world, `${directory}/${name}`));
    for (const [index, file] of files.entries()) {
      expect(`${fileNumber(file.vclock)}.xlog`).toBe(names[index]);
      expect(file.previousVclock).toBe(files[index - 1]?.vclock);
      expect(file.hasEof).toBe(index < files.length - 1);
    }
    expect(files.flatMap((file) => file.blocks.flat()).map((row) => row.lsn)).toEqual([1, 2, 3, 4]);
  });

  test('a file with as many rows as it may have is closed before the next write', () => {
    const { world, writer } = enabledLog({ 1: 10 }, { maxFileRows: 2 });
    for (let id = 1; id <= 5; id++) {
      writer.submit(new Entry([insertRow(id)]));
      world.settle();
    }
    expect(world.disk.names(directory)).toEqual([
      '00000000000000000010.xlog',
      '00000000000000000012.xlog',
      '00000000000000000014.xlog',
    ]);
  });

  test('a clean exit leaves an end marker and an empty file with the final state', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => writer.close());
    expect(world.disk.names(directory)).toEqual([
      '00000000000000000000.xlog',
      '00000000000000000001.xlog',
    ]);
    expect(readLog(world).hasEof).toBe(true);
    expect(readLog(world, `${directory}/00000000000000000001.xlog`)).toMatchObject({
      vclock: '{1: 1}',
      previousVclock: '{}',
      blocks: [],
      hasEof: true,
    });
    expect(() => writer.submit(new Entry([insertRow(2)]))).toThrow(WalError);
  });

  test('nobody slips a row in between the last write and the end marker', () => {
    const { world, writer } = enabledLog();
    const late = new Entry([insertRow(2)]);
    let refusal: unknown;
    world.start(function* () {
      yield* writer.written.wait();
      try {
        writer.submit(late);
      } catch (error) {
        refusal = error;
      }
    });
    world.env.scheduler.run(() => true);
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => writer.close());
    world.settle();
    expect(refusal).toBeInstanceOf(WalError);
    expect(world.lines).toEqual([]);
    expect(readLog(world, `${directory}/00000000000000000001.xlog`)).toMatchObject({
      blocks: [],
      hasEof: true,
    });
  });

  test('a clean exit without a write leaves an empty file, once', () => {
    const { world, writer } = enabledLog({ 1: 5 });
    world.run(() => writer.close());
    const again = new World(world.disk.copy());
    const other = again.writer();
    again.run(() => other.enable(clock({ 1: 5 })));
    again.run(() => other.close());
    expect(again.disk.names(directory)).toEqual(['00000000000000000005.xlog']);
    expect(readLog(again, `${directory}/00000000000000000005.xlog`)).toMatchObject({
      blocks: [],
      hasEof: true,
      previousVclock: undefined,
    });
  });

  test('an empty last file is appended to, its end marker cut off', () => {
    const { world, writer } = enabledLog({ 1: 5 });
    world.run(() => writer.close());
    const again = new World(world.disk.copy());
    const other = again.writer();
    again.run(() => other.enable(clock({ 1: 5 })));
    other.submit(new Entry([insertRow(1)]));
    again.settle();
    const file = readLog(again, `${directory}/00000000000000000005.xlog`);
    expect(file.blocks.flat().map((row) => row.lsn)).toEqual([6]);
    expect(file.hasEof).toBe(false);
    expect(again.lines).toEqual([]);
  });

  test('a write that a crash cut is taken off before the file is appended to', () => {
    const { world, writer } = enabledLog({ 1: 5 });
    world.run(() => writer.close());
    const path = `${directory}/00000000000000000005.xlog`;
    const header = world.disk.read(path).slice(0, -eofMarker.length);
    const torn = new Uint8Array([...header, 0xd5, 0xba, 0x0b, 0xab, 0x20, 0, 1]);
    const again = new World(world.disk.copy());
    again.disk.write(path, torn);
    const other = again.writer();
    again.run(() => other.enable(clock({ 1: 5 })));
    other.submit(new Entry([insertRow(1)]));
    again.settle();
    expect(readLog(again, path).blocks.flat()).toHaveLength(1);
    expect(again.lines).toEqual([
      "W> cut 7 bytes of an unfinished write from `./00000000000000000005.xlog'",
    ]);
  });
});

describe('files in the way are set aside, never written to', () => {
  test('the log of another instance, as when all snapshots were lost', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => writer.close());
    const before = world.disk.read(firstLog);
    const again = new World(world.disk.copy());
    again.logs.instanceUuid = '11111111-7061-40c6-b480-5a3c66590e98';
    const other = again.writer();
    again.run(() => other.enable(clock({})));
    other.submit(new Entry([insertRow(7)]));
    again.settle();
    expect(again.disk.read(`${firstLog}.corrupted`)).toEqual(before);
    expect(readLog(again).blocks.flat()).toHaveLength(1);
    expect(again.lines).toEqual([
      'E> XlogError: ./00000000000000000000.xlog: invalid instance UUID',
      'E> XlogError: ./00000000000000000001.xlog: invalid instance UUID',
      ...['00000000000000000000', '00000000000000000001'].map(
        (name) =>
          `W> renaming corrupted ./${name}.xlog to ./${name}.xlog.corrupted: it is in the way of this log and cannot be appended to`,
      ),
    ]);
  });

  test('older ones stay, with a warning', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => writer.close());
    const again = new World(world.disk.copy());
    again.logs.instanceUuid = '11111111-7061-40c6-b480-5a3c66590e98';
    const other = again.writer();
    again.run(() => other.enable(clock({ 1: 10 })));
    expect(again.disk.names(directory)).toHaveLength(2);
    expect(again.lines.filter((line) => line.startsWith('W>'))).toHaveLength(2);
  });

  test('a file with rows that were not recovered', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    world.settle();
    const again = new World(world.disk.copy());
    const other = again.writer();
    again.run(() => other.enable(clock({})));
    other.submit(new Entry([insertRow(7)]));
    again.settle();
    expect(readXlog(again.disk.read(`${firstLog}.corrupted`)).blocks.flat()).toHaveLength(1);
    expect(readLog(again).blocks.flat()[0]?.body?.get(0x21)).toEqual([7]);
  });

  test('a file of the right name that begins at another state', () => {
    const { world, writer } = enabledLog({ 2: 5 });
    world.run(() => writer.close());
    const name = '00000000000000000005.xlog';
    const before = world.disk.read(`${directory}/${name}`);
    const again = new World(world.disk.copy());
    const other = again.writer();
    again.run(() => other.enable(clock({ 1: 5 })));
    other.submit(new Entry([insertRow(1)]));
    again.settle();
    expect(again.disk.read(`${directory}/${name}.corrupted`)).toEqual(before);
    expect(readLog(again, `${directory}/${name}`).vclock).toBe('{1: 5}');
  });

  test('a name that is taken is not taken again', () => {
    const world = new World();
    world.disk.write(firstLog, new Uint8Array(0));
    world.disk.write(`${firstLog}.corrupted`, new Uint8Array([1]));
    const writer = world.writer();
    world.run(() => writer.enable(clock({})));
    expect(world.disk.names(directory)).toEqual([
      '00000000000000000000.xlog.corrupted',
      '00000000000000000000.xlog.corrupted.1',
    ]);
  });
});

describe('numbers', () => {
  const rowsOf = (...transactions: ReturnType<typeof insertRow>[][]) => {
    const { world, writer } = enabledLog({ 0: 2, 1: 30 });
    for (const rows of transactions) writer.submit(new Entry(rows));
    world.settle();
    const name = world.disk.names(directory)[0] ?? '';
    return readLog(world, `${directory}/${name}`)
      .blocks.flat()
      .map(({ type, replicaId, lsn, groupId, tsn, flags }) => ({
        type,
        ...(replicaId === undefined ? {} : { replicaId }),
        lsn,
        ...(groupId === undefined ? {} : { groupId }),
        ...(tsn === undefined ? {} : { tsn }),
        ...(flags === undefined ? {} : { flags }),
      }));
  };

  test('one row has neither tsn nor flags', () => {
    expect(rowsOf([insertRow(1)], [localRow(1)])).toEqual([
      { type: 2, replicaId: 1, lsn: 31 },
      { type: 2, lsn: 3, groupId: 1 },
    ]);
  });

  test('several rows count from the firstLog, the last one ends them', () => {
    expect(rowsOf([insertRow(1), insertRow(2), insertRow(3)])).toEqual([
      { type: 2, replicaId: 1, lsn: 31, tsn: 0 },
      { type: 2, replicaId: 1, lsn: 32, tsn: 1 },
      { type: 2, replicaId: 1, lsn: 33, tsn: 2, flags: 1 },
    ]);
  });

  test('local rows count from the first global row', () => {
    expect(rowsOf([localRow(1), insertRow(2), insertRow(3)])).toEqual([
      { type: 2, lsn: 3, groupId: 1, tsn: 3 - 31 },
      { type: 2, replicaId: 1, lsn: 31, tsn: 0 },
      { type: 2, replicaId: 1, lsn: 32, tsn: 1, flags: 1 },
    ]);
  });

  test('a row that does nothing ends a transaction whose last change is local', () => {
    expect(rowsOf([insertRow(1), localRow(2), makeXRow(IprotoType.NOP)])).toEqual([
      { type: 2, replicaId: 1, lsn: 31, tsn: 0 },
      { type: 2, lsn: 3, groupId: 1, tsn: 3 - 31 },
      { type: 12, replicaId: 1, lsn: 32, tsn: 1, flags: 1 },
    ]);
  });

  test('local rows alone count among themselves', () => {
    expect(rowsOf([localRow(1), localRow(2)])).toEqual([
      { type: 2, lsn: 3, groupId: 1, tsn: 0 },
      { type: 2, lsn: 4, groupId: 1, tsn: 1, flags: 1 },
    ]);
  });

  test('rows of another server keep their id, number and transaction', () => {
    const { world, writer } = enabledLog({ 1: 30, 2: 6 });
    const remote = [remoteRow(2, 7, 'a'), { ...remoteRow(2, 8, 'b'), tsn: 7 }];
    if (remote[0] !== undefined) remote[0].isCommit = false;
    writer.submit(new Entry(remote));
    writer.submit(new Entry([insertRow(1)]));
    world.settle();
    expect(writer.writtenVclock.toString()).toBe('{1: 31, 2: 8}');
    const rows = readLog(world, `${directory}/00000000000000000036.xlog`).blocks.flat();
    expect(rows).toMatchObject([
      { replicaId: 2, lsn: 7, tsn: 0 },
      { replicaId: 2, lsn: 8, tsn: 1, flags: 1 },
      { replicaId: 1, lsn: 31 },
    ]);
  });

  test('numbers are given at once, the written state follows', () => {
    const { world, writer } = enabledLog();
    writer.submit(new Entry([insertRow(1)]));
    expect(writer.assignedVclock.toString()).toBe('{1: 1}');
    expect(writer.writtenVclock.toString()).toBe('{}');
    expect(writer.hasUnwritten).toBe(true);
    expect(writer.unwrittenBytes).toBeGreaterThan(0);
    world.settle();
    expect(writer.writtenVclock.toString()).toBe('{1: 1}');
    expect(writer.unwrittenBytes).toBe(0);
  });
});
