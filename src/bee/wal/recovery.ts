import { AssertionError, assert } from '../base/assert.ts';
import type { Task } from '../base/fiber.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import type { XRow } from '../wire/xrow.ts';
import { gapError } from './log-reader.ts';
import { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { logWalError, WalError } from './wal-error.ts';
import { RowError, type XlogCursor } from './xlog-cursor.ts';
import type { XlogDirectory, XlogFile } from './xlog-directory.ts';

/** Where a start from files begins. */
export interface RecoveryPoint {
  readonly instanceUuid: string;
  /** State of the newest snapshot. */
  readonly vclock: Vclock;
}

/** What the logs say before they are read. */
export interface RecoveryScan {
  /** State after the last row of the last log: `instance vclock`. */
  readonly instanceVclock: Vclock;
  /** The oldest state from which rows are still there, which a ballot tells. */
  readonly gcVclock: Vclock;
}

export interface RecoveryOptions {
  readonly snapshots: XlogDirectory;
  readonly logs: XlogDirectory;
  /** Go past damage, with an error in the log. */
  readonly forceRecovery: boolean;
  /** Logs what `apply` threw, when a row is skipped under `forceRecovery`. */
  readonly logError: (error: Error) => void;
}

/** Applies one row; what it throws ends the recovery, unless `forceRecovery` is set. */
export type ApplyRow = (row: XRow) => void;

/** The real server says after so many rows how far it is. */
const progressRows = 100000;

/**
 * A start from files: the newest snapshot, then every log after it. In this order: `open`, `scan`, `recoverSnapshot`,
 * `recoverLogs`, `finish`; in between the instance does what must happen at that moment.
 *
 * Bodies of the rows handed out are views of buffers: `apply` must not keep them.
 */
export class Recovery {
  /** State reached so far: after the last row applied. */
  readonly vclock = new Vclock();
  readonly #env: WalEnv;
  readonly #snapshots: XlogDirectory;
  readonly #logs: XlogDirectory;
  readonly #options: RecoveryOptions;
  #point: RecoveryPoint | undefined;

  constructor(env: WalEnv, options: RecoveryOptions) {
    this.#env = env;
    this.#snapshots = options.snapshots;
    this.#logs = options.logs;
    this.#options = options;
  }

  /**
   * Looks for snapshots.
   * @returns undefined when there is none: the directory is empty, or only logs are left
   * @throws WalError
   */
  *open(): Task<RecoveryPoint | undefined> {
    yield* this.#snapshots.scan();
    const last = this.#snapshots.last;
    if (last === undefined) return undefined;
    const cursor = yield* this.#snapshots.open(last.signature);
    yield* cursor.close();
    const { instanceUuid } = cursor.meta;
    if (instanceUuid === '') {
      throw new WalError("can't parse instance UUID", { source: 'xlog.c:289', file: cursor.name });
    }
    this.#snapshots.instanceUuid = instanceUuid;
    this.#logs.instanceUuid = instanceUuid;
    this.vclock.assign(last.vclock);
    this.#point = { instanceUuid, vclock: last.vclock.copy() };
    return this.#point;
  }

  /**
   * Reads the directory of logs and the last of them, to learn how far they go.
   * @throws WalError
   */
  *scan(): Task<RecoveryScan> {
    yield* this.#logs.scan();
    const { first, last } = this.#logs;
    const scan =
      first === undefined || last === undefined || last.vclock.compare(this.vclock) === -1
        ? { instanceVclock: this.vclock.copy(), gcVclock: this.vclock.copy() }
        : { instanceVclock: yield* this.#endOf(last), gcVclock: first.vclock.copy() };
    this.#env.log('I', `instance vclock ${scan.instanceVclock}`);
    return scan;
  }

  /**
   * Applies every row of the snapshot.
   * @throws WalError, or what `apply` threw
   */
  *recoverSnapshot(apply: ApplyRow): Task<void> {
    const point = this.#point;
    assert(point !== undefined, 'a snapshot is recovered that was not opened');
    const { log } = this.#env;
    const signature = point.vclock.signature;
    log('I', 'recovery start');
    log('I', `recovering from \`${this.#snapshots.nameOf(signature)}'`);
    const cursor = yield* this.#snapshots.open(signature);
    try {
      const progress = new Progress(this.#env);
      for (;;) {
        const rows = yield* this.#nextRows(cursor);
        if (rows === undefined) break;
        for (const row of rows) this.#applySnapshotRow(row, apply, progress);
      }
    } finally {
      yield* cursor.close();
    }
    if (cursor.state !== 'eof') {
      throw new WalError(`snapshot \`${cursor.name}' has no EOF marker`, { isPanic: true });
    }
  }

  /**
   * Applies the rows of all logs after the snapshot: whole transactions, each row once.
   * @throws WalError, or what `apply` threw
   */
  *recoverLogs(apply: ApplyRow): Task<void> {
    const progress = new Progress(this.#env);
    let previous: XlogFile | undefined;
    let file = this.#logs.match(this.vclock);
    while (file !== undefined) {
      const cursor = yield* this.#logs.open(file.signature);
      try {
        this.#checkGap(file, previous, cursor);
        this.#env.log('I', `recover from \`${cursor.name}'`);
        yield* this.#recoverLog(cursor, apply, progress);
        this.#closeLog(file, cursor);
      } finally {
        yield* cursor.close();
      }
      previous = file;
      file = this.#logs.next(file);
    }
  }

  /** Removes what unfinished writes of earlier runs left. */
  *finish(): Task<void> {
    yield* this.#logs.removeInprogress();
    yield* this.#snapshots.removeInprogress();
  }

  /** State after the last row of a log. Damage does not matter here: whoever reads the log for its rows will say it. */
  *#endOf(file: XlogFile): Task<Vclock> {
    const end = file.vclock.copy();
    const cursor = yield* this.#logs.open(file.signature);
    try {
      for (;;) {
        const rows = yield* this.#nextRows(cursor, true);
        if (rows === undefined) return end;
        for (const row of rows) {
          if (row.lsn > end.get(row.replicaId)) end.follow(row.replicaId, row.lsn);
        }
      }
    } catch (error) {
      if (error instanceof WalError) return end;
      throw error;
    } finally {
      yield* cursor.close();
    }
  }

  /** Rows of the next block; goes past damage when it must. */
  *#nextRows(
    cursor: XlogCursor,
    isForced = this.#options.forceRecovery,
  ): Task<readonly XRow[] | undefined> {
    for (;;) {
      try {
        return yield* cursor.nextRows();
      } catch (error) {
        if (!(error instanceof WalError) || error.type !== 'XlogError' || !isForced) throw error;
        if (error instanceof RowError) {
          this.#env.log('E', `can't decode row: ${error.message}`, { source: 'xlog.c:1928' });
          return error.rows;
        }
        this.#env.log('E', `can't open tx: ${error.message}`, { source: 'xlog.c:1935' });
        if (!(yield* cursor.findNextBlock())) return undefined;
      }
    }
  }

  #applySnapshotRow(row: XRow, apply: ApplyRow, progress: Progress): void {
    try {
      if (row.type !== IprotoType.INSERT) {
        throw new WalError(`Unknown request type ${row.type}`, { source: 'memtx_engine.c:213' });
      }
      apply(row);
    } catch (error) {
      if (!this.#maySkip(error)) throw error;
      this.#env.log('E', "can't apply row: ", { source: 'memtx_engine.c:178' });
      this.#options.logError(error);
    }
    progress.count();
  }

  *#recoverLog(cursor: XlogCursor, apply: ApplyRow, progress: Progress): Task<void> {
    let transaction: XRow[] = [];
    for (;;) {
      const rows = yield* this.#nextRows(cursor);
      if (rows === undefined) break;
      for (const row of rows) {
        transaction.push(row);
        if (!row.isCommit) continue;
        this.#applyTransaction(transaction, apply, progress);
        transaction = [];
      }
    }
    if (transaction.length === 0) return;
    if (cursor.state === 'eof') {
      this.#applyTransaction(transaction, apply, progress);
    } else {
      this.#env.log(
        'W',
        `${transaction.length} rows of a transaction whose end is missing in \`${cursor.name}' are not applied`,
      );
    }
  }

  #applyTransaction(rows: readonly XRow[], apply: ApplyRow, progress: Progress): void {
    for (const row of rows) {
      if (row.lsn <= this.vclock.get(row.replicaId)) continue;
      this.vclock.follow(row.replicaId, row.lsn);
      try {
        apply(row);
        progress.count();
      } catch (error) {
        if (!this.#maySkip(error)) throw error;
        this.#env.log('E', `skipping row {${row.replicaId}: ${row.lsn}}`, {
          source: 'recovery.cc:285',
        });
        this.#options.logError(error);
      }
    }
  }

  #maySkip(error: unknown): error is Error {
    return (
      this.#options.forceRecovery && error instanceof Error && !(error instanceof AssertionError)
    );
  }

  /**
   * Rows may be missing before a log: its file was removed, or the log before it was cut. The first stops the recovery; of the second
   * the real server says nothing, and ends in the state that the next log begins with.
   */
  #checkGap(file: XlogFile, previous: XlogFile | undefined, cursor: XlogCursor): void {
    const expected = cursor.meta.previousVclock;
    const isGap =
      previous === undefined
        ? !this.vclock.covers(file.vclock)
        : expected !== undefined && expected.compare(previous.vclock) !== 0;
    const isBehind = this.vclock.compare(file.vclock) === -1;
    if (isGap) {
      const error = gapError(this.vclock, file.vclock);
      if (!this.#options.forceRecovery) throw error;
      logWalError(this.#env.log, error);
      this.#env.log('W', 'ignoring a gap in LSN', { source: 'recovery.cc:212' });
    } else if (isBehind) {
      const before =
        previous === undefined ? 'the snapshot' : `\`${this.#logs.nameOf(previous.signature)}'`;
      this.#env.log(
        'W',
        `rows between ${this.vclock} and ${file.vclock} are lost: ${before} ends before \`${cursor.name}' begins`,
      );
    }
    if (isBehind) this.vclock.assign(file.vclock);
  }

  #closeLog(file: XlogFile, cursor: XlogCursor): void {
    file.isClosed = cursor.state === 'eof';
    if (file.isClosed) {
      this.#env.log('I', `done \`${cursor.name}'`);
      return;
    }
    this.#env.log('W', `file \`${cursor.name}\` wasn't correctly closed`, {
      source: 'recovery.cc:155',
    });
    if (cursor.tornBytes > 0) {
      this.#env.log(
        'W',
        `the last ${cursor.tornBytes} bytes of \`${cursor.name}' are an unfinished write and were left out`,
      );
    }
  }
}

/** Says after each hundred thousand rows how far it is. */
class Progress {
  readonly #env: WalEnv;
  #rows = 0;

  constructor(env: WalEnv) {
    this.#env = env;
  }

  count(): void {
    this.#rows++;
    if (this.#rows % progressRows === 0) {
      this.#env.log('I', `${(this.#rows / 1e6).toFixed(1)}M rows processed`);
    }
  }
}
