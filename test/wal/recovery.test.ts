import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/bee/base/crc32c.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { blockAt, cut, keys, nodeFiles, pathOf, refused, upTo } from './node-files.ts';
import { clock, Entry, insertRow, World } from './world.ts';

const log = pathOf('0.xlog');
const emptyLog = pathOf('20.xlog');
const snapshot = pathOf('0.snap');
const name = './00000000000000000000.xlog';

describe('a start from sound files', () => {
  test('applies the snapshot, then the logs, and says so', () => {
    const world = new World(nodeFiles());
    const recovered = world.recover();
    expect(keys(recovered)).toEqual(upTo(20));
    expect(recovered.rows).toHaveLength(23);
    expect(recovered.recovery.vclock.toString()).toBe('{1: 20}');
    expect(recovered.scan.instanceVclock.toString()).toBe('{1: 20}');
    expect(recovered.scan.gcVclock.toString()).toBe('{}');
    expect(world.lines).toEqual([
      'I> instance vclock {1: 20}',
      'I> recovery start',
      "I> recovering from `./00000000000000000000.snap'",
      "I> recover from `./00000000000000000000.xlog'",
      "I> done `./00000000000000000000.xlog'",
      "I> recover from `./00000000000000000020.xlog'",
      "I> done `./00000000000000000020.xlog'",
    ]);
  });

  test('begins with the newest snapshot', () => {
    const world = new World(nodeFiles());
    world.recover();
    const writer = world.writer();
    const collector = world.collector(writer);
    world.run(function* () {
      yield* writer.enable(clock({ 1: 20 }));
      yield* collector.checkpoint(() => ({ rows: () => [], close: () => {} }));
    });
    writer.submit(new Entry([insertRow(21)]));
    world.run(() => writer.close());
    const again = new World(world.disk.copy());
    expect(keys(again.recover())).toEqual([21]);
    expect(again.lines).toContain("I> recovering from `./00000000000000000020.snap'");
    expect(again.lines).not.toContain(`I> recover from \`${name}'`);
  });

  test('of a server that was killed loses nothing that was written', () => {
    const disk = nodeFiles();
    disk.files.delete(emptyLog);
    cut(disk, log, disk.read(log).length - 4);
    const world = new World(disk);
    const recovered = world.recover();
    expect(keys(recovered)).toEqual(upTo(20));
    expect(recovered.scan.instanceVclock.toString()).toBe('{1: 20}');
    expect(world.lines.filter((line) => line.startsWith('W>'))).toEqual([
      `W> file \`${name}\` wasn't correctly closed`,
    ]);
  });

  test('without any snapshot is none', () => {
    const disk = nodeFiles();
    disk.files.delete(snapshot);
    const world = new World(disk);
    expect(world.run(() => world.recovery().open())).toBeUndefined();
  });

  test('from an older snapshot, when the newest is gone, reads more logs', () => {
    const world = new World(nodeFiles());
    const writer = world.writer();
    const collector = world.collector(writer);
    world.recover();
    world.run(function* () {
      yield* writer.enable(clock({ 1: 20 }));
      yield* collector.checkpoint(() => ({ rows: () => [], close: () => {} }));
    });
    world.disk.files.delete(pathOf('20.snap'));
    expect(keys(new World(world.disk.copy()).recover())).toEqual(upTo(20));
  });

  test('removes what unfinished writes left', () => {
    const disk = nodeFiles();
    disk.write(`${pathOf('99.xlog')}.inprogress`, disk.read(log).slice(0, 100));
    disk.write(`${pathOf('25.snap')}.inprogress`, disk.read(snapshot));
    const world = new World(disk);
    world.recover();
    expect(world.lines.slice(-2)).toEqual([
      'I> removed ./00000000000000000099.xlog.inprogress',
      'I> removed ./00000000000000000025.snap.inprogress',
    ]);
    expect(disk.names('/n1')).toHaveLength(3);
  });

  test('written by 1.6: format 0.12, the old name of the instance, zeros, garbage for padding', () => {
    const disk = nodeFiles(3);
    for (const path of [snapshot, log]) {
      const bytes = Buffer.from(disk.read(path));
      // A short block's padding begins with its length, which must be right; what follows need not be zero.
      for (let at = bytes.indexOf('d5ba0bab', 0, 'hex'); at >= 0; ) {
        const padding = bytes.indexOf(0xa7, at + 4);
        if (padding === at + 11) bytes.fill('P', padding + 1, at + 19);
        at = bytes.indexOf('d5ba0bab', at + 1, 'hex');
      }
      const text = bytes
        .toString('latin1')
        .replace('0.13\nVersion: 2.6.0-0-g47aa4e01e\nInstance:', '0.12\nServer:')
        .replace('VClock: {}', 'VClock: {1: 0}');
      disk.write(path, new Uint8Array(Buffer.from(text, 'latin1')));
    }
    disk.files.delete(pathOf('3.xlog'));
    expect(Buffer.from(disk.read(log)).includes('PPPPPPP')).toBe(true);
    const world = new World(disk);
    expect(keys(world.recover())).toEqual(upTo(3));
    expect(world.lines.filter((line) => !line.startsWith('I>'))).toEqual([]);
  });

  test('passes over files that are none of its own', () => {
    const disk = nodeFiles();
    for (const other of ['notes.txt', 'a.xlog', '12.xlog', 'x.snap', '.xlog']) {
      disk.write(`/n1/${other}`, new Uint8Array([1]));
    }
    const world = new World(disk);
    expect(keys(world.recover())).toEqual(upTo(20));
    expect(world.lines).toContain("W> can't parse `12.xlog', skipping");
  });
});

describe('the end of a log', () => {
  test('cut in the last row of the last file: that row is lost, with a word', () => {
    const disk = nodeFiles();
    disk.files.delete(emptyLog);
    cut(disk, log, disk.read(log).length - 14);
    const world = new World(disk);
    const recovered = world.recover();
    expect(keys(recovered)).toEqual(upTo(19));
    expect(recovered.scan.instanceVclock.toString()).toBe('{1: 19}');
    const torn = disk.read(log).length - blockAt(disk, 19);
    expect(world.lines.slice(-2)).toEqual([
      `W> file \`${name}\` wasn't correctly closed`,
      `W> the last ${torn} bytes of \`${name}' are an unfinished write and were left out`,
    ]);
  });

  test('cut while a later file exists: the state is that of the later file, and the loss is said', () => {
    const disk = nodeFiles();
    cut(disk, log, disk.read(log).length - 14);
    const world = new World(disk);
    const recovered = world.recover();
    expect(keys(recovered)).toEqual(upTo(19));
    expect(recovered.recovery.vclock.toString()).toBe('{1: 20}');
    expect(world.lines).toContain(
      `W> rows between {1: 19} and {1: 20} are lost: \`${name}' ends before \`./00000000000000000020.xlog' begins`,
    );
  });

  test('a transaction that a crash cut in two is dropped whole', () => {
    const world = new World();
    const writer = world.writer();
    world.run(() => writer.enable(clock({})));
    writer.submit(new Entry([insertRow(1), insertRow(2)]));
    writer.submit(new Entry([insertRow(3), insertRow(4), insertRow(5)]));
    world.settle();
    const whole = world.disk.read(log);
    // Never written by Bee or the real server, which put a transaction into one block: rows of one in two blocks.
    const header = whole.indexOf(0xd5);
    const payload = whole.slice(header + 19);
    const rows = splitRows(payload);
    const disk = nodeFiles(0);
    disk.write(log, rebuild(whole.slice(0, header), [rows.slice(0, 4), rows.slice(4)]));
    expect(keys(new World(disk.copy()).recover())).toEqual([0, 1, 2, 3, 4, 5]);
    disk.write(log, rebuild(whole.slice(0, header), [rows.slice(0, 4)]));
    const cutWorld = new World(disk);
    const recovered = cutWorld.recover();
    expect(keys(recovered)).toEqual([0, 1, 2]);
    expect(recovered.recovery.vclock.toString()).toBe('{1: 2}');
    expect(cutWorld.lines.at(-1)).toMatch(/wasn't correctly closed/);
    expect(cutWorld.lines).toContain(
      `W> 2 rows of a transaction whose end is missing in \`${name}' are not applied`,
    );
  });
});

describe('gaps', () => {
  /** Snapshots and logs at 0, 5, 10; the log that begins at 5 is removed. */
  function withGap(): MemoryDisk {
    const world = new World();
    const writer = world.writer();
    const collector = world.collector(writer);
    const view = () => ({ rows: () => [], close: () => {} });
    world.run(() => writer.enable(clock({})));
    world.run(() => collector.checkpoint(view));
    for (let id = 1; id <= 12; id++) {
      writer.submit(new Entry([insertRow(id)]));
      world.settle();
      if (id % 5 === 0) world.run(() => collector.checkpoint(view));
    }
    world.run(() => writer.close());
    const disk = world.disk.copy();
    for (const gone of ['5.xlog', '10.snap']) disk.files.delete(pathOf(gone));
    return disk;
  }
  const gap = 'Missing .xlog file between LSN 5 {1: 5} and 10 {1: 10}';

  test('are refused before the first log', () => {
    const disk = withGap();
    disk.files.delete(log);
    expect(refused(disk).error).toMatchObject({ type: 'XlogGapError', message: gap });
  });

  test('are refused between logs', () => {
    const disk = withGap();
    disk.files.delete(pathOf('5.snap'));
    expect(refused(disk).error).toMatchObject({ type: 'XlogGapError', message: gap });
  });

  test('are passed over with force_recovery', () => {
    const world = new World(withGap(), true);
    world.disk.files.delete(log);
    const recovered = world.recover(true);
    expect(keys(recovered)).toEqual([11, 12]);
    expect(recovered.recovery.vclock.toString()).toBe('{1: 12}');
    expect(world.lines).toContain(`E> XlogGapError: ${gap}`);
    expect(world.lines).toContain('W> ignoring a gap in LSN');
  });
});

describe('rows that cannot be applied', () => {
  const failing = (world: World, forceRecovery: boolean) => {
    const recovery = world.recovery(forceRecovery);
    const applied: number[] = [];
    world.run(function* () {
      yield* recovery.open();
      yield* recovery.scan();
      yield* recovery.recoverSnapshot(() => {});
      yield* recovery.recoverLogs((row) => {
        if (row.lsn === 3) throw new Error('Duplicate key exists');
        applied.push(row.lsn);
      });
    });
    return applied;
  };

  test('end the recovery', () => {
    expect(() => failing(new World(nodeFiles(5)), false)).toThrow('Duplicate key exists');
  });

  test('are skipped with force_recovery', () => {
    const world = new World(nodeFiles(5), true);
    expect(failing(world, true)).toEqual([1, 2, 4, 5]);
    expect(world.lines).toContain('E> skipping row {1: 3}');
    expect(world.lines).toContain('E> Duplicate key exists');
  });
});

/** Rows of a payload of inserts, each as its bytes. */
function splitRows(payload: Uint8Array): Uint8Array[] {
  const rows: Uint8Array[] = [];
  let start = 0;
  for (let at = 1; at <= payload.length; at++) {
    // Each header begins with a small map whose first pair is type INSERT.
    const isStart = payload[at] !== undefined && payload[at + 1] === 0 && payload[at + 2] === 2;
    if (at < payload.length && !isStart) continue;
    rows.push(payload.slice(start, at));
    start = at;
  }
  return rows;
}

function rebuild(header: Uint8Array, blocks: Uint8Array[][]): Uint8Array {
  const parts: number[] = [...header];
  for (const rows of blocks) {
    const payload = new Uint8Array(rows.flatMap((row) => [...row]));
    const head = new Uint8Array(19);
    const view = new DataView(head.buffer);
    view.setUint32(0, 0xd5ba0bab);
    view.setUint8(4, 0xcd);
    view.setUint16(5, payload.length);
    view.setUint8(8, 0xce);
    view.setUint32(9, crc32c(payload));
    // The checksum of the block before, always 0, stands between length and checksum.
    head.copyWithin(8, 8);
    view.setUint8(7, 0);
    view.setUint8(13, 0xa5);
    parts.push(...head, ...payload);
  }
  return new Uint8Array(parts);
}
