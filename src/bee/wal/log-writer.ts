/**
 * Durability: the write-ahead log and what is made of it.
 *
 * 1. A commit hands its rows to `LogWriter.submit`, which numbers them and packs them into a block (`block-builder.ts`).
 * 2. At the end of the turn `LogWriter.flush` gives everything gathered to the disk in one append, if none is under way;
 *    otherwise it goes on gathering (group commit). The first append of a file creates it (`xlog-file-writer.ts`).
 * 3. When the disk reports it written, `writtenVclock` advances, the entries' `onWritten` are called in order, the rows go to
 *    the tail (`log-tail.ts`) and those who wait wake: clients' answers, relays (`log-reader.ts`).
 * 4. When the disk refuses, everything not yet written is rolled back, the newest first.
 * 5. A checkpoint rotates the log (`rotate`) and writes all tuples to a snapshot (`snapshot-writer.ts`); then files that nobody needs
 *    are removed (`garbage-collection.ts`).
 * 6. At a start the newest snapshot and the logs after it are read (`recovery.ts`, `xlog-cursor.ts`) from the files that
 *    `xlog-directory.ts` finds, in the format of `xlog-format.ts`.
 *
 * What the real server does and Bee does not: compression when writing (files stay readable for both, and it would cost 50 kB of
 * code), preallocation of disk space (IndexedDB has none), rate limits for snapshots, hot standby, vinyl's files.
 */
import { assert } from '../base/assert.ts';
import { awaitCall } from '../base/await.ts';
import { Cond, type Task } from '../base/fiber.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Durability } from '../env/disk.ts';
import type { XRow } from '../wire/xrow.ts';
import { BlockBuilder } from './block-builder.ts';
import { LogTail } from './log-tail.ts';
import { takeOver } from './log-takeover.ts';
import { numberRows } from './row-numbering.ts';
import { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { logWalError, systemError, WalError } from './wal-error.ts';
import type { XlogDirectory, XlogFile } from './xlog-directory.ts';
import { closeXlog, createXlog, leaveEmptyXlog, type OpenXlog } from './xlog-file-writer.ts';

/** 'write' reports rows written when they survive the process, 'fsync' the machine; 'none' keeps no log. */
export type WalMode = 'none' | 'write' | 'fsync';

/** One transaction on its way to the log; the box's `JournalEntry` has this shape. */
export interface WalEntry {
  /** Rows with a `replicaId` keep it and their LSN; the others get the server's own. */
  readonly rows: readonly XRow[];
  onWritten(): void;
  onFailed(): void;
}

export interface LogWriterOptions {
  /** The server's own id in `_cluster`; 0 while it has none. */
  readonly instanceId: () => number;
  readonly mode: WalMode;
  /** Bytes after which a file is closed and the next one begun. */
  readonly maxFileBytes: number;
  /** Rows after which a file is closed (1.6's `rows_per_wal`); infinite by default. */
  readonly maxFileRows?: number;
  /** Called when the disk was full and old files were removed, with what is left. */
  readonly onSpaceFreed?: (oldest: Vclock) => void;
}

/** What is gathered while an append is under way, and then written by one append. */
class Batch {
  readonly entries: WalEntry[] = [];
  readonly rows: XRow[] = [];
  readonly builder: BlockBuilder;
  /** Those who wait until the file before this batch is closed. */
  readonly rotations: Waiter[] = [];

  constructor(builder: BlockBuilder) {
    this.builder = builder;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0 && this.rotations.length === 0;
  }
}

interface Waiter {
  /** Number of the entry that is waited for. */
  readonly entry: number;
  outcome: Result<void, WalError> | undefined;
}

export class LogWriter {
  /** State after the last row that has a number. */
  readonly assignedVclock = new Vclock();
  /** State after the last row that the disk reported; never ahead of `assignedVclock`. Relays read only up to here. */
  readonly writtenVclock = new Vclock();
  readonly tail = new LogTail();
  /** Signalled whenever `writtenVclock` has moved. */
  readonly written: Cond;
  readonly directory: XlogDirectory;
  readonly mode: WalMode;
  maxFileBytes: number;
  /** State of the last snapshot: files before it may go when the disk is full. */
  readonly checkpointVclock = new Vclock();
  /** Bytes written since the last snapshot (`checkpoint_wal_threshold`). */
  bytesSinceCheckpoint = 0;
  /** The disk refused what was last given to it. */
  isRefused = false;
  readonly #env: WalEnv;
  readonly #options: LogWriterOptions;
  readonly #durability: Durability;
  /** Batches not yet given to the disk; the last one gathers. */
  #queue: Batch[] = [new Batch(new BlockBuilder())];
  #inFlight: Batch | undefined;
  #inFlightBytes = 0;
  #current: OpenXlog | undefined;
  #state: 'new' | 'enabled' | 'closed' = 'new';
  /** Entries submitted, and of those the ones whose fate is known. */
  #submitted = 0;
  #settled = 0;
  #waiters: Waiter[] = [];
  #spareBuilder: BlockBuilder | undefined;

  constructor(env: WalEnv, directory: XlogDirectory, options: LogWriterOptions) {
    assert(directory.type === 'XLOG', 'the log needs a directory of xlogs');
    this.#env = env;
    this.directory = directory;
    this.#options = options;
    this.mode = options.mode;
    this.maxFileBytes = options.maxFileBytes;
    this.#durability = options.mode === 'fsync' ? 'strict' : 'relaxed';
    this.written = new Cond(env.scheduler);
  }

  /** Bytes submitted and not reported written: the instance pauses commits when they grow too many. */
  get unwrittenBytes(): number {
    // Asked after each commit: a plain loop, which makes nothing.
    let bytes = this.#inFlightBytes;
    for (const batch of this.#queue) bytes += batch.builder.length;
    return bytes;
  }

  /** True when entries are not written yet. */
  get hasUnwritten(): boolean {
    return this.#settled < this.#submitted;
  }

  /**
   * Takes the log over at the end of recovery or bootstrap: from here on rows can be submitted. The last file is
   * appended to when it begins at exactly this state and holds no rows.
   * @param vclock what memory holds
   * @throws WalError when the directory cannot be read or a file in the way cannot be moved
   */
  *enable(vclock: Vclock): Task<void> {
    assert(this.#state === 'new', 'the log is enabled twice');
    this.assignedVclock.assign(vclock);
    this.writtenVclock.assign(vclock);
    this.tail.reset(vclock);
    if (this.mode !== 'none') {
      this.#current = yield* takeOver(this.#env, this.directory, vclock);
    }
    this.#state = 'enabled';
  }

  /**
   * Queues a transaction. Rows without a server id get the server's own and the next LSN, local rows the next LSN of component 0; all
   * get this moment's time. The outcome comes in a later turn.
   * @throws WalError ER_WAL_IO when the log was closed: the process is about to end
   */
  submit(entry: WalEntry): void {
    assert(this.#state !== 'new', 'a row was submitted before the log was enabled');
    if (this.#state === 'closed') {
      throw new WalError('Failed to write to disk', { type: 'ClientError', codeName: 'WAL_IO' });
    }
    const { rows } = entry;
    numberRows(rows, this.assignedVclock, this.#options.instanceId(), this.#env.clock.now());
    const batch = this.#gathering;
    batch.entries.push(entry);
    for (const row of rows) batch.rows.push(row);
    if (this.mode !== 'none') batch.builder.add(rows);
    this.#submitted++;
  }

  /** Gives what was gathered to the disk. Called once at the end of each turn; does nothing while an append is under way. */
  flush(): void {
    if (this.#inFlight !== undefined) return;
    const batch = this.#queue[0];
    if (batch === undefined || batch.isEmpty) return;
    this.#queue.shift();
    if (this.#queue.length === 0) this.#queue.push(this.#newBatch());
    this.#inFlight = batch;
    this.#inFlightBytes = batch.builder.length;
    if (this.mode === 'none') {
      this.#rotated(batch);
      this.#completed(batch, undefined);
    } else {
      this.#rotateIfDue(batch, () => this.#write(batch));
    }
  }

  /** Waits until every entry submitted so far is written. Fails when some of them could not be and was rolled back. */
  *flushed(): Task<Result<void, WalError>> {
    if (this.#settled >= this.#submitted) return ok(undefined);
    const waiter: Waiter = { entry: this.#submitted, outcome: undefined };
    this.#waiters.push(waiter);
    return yield* this.#wait(waiter);
  }

  /**
   * Begins a checkpoint: rows submitted from now on go to the next file. Until its first suspension it does not let
   * anybody in, so a read view of memory taken right before it holds exactly the state that is returned.
   * @returns the state that the snapshot will hold, when everything up to it is written and the file is closed
   */
  *rotate(): Task<Result<Vclock, WalError>> {
    const vclock = this.assignedVclock.copy();
    const waiter: Waiter = { entry: this.#submitted, outcome: undefined };
    if (this.#gathering.entries.length > 0) this.#queue.push(this.#newBatch());
    this.#gathering.rotations.push(waiter);
    const outcome = yield* this.#wait(waiter);
    return outcome.ok ? ok(vclock) : outcome;
  }

  /** Tells that a snapshot of that state exists. @param bytes `bytesSinceCheckpoint` when the checkpoint began */
  checkpointDone(vclock: Vclock, bytes: number): void {
    this.checkpointVclock.assign(vclock);
    this.bytesSinceCheckpoint = Math.max(0, this.bytesSinceCheckpoint - bytes);
  }

  /**
   * Closes the log in order: everything is written, the file gets its end marker, and an empty file with the final state is
   * left, so that the next start learns it without reading rows.
   */
  *close(): Task<void> {
    if (this.#state !== 'enabled') return;
    // From here on nobody gets in: who wakes before this fiber does would else write into the file that is left.
    this.#state = 'closed';
    yield* this.flushed();
    if (this.mode === 'none') return;
    const current = this.#current;
    const needsEmptyFile =
      current === undefined || this.writtenVclock.compare(current.entry.vclock) !== 0;
    yield* awaitCall<void, never>(this.#env.scheduler, (done) =>
      this.#closeCurrent(() => done(ok(undefined))),
    );
    if (needsEmptyFile) yield* leaveEmptyXlog(this.#env, this.directory, this.writtenVclock);
  }

  /** True while a file is open for appending. */
  get hasOpenFile(): boolean {
    return this.#current !== undefined;
  }

  /** Bytes of a file that are reported written; undefined for a file that is not written any more, which is all there. */
  writtenBytesOf(file: XlogFile): number | undefined {
    return this.#current?.entry === file ? this.#current.size : undefined;
  }

  get #gathering(): Batch {
    const batch = this.#queue.at(-1);
    assert(batch !== undefined, 'no batch gathers');
    return batch;
  }

  #newBatch(): Batch {
    const builder = this.#spareBuilder ?? new BlockBuilder();
    this.#spareBuilder = undefined;
    return new Batch(builder);
  }

  *#wait(waiter: Waiter): Task<Result<void, WalError>> {
    while (waiter.outcome === undefined) yield* this.written.wait();
    return waiter.outcome;
  }

  /** Closes the present file when it is full or a checkpoint asks for it. */
  #rotateIfDue(batch: Batch, then: () => void): void {
    const current = this.#current;
    const hasRows =
      current !== undefined && current.entry.signature !== this.writtenVclock.signature;
    const isFull = current !== undefined && this.#isFull(current);
    const proceed = () => {
      this.#rotated(batch);
      then();
    };
    if ((batch.rotations.length > 0 && hasRows) || isFull) this.#closeCurrent(proceed);
    else proceed();
  }

  #isFull(current: OpenXlog): boolean {
    if (current.size >= this.maxFileBytes) return true;
    const rows = this.writtenVclock.signature - current.entry.signature;
    return rows >= (this.#options.maxFileRows ?? Number.POSITIVE_INFINITY);
  }

  #rotated(batch: Batch): void {
    for (const waiter of batch.rotations) waiter.outcome = ok(undefined);
    if (batch.rotations.length > 0) this.written.broadcast();
  }

  #closeCurrent(done: () => void): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) done();
    else closeXlog(this.#env, this.directory, current, this.#durability, done);
  }

  #write(batch: Batch): void {
    if (batch.entries.length === 0) {
      this.#completed(batch, this.#current?.entry);
      return;
    }
    this.#append(batch, batch.builder.take());
  }

  #append(batch: Batch, bytes: Uint8Array): void {
    const current = this.#current;
    const finish = (result: Result<void, WalError>, isFull: boolean) => {
      if (result.ok) {
        this.bytesSinceCheckpoint += bytes.length;
        this.#completed(batch, this.#current?.entry);
      } else if (isFull && this.#hasGarbage()) {
        this.#freeSpace(() => this.#append(batch, bytes));
      } else {
        this.#failed(batch, result.error);
      }
    };
    if (current === undefined) {
      const { writtenVclock } = this;
      // A name is on the device when something strict came after it. Rows that are to be there must not stand in a file that
      // a loss of power would leave as a draft, which the next start removes.
      const isNamedFirst = this.#durability === 'strict';
      const content = isNamedFirst ? noBytes : bytes;
      createXlog(this.#env, this.directory, writtenVclock, content, 'relaxed', (created) => {
        if (created.ok) this.#current = created.value;
        if (created.ok && isNamedFirst) this.#append(batch, bytes);
        else finish(created.ok ? ok(undefined) : created, !created.ok && created.error.isDiskFull);
      });
      return;
    }
    current.file.append(bytes, this.#durability, (appended) => {
      if (appended.ok) {
        current.size += bytes.length;
        finish(ok(undefined), false);
      } else {
        const name = this.directory.nameOf(current.entry.signature);
        const error = systemError(
          `failed to write to '${name}' file`,
          appended.error,
          'xlog.c:1090',
        );
        finish(fail(error), appended.error.code === 'ENOSPC');
      }
    });
  }

  #completed(batch: Batch, file: XlogFile | undefined): void {
    for (const row of batch.rows) {
      this.writtenVclock.follow(row.replicaId, row.lsn);
      this.tail.push(row, file);
    }
    assert(
      this.assignedVclock.covers(this.writtenVclock),
      'rows were written that have no number: writtenVclock is ahead of assignedVclock',
    );
    this.#release(batch);
    this.isRefused = false;
    this.#settled += batch.entries.length;
    for (const entry of batch.entries) entry.onWritten();
    this.#settleWaiters(this.#settled, ok(undefined));
    this.written.broadcast();
  }

  #failed(batch: Batch, error: WalError): void {
    logWalError(this.#env.log, error, 'wal');
    const batches = [batch, ...this.#queue];
    this.#release(batch);
    this.#queue = [this.#newBatch()];
    this.isRefused = true;
    this.assignedVclock.assign(this.writtenVclock);
    this.#settled = this.#submitted;
    const entries = batches.flatMap((lost) => lost.entries).reverse();
    for (const entry of entries) entry.onFailed();
    for (const lost of batches) {
      for (const waiter of lost.rotations) waiter.outcome ??= fail(error);
    }
    this.#settleWaiters(this.#settled, fail(error));
    this.written.broadcast();
  }

  #release(batch: Batch): void {
    this.#inFlight = undefined;
    this.#inFlightBytes = 0;
    batch.builder.reset();
    this.#spareBuilder = batch.builder;
  }

  #settleWaiters(upTo: number, outcome: Result<void, WalError>): void {
    for (const waiter of this.#waiters) {
      if (waiter.entry <= upTo) waiter.outcome = outcome;
    }
    this.#waiters = this.#waiters.filter((waiter) => waiter.outcome === undefined);
  }

  #hasGarbage(): boolean {
    const oldest = this.directory.first;
    // The log is rotated at each checkpoint, so a file that began before the last one holds nothing that came after it.
    return (
      oldest !== undefined &&
      oldest !== this.#current?.entry &&
      oldest.signature < this.checkpointVclock.signature
    );
  }

  /** The disk is full: removes the oldest file that recovery does not need, as the real server does. */
  #freeSpace(then: () => void): void {
    const oldest = this.directory.first;
    assert(oldest !== undefined, 'nothing to remove');
    const { log } = this.#env;
    log('C', 'ran out of disk space, try to delete old WAL files', { origin: 'wal' });
    this.#env.disk.unlink(this.directory.pathOf(oldest.signature), (removed) => {
      const name = this.directory.nameOf(oldest.signature);
      if (removed.ok) log('I', `removed ${name}`, { origin: 'wal' });
      this.directory.forget(oldest);
      const left = this.directory.first;
      if (left !== undefined) this.#options.onSpaceFreed?.(left.vclock);
      then();
    });
  }
}

const noBytes = new Uint8Array(0);
