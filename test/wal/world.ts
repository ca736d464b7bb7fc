import { type Fiber, Scheduler, type Task } from '../../src/bee/base/fiber.ts';
import { GarbageCollector } from '../../src/bee/wal/garbage-collection.ts';
import { LogWriter, type WalEntry, type WalMode } from '../../src/bee/wal/log-writer.ts';
import { Recovery, type RecoveryScan } from '../../src/bee/wal/recovery.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import type { WalEnv } from '../../src/bee/wal/wal-env.ts';
import { XlogDirectory } from '../../src/bee/wal/xlog-directory.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow, type XRow } from '../../src/bee/wire/xrow.ts';
import { readXlog } from './independent-reader.ts';
import { MemoryDisk } from './memory-disk.ts';

/** The directory that all files of these tests are in. */
export const directory = '/n1';

export const uuid = '90c911be-7061-40c6-b480-5a3c66590e98';

/** One process: a scheduler, a clock that stands, a log of lines, and the wal's parts over a disk. */
export class World {
  readonly disk: MemoryDisk;
  readonly env: WalEnv;
  /** Log lines as `L> text`, without time and fiber. */
  readonly lines: string[] = [];
  readonly snapshots: XlogDirectory;
  readonly logs: XlogDirectory;
  now = 1795376456.5;
  #timers: { at: number; fire: () => void }[] = [];
  /** Called once per turn, as the instance calls `flush`. */
  #atTurnEnd: (() => void)[] = [];

  constructor(disk = new MemoryDisk(), forceRecovery = false) {
    this.disk = disk;
    const scheduler = new Scheduler({
      timer: (seconds, fire) => {
        const timer = { at: this.now + seconds, fire };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
      onSwitch: () => {},
      onReady: () => {},
      onCrash: (_fiber, error) => {
        throw error;
      },
      firstId: 101,
    });
    this.env = {
      scheduler,
      disk,
      clock: {
        now: () => this.now,
        monotonic: () => this.now,
        cpu: () => 0,
        timer: () => () => {},
        utcOffset: () => 0,
      },
      log: (level, text) => this.lines.push(`${level}> ${text}`),
    };
    const options = { path: directory, label: '.', forceRecovery };
    this.snapshots = new XlogDirectory(this.env, 'SNAP', options);
    this.logs = new XlogDirectory(this.env, 'XLOG', options);
    this.snapshots.instanceUuid = uuid;
    this.logs.instanceUuid = uuid;
  }

  /** Runs a task to its end, turn by turn, and hands on what it returned or threw. */
  run<T>(task: () => Task<T>): T {
    let outcome: { value: T } | { error: unknown } | undefined;
    const fiber = this.env.scheduler.spawn('test', function* () {
      try {
        outcome = { value: yield* task() };
      } catch (error) {
        outcome = { error };
      }
    });
    this.until(() => fiber.status === 'dead');
    if (outcome === undefined) throw new Error('the task did not end');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  start(body: () => Task<void>): Fiber {
    return this.env.scheduler.spawn('test', body);
  }

  /** Turns until the condition holds. */
  until(holds: () => boolean): void {
    for (let turns = 0; !holds(); turns++) {
      if (turns > 1_000_000) throw new Error('no end');
      if (!this.turn()) throw new Error('nothing left to do');
    }
  }

  /** Turns until nothing is left to do. Time stands still. */
  settle(): void {
    while (this.turn(false));
  }

  /**
   * One turn: one completion of the disk, then all ready fibers.
   * @param mayWait true lets the next timer fire when nothing else is left
   * @returns false when there was nothing to do
   */
  turn(mayWait = true): boolean {
    const complete = this.disk.pending.shift();
    complete?.();
    const hadReady = this.env.scheduler.hasReady;
    if (complete === undefined && !hadReady) {
      const timer = this.#timers.sort((a, b) => a.at - b.at)[0];
      if (timer === undefined || !mayWait) {
        for (const end of this.#atTurnEnd) end();
        return this.disk.pending.length > 0;
      }
      this.#timers.shift();
      this.now = timer.at;
      timer.fire();
    }
    // A fiber that is always ready must not keep the turn from ending.
    let rounds = 0;
    this.env.scheduler.run(() => ++rounds < 10);
    for (const end of this.#atTurnEnd) end();
    return true;
  }

  /** A log writer that is flushed at the end of each turn. */
  writer(
    options: {
      mode?: WalMode;
      maxFileBytes?: number;
      maxFileRows?: number;
      instanceId?: number;
      onSpaceFreed?: (oldest: Vclock) => void;
    } = {},
  ): LogWriter {
    const writer = new LogWriter(this.env, this.logs, {
      instanceId: () => options.instanceId ?? 1,
      mode: options.mode ?? 'write',
      maxFileBytes: options.maxFileBytes ?? 256 * 1024 * 1024,
      ...(options.maxFileRows === undefined ? {} : { maxFileRows: options.maxFileRows }),
      ...(options.onSpaceFreed === undefined ? {} : { onSpaceFreed: options.onSpaceFreed }),
    });
    this.#atTurnEnd.push(() => writer.flush());
    return writer;
  }

  collector(writer: LogWriter): GarbageCollector {
    return new GarbageCollector(this.env, this.snapshots, writer);
  }

  recovery(forceRecovery = false): Recovery {
    // Whose files these are is what the newest snapshot says.
    this.snapshots.instanceUuid = '';
    this.logs.instanceUuid = '';
    this.snapshots.forceRecovery = forceRecovery;
    this.logs.forceRecovery = forceRecovery;
    return new Recovery(this.env, {
      snapshots: this.snapshots,
      logs: this.logs,
      forceRecovery,
      logError: (error) => this.lines.push(`E> ${error.message}`),
    });
  }

  /** A whole start from files: what was applied and where it ended. */
  recover(forceRecovery = false): Recovered {
    const recovery = this.recovery(forceRecovery);
    const rows: XRow[] = [];
    const keep = (row: XRow) => {
      rows.push({ ...row, body: row.body.slice() });
    };
    const scan = this.run(function* () {
      yield* recovery.open();
      const found = yield* recovery.scan();
      yield* recovery.recoverSnapshot(keep);
      yield* recovery.recoverLogs(keep);
      yield* recovery.finish();
      return found;
    });
    return { recovery, rows, scan };
  }
}

export interface Recovered {
  readonly recovery: Recovery;
  readonly rows: readonly XRow[];
  readonly scan: RecoveryScan;
}

/** An insert into space 512. */
export function insertRow(...tuple: MsgpackValue[]): XRow {
  return makeXRow(IprotoType.INSERT, encodeDml({ spaceId: 512, tuple: encode(tuple) }));
}

/** A row of a replica-local space. */
export function localRow(...tuple: MsgpackValue[]): XRow {
  return makeXRow(IprotoType.INSERT, encodeDml({ spaceId: 513, tuple: encode(tuple) }), 1);
}

/** A row of another server. */
export function remoteRow(replicaId: number, lsn: number, ...tuple: MsgpackValue[]): XRow {
  return { ...insertRow(...tuple), replicaId, lsn, tsn: lsn };
}

/** An entry that remembers what became of it. */
export class Entry implements WalEntry {
  readonly rows: readonly XRow[];
  outcome: 'written' | 'failed' | undefined;
  readonly #events: string[];
  readonly #name: string;

  constructor(rows: readonly XRow[], events: string[] = [], name = '') {
    this.rows = rows;
    this.#events = events;
    this.#name = name;
  }

  onWritten(): void {
    this.outcome = 'written';
    this.#events.push(`written ${this.#name}`);
  }

  onFailed(): void {
    this.outcome = 'failed';
    this.#events.push(`failed ${this.#name}`);
  }
}

export function clock(entries: Record<number, number>): Vclock {
  return new Vclock(Object.entries(entries).map(([id, lsn]) => [Number(id), lsn] as const));
}

/** The first log of a directory. */
export const firstLog = `${directory}/00000000000000000000.xlog`;

/** What stands in a log, by the reader that knows the protocol facts alone. */
export function readLog(world: World, path = firstLog) {
  return readXlog(world.disk.read(path));
}

/** A world with a log that is enabled at a state. */
export function enabledLog(
  state: Record<number, number> = {},
  options: Parameters<World['writer']>[0] = {},
) {
  const world = new World();
  const writer = world.writer(options);
  world.run(() => writer.enable(clock(state)));
  return { world, writer };
}
