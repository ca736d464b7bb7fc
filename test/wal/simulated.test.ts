// The log in the simulated world: a process writes, takes snapshots, is followed by a reader, and is killed again and again, on a
// disk that tears what is in flight, refuses and fills up. Whatever was reported written is there at the next start, in order; what
// was reported failed is not; nothing is there that nobody wrote; a reader never saw a row that a start does not find.
import { expect, test } from 'vitest';
import { Scheduler, type Task } from '../../src/bee/base/fiber.ts';
import type { Env } from '../../src/bee/env/index.ts';
import { turnEnv } from '../../src/bee/server/turn-env.ts';
import { GarbageCollector } from '../../src/bee/wal/garbage-collection.ts';
import { LogReader } from '../../src/bee/wal/log-reader.ts';
import { LogWriter } from '../../src/bee/wal/log-writer.ts';
import { Recovery } from '../../src/bee/wal/recovery.ts';
import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import type { WalEnv } from '../../src/bee/wal/wal-env.ts';
import { WalError } from '../../src/bee/wal/wal-error.ts';
import { XlogDirectory } from '../../src/bee/wal/xlog-directory.ts';
import { decode, encode } from '../../src/bee/wire/msgpack.ts';
import { decodeDml } from '../../src/bee/wire/requests.ts';
import type { XRow } from '../../src/bee/wire/xrow.ts';
import { noDiskFaults, type ProcessHost, SeededRandom, SimWorld } from '../../src/sim/index.ts';
import { insertRow, uuid } from './world.ts';

/** What an observer outside knows of the writes of all lives. */
class Model {
  /** Transactions that were reported written, each the ids of its rows, in order. */
  readonly reported: number[][] = [];
  readonly failed = new Set<number>();
  readonly seenByReader = new Set<number>();
  nextId = 1;
}

/** A server that is nothing but its log: its data is the list of ids that were inserted. */
class LogProcess {
  /** Ids in memory, in the order in which they were inserted. */
  ids: number[] = [];
  /** What the last start found. */
  recovered: number[] | undefined;
  startError: WalError | undefined;
  isClosed = false;
  readonly #scheduler: Scheduler;
  readonly #env: WalEnv;
  readonly #random: SeededRandom;
  readonly #model: Model;
  readonly #inbox: (() => void)[] = [];
  #writer: LogWriter | undefined;
  #isStopping = false;

  constructor(env: Env, host: ProcessHost, random: SeededRandom, model: Model) {
    this.#random = random;
    this.#model = model;
    const inTurns = turnEnv(env, (event) => {
      this.#inbox.push(event.deliver);
      host.wake();
    });
    this.#scheduler = new Scheduler({
      timer: (seconds, fire) => inTurns.clock.timer(seconds, fire),
      onSwitch: () => {},
      onReady: () => host.wake(),
      onCrash: (_fiber, error) => {
        throw error;
      },
      firstId: 101,
    });
    const { disk, clock } = inTurns;
    this.#env = {
      scheduler: this.#scheduler,
      disk,
      clock,
      log: (level, text) => env.log.line(`${level}> ${text}`, level),
    };
    this.#scheduler.spawn('main', () => this.#main());
  }

  turn(): 'idle' | 'more' {
    for (const deliver of this.#inbox.splice(0)) deliver();
    let rounds = 0;
    const hasMore = this.#scheduler.run(() => ++rounds < 5);
    this.#writer?.flush();
    return hasMore ? 'more' : 'idle';
  }

  stop(): void {
    this.#isStopping = true;
  }

  *#main(): Task<void> {
    const env = this.#env;
    const options = { path: '/node', label: '.', forceRecovery: false };
    const snapshots = new XlogDirectory(env, 'SNAP', options);
    const logs = new XlogDirectory(env, 'XLOG', options);
    const writer = new LogWriter(env, logs, {
      instanceId: () => 1,
      mode: 'write',
      maxFileBytes: 1500,
      onSpaceFreed: (oldest) => collector.spaceFreed(oldest),
    });
    const collector = new GarbageCollector(env, snapshots, writer);
    try {
      yield* this.#start(snapshots, logs, writer, collector);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      this.startError = error;
      return;
    }
    collector.checkpointCount = 2;
    this.recovered = [...this.ids];
    this.#writer = writer;
    this.#scheduler.spawn('reader', () => this.#follow(writer));
    this.#scheduler.spawn('gc', () => collector.run());
    yield* this.#work(writer, collector);
    yield* writer.close();
    this.isClosed = true;
  }

  *#start(
    snapshots: XlogDirectory,
    logs: XlogDirectory,
    writer: LogWriter,
    collector: GarbageCollector,
  ): Task<void> {
    const recovery = new Recovery(this.#env, {
      snapshots,
      logs,
      forceRecovery: false,
      logError: () => {},
    });
    if ((yield* recovery.open()) === undefined) {
      snapshots.instanceUuid = uuid;
      logs.instanceUuid = uuid;
      yield* writeSnapshot(this.#env, snapshots, new Vclock(), []);
      collector.begin(new Vclock());
      yield* writer.enable(new Vclock());
      return;
    }
    const scan = yield* recovery.scan();
    yield* recovery.recoverSnapshot((row) => this.ids.push(idOf(row)));
    yield* recovery.recoverLogs((row) => this.ids.push(idOf(row)));
    yield* recovery.finish();
    expect(recovery.vclock.compare(scan.instanceVclock)).toBe(0);
    collector.begin(scan.gcVclock);
    yield* writer.enable(recovery.vclock);
  }

  *#work(writer: LogWriter, collector: GarbageCollector): Task<void> {
    while (!this.#isStopping) {
      const size = 1 + this.#random.below(4);
      for (let count = this.#random.below(6); count > 0; count--) this.#commit(writer, size);
      if (this.#random.chance(0.05)) yield* this.#checkpoint(collector);
      if (this.#random.chance(0.2)) yield* writer.flushed();
      yield* this.#scheduler.sleep(this.#random.below(10) / 1000);
    }
  }

  #commit(writer: LogWriter, size: number): void {
    const ids = Array.from({ length: size }, () => this.#model.nextId++);
    this.ids.push(...ids);
    writer.submit({
      rows: ids.map((id) => insertRow(id, 'x'.repeat(this.#random.below(40)))),
      onWritten: () => this.#model.reported.push(ids),
      onFailed: () => {
        // Rolled back in reverse order: what is taken back is always at the end.
        expect(this.ids.splice(-size)).toEqual(ids);
        for (const id of ids) this.#model.failed.add(id);
      },
    });
  }

  *#checkpoint(collector: GarbageCollector): Task<void> {
    try {
      yield* collector.checkpoint(() => {
        const ids = [...this.ids];
        return {
          *rows() {
            for (const id of ids) yield { spaceId: 512, groupId: 0, tuple: encode([id]) };
          },
          close: () => {},
        };
      });
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
    }
  }

  *#follow(writer: LogWriter): Task<void> {
    const reader = new LogReader(this.#env, writer, writer.writtenVclock, 'relay');
    let last = writer.writtenVclock.get(1);
    try {
      for (;;) {
        for (const row of yield* reader.next()) {
          expect(row.lsn).toBe(++last);
          expect(row.lsn).toBeLessThanOrEqual(writer.writtenVclock.get(1));
          this.#model.seenByReader.add(idOf(row));
        }
        // A reader that dawdles falls behind the tail and into the files.
        if (this.#random.chance(0.3)) yield* this.#scheduler.sleep(this.#random.below(50) / 1000);
      }
    } catch (error) {
      // Nobody registered this reader, so a full disk may take the files from under it.
      if (!(error instanceof WalError) || error.type !== 'XlogGapError') throw error;
    }
  }
}

function idOf(row: XRow): number {
  const { tuple } = decodeDml(row.type, row.body);
  const values = tuple === undefined ? undefined : decode(tuple);
  if (!Array.isArray(values) || typeof values[0] !== 'number') throw new Error('no such row');
  return values[0];
}

function check(model: Model, found: readonly number[]): void {
  const places = new Map(found.map((id, at) => [id, at]));
  expect(places.size).toBe(found.length);
  let before = -1;
  for (const ids of model.reported) {
    for (const id of ids) {
      const at = places.get(id);
      if (at === undefined) throw new Error(`row ${id} was reported written and is not there`);
      if (at <= before) throw new Error(`row ${id} is not in its order`);
      before = at;
    }
  }
  for (const id of found) {
    if (model.failed.has(id)) throw new Error(`row ${id} was reported failed and is there`);
    if (id >= model.nextId) throw new Error(`row ${id} was never written`);
  }
  for (const id of model.seenByReader) {
    if (!places.has(id)) throw new Error(`row ${id} was seen by a reader and is not there`);
  }
}

test.each(Array.from({ length: 30 }, (_, seed) => seed + 1))('seed %i', (seed) => {
  const world = new SimWorld({ seed });
  const random = new SeededRandom(seed * 7919);
  const model = new Model();
  for (let life = 0; life < 8; life++) {
    Object.assign(world.diskFaults, noDiskFaults);
    const { pid, process } = world.spawn(
      (env, host) => new LogProcess(env, host, random.fork(), model),
      { cwd: '/node' },
    );
    world.expectUntil(
      'the start',
      () => process.recovered !== undefined || process.startError !== undefined,
    );
    if (process.startError !== undefined) throw process.startError;
    check(model, process.recovered ?? []);
    // What a start found is as good as reported: it was answered to whoever asked.
    model.reported.splice(0, model.reported.length, process.recovered ?? []);
    if (random.chance(0.3)) world.diskFaults.appendFailure = 0.1;
    if (random.chance(0.2)) world.diskFaults.nameFailure = 0.05;
    if (random.chance(0.2)) world.diskFaults.capacityBytes = 20_000;
    if (random.chance(0.2)) world.diskFaults.stallChance = 0.01;
    world.runFor(random.below(1000) / 1000);
    if (random.chance(0.7)) {
      world.kill(pid);
    } else {
      Object.assign(world.diskFaults, noDiskFaults);
      process.stop();
      world.expectUntil('the end', () => process.isClosed);
      world.kill(pid);
    }
  }
  expect(model.nextId).toBeGreaterThan(100);
  expect(model.seenByReader.size).toBeGreaterThan(10);
});
