// Whatever happens to one byte of a log, or wherever it ends: a clean error, or whole transactions from the beginning; never a
// wrong row, never an exception of another kind.
import { beforeAll, describe, expect, test } from 'vitest';
import { WalError } from '../../src/bee/wal/wal-error.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import { toHex } from '../support/hex.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { cut, nodeFiles, pathOf } from './node-files.ts';
import { clock, Entry, insertRow, localRow, remoteRow, World } from './world.ts';

const log = pathOf('0.xlog');
const snapshot = pathOf('0.snap');

/** The node's files with a log of transactions of all kinds, and the rows in it, transaction by transaction. */
function makeFiles(closed: boolean): { disk: MemoryDisk; transactions: string[][] } {
  const world = new World(nodeFiles(0));
  world.disk.files.delete(log);
  const { recovery } = world.recover();
  const writer = world.writer();
  world.run(() => writer.enable(recovery.vclock));
  const entries = [
    [insertRow(1, 'one')],
    [insertRow(2), insertRow(3), insertRow(4)],
    [remoteRow(2, 7, 'of another server')],
    [localRow(1), insertRow(5), localRow(2), makeXRow(IprotoType.NOP)],
    [insertRow(6, 'x'.repeat(300))],
  ];
  for (const rows of entries) {
    writer.submit(new Entry(rows));
    world.settle();
  }
  const transactions = entries.map((rows) => rows.map((row) => toHex(row.body)));
  if (closed) world.run(() => writer.close());
  return { disk: world.disk.copy(), transactions };
}

/** Where each block of a log begins, and behind the last one the place where it ends. */
function blockPlaces(bytes: Uint8Array, isClosed: boolean): number[] {
  const buffer = Buffer.from(bytes);
  const places: number[] = [];
  for (let at = -1; ; ) {
    at = buffer.indexOf('d5ba0bab', at + 1, 'hex');
    if (at < 0) break;
    places.push(at);
  }
  return [...places, bytes.length - (isClosed ? 4 : 0)];
}

type Outcome = { readonly rows: string } | { readonly error: WalError };

function start(disk: MemoryDisk, forceRecovery = false): Outcome {
  const world = new World(disk.copy(), forceRecovery);
  try {
    const { rows } = world.recover(forceRecovery);
    const applied = rows.slice(3).map((row) => toHex(row.body));
    return { rows: applied.join() };
  } catch (error) {
    if (error instanceof WalError) return { error };
    throw error;
  }
}

describe.each([
  ['a closed log with a later one behind it', true],
  ['the log of a killed server', false],
])('%s', (_name, closed) => {
  let disk: MemoryDisk;
  let transactions: string[][];
  let whole: Uint8Array;
  /** Where each transaction's block begins, and the last one ends. */
  let places: number[];
  let everything: string;
  let withoutLast: string;

  beforeAll(() => {
    ({ disk, transactions } = makeFiles(closed));
    whole = disk.read(log);
    places = blockPlaces(whole, closed);
    expect(places).toHaveLength(transactions.length + 1);
    everything = transactions.flat().join();
    withoutLast = transactions.slice(0, -1).flat().join();
    expect(start(disk)).toEqual({ rows: everything });
  });

  test('cut at every byte, it holds the transactions that are there whole', () => {
    for (let size = 0; size < whole.length; size++) {
      const damaged = disk.copy();
      cut(damaged, log, size);
      const outcome = start(damaged);
      const count = places.findLastIndex((place) => place <= size);
      // Without its whole header it is no log.
      if (count < 0) expect(outcome, `cut at ${size}`).toHaveProperty('error');
      else {
        const rows = transactions.slice(0, count).flat().join();
        expect(outcome, `cut at ${size}`).toEqual({ rows });
      }
    }
  });

  test.each([0x01, 0x80, 0xff])('every byte xored with %i', (mask) => {
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const damaged = disk.copy();
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      damaged.write(log, bytes);
      const outcome = start(damaged);
      if ('rows' in outcome) {
        // Only the last block of a log without an end marker can pass for a write that a crash cut.
        const bearable = closed ? [everything] : [everything, withoutLast];
        if (!bearable.includes(outcome.rows)) {
          throw new Error(`byte ${at} xored with ${mask}: rows are lost without an error`);
        }
      } else {
        refused++;
        expect(outcome.error.message).toMatch(/\.\/0+\.xlog|LSN/);
      }
    }
    expect(refused).toBeGreaterThan(whole.length / 2);
  });

  test('with force_recovery all is applied but the transaction that the damage is in', () => {
    const firstBlock = places[0] ?? 0;
    for (let at = 0; at < whole.length; at++) {
      const damaged = disk.copy();
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      damaged.write(log, bytes);
      const outcome = start(damaged, true);
      if (!('rows' in outcome)) throw outcome.error;
      const hit = places.findLastIndex((place) => place <= at);
      const others = transactions.filter((_, number) => number !== hit);
      // A header that cannot be read takes the whole file along; not all of its bytes matter.
      const right = at < firstBlock ? [everything, ''] : [everything, others.flat().join()];
      expect(right, `byte ${at}`).toContain(outcome.rows);
    }
  });

  test('a start after the damage can go on writing, and what it wrote is there at the next', () => {
    let wentOn = 0;
    for (let size = 0; size < whole.length; size += 7) {
      const damaged = disk.copy();
      cut(damaged, log, size);
      const world = new World(damaged);
      try {
        const { recovery } = world.recover();
        const writer = world.writer();
        world.run(() => writer.enable(recovery.vclock));
        const entry = new Entry([insertRow('after the damage', size)]);
        writer.submit(entry);
        world.settle();
        expect(entry.outcome).toBe('written');
      } catch (error) {
        if (error instanceof WalError) continue;
        throw error;
      }
      const { rows } = new World(world.disk.copy()).recover();
      expect(toHex(rows.at(-1)?.body ?? new Uint8Array(0))).toBe(
        toHex(insertRow('after the damage', size).body),
      );
      wentOn++;
    }
    // All but those that are cut in the header.
    expect(wentOn).toBe(Math.ceil(whole.length / 7) - Math.ceil((places[0] ?? 0) / 7));
  });
});

describe('a snapshot', () => {
  test('cut or changed at any byte is refused or sound', () => {
    const disk = nodeFiles(2);
    const whole = disk.read(snapshot);
    const sound = start(disk);
    for (let at = 0; at < whole.length; at++) {
      const short = disk.copy();
      cut(short, snapshot, at);
      expect(start(short)).toHaveProperty('error');
      const damaged = disk.copy();
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      damaged.write(snapshot, bytes);
      const outcome = start(damaged);
      if ('rows' in outcome) expect(outcome).toEqual(sound);
    }
  });
});

test('a crash at any moment of a writing server loses nothing that was reported', () => {
  for (let moment = 0; moment < 120; moment++) {
    const world = new World(nodeFiles(0));
    const { recovery } = world.recover();
    const writer = world.writer({ maxFileBytes: 300 });
    world.run(() => writer.enable(recovery.vclock));
    const entries: Entry[] = [];
    let turns = 0;
    for (let id = 0; id < 10 && turns < moment; id++) {
      const entry = new Entry([insertRow(id, 'a'), insertRow(id, 'b')]);
      entries.push(entry);
      writer.submit(entry);
      writer.flush();
      for (let step = 0; step < 3 && turns < moment; step++, turns++) world.turn(false);
    }
    const reported = entries.filter((entry) => entry.outcome === 'written').length;
    const after = new World(world.disk.copy());
    const { rows, recovery: reached } = after.recover();
    const applied = rows.length - 3;
    expect(applied % 2).toBe(0);
    expect(applied / 2).toBeGreaterThanOrEqual(reported);
    expect(reached.vclock.compare(clock({ 1: applied }))).toBe(0);
  }
});
