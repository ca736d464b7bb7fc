import { assert } from '../base/assert.ts';
import type { Task } from '../base/fiber.ts';
import type { XRow } from '../wire/xrow.ts';
import type { LogWriter } from './log-writer.ts';
import type { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { WalError } from './wal-error.ts';
import type { XlogCursor } from './xlog-cursor.ts';
import type { XlogFile } from './xlog-directory.ts';

/** Rows handed out at a time: enough to fill a network frame, few enough that a heartbeat is not late behind them. */
const batchRowsMax = 1000;

/**
 * Follows the log for a relay: every row written after a given state, once, in the order of the log, and only after the
 * disk reported it. Reads files until it has seen as much as the writer's tail begins with, then goes on from the tail
 * without touching the disk; falls back to files when the tail has moved on.
 *
 * It says in the log which file it stands in, as the real server's relays do, also while it reads from the tail.
 */
export class LogReader {
  /** State after the last row handed out. */
  readonly vclock: Vclock;
  readonly #env: WalEnv;
  readonly #writer: LogWriter;
  /** In the log: `relay/127.0.0.1:34680/101/main`. */
  readonly #origin: string;
  /** The file in which the position is, and its cursor while files are read. */
  #file: XlogFile | undefined;
  #cursor: XlogCursor | undefined;
  /** The file that was read to its end: the next one is to follow. */
  #finished: XlogFile | undefined;
  /** The file of which it was said that it is done. */
  #left: XlogFile | undefined;
  /** Number of the tail's row that comes next; undefined while files are read. */
  #tailAt: number | undefined;
  #isClosed = false;

  /**
   * @param from rows after this state are handed out. Its component 0 does not count: local rows written before now are
   *   passed over
   * @param origin in the log
   */
  constructor(env: WalEnv, writer: LogWriter, from: Vclock, origin: string) {
    this.#env = env;
    this.#writer = writer;
    this.vclock = from.copy();
    this.vclock.set(0, writer.writtenVclock.get(0));
    writer.tail.readers++;
    this.#origin = origin;
  }

  /**
   * The next rows, at least one; waits until there are some. Whole transactions, unless one is larger than a batch.
   * @param timeout seconds after which it gives up and returns none, for heartbeats
   * @throws WalError: XlogGapError when the rows after the position are gone, XlogError when a file is damaged
   */
  *next(timeout = Number.POSITIVE_INFINITY): Task<readonly XRow[]> {
    const { clock } = this.#env;
    const deadline = clock.monotonic() + timeout;
    while (!this.#isClosed) {
      const isInTail = yield* this.#enterTail();
      const rows = isInTail ? this.#nextFromTail() : yield* this.#nextFromFiles();
      if (rows.length > 0) return rows;
      if (!isInTail) continue;
      const left = deadline - clock.monotonic();
      if (left <= 0 || !(yield* this.#writer.written.wait(left))) return [];
    }
    return [];
  }

  /** Closes the file that is being read; `next` returns no more rows. Must be called: open readers make the writer keep rows. */
  *close(): Task<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.tail.readers--;
    yield* this.#closeCursor();
  }

  /** @returns true when the position is in the tail, or is now: everything before it was seen */
  *#enterTail(): Task<boolean> {
    const { tail } = this.#writer;
    if (this.#tailAt !== undefined) {
      if (this.#tailAt >= tail.start) return true;
      // The tail has moved on while nobody took rows: what is gone from it is in the files.
      this.#tailAt = undefined;
      this.#finished = undefined;
    }
    if (!this.#hasSeen(tail.baseVclock)) return false;
    // A file of an earlier run is read to its end first, to learn whether it was closed.
    const reading = this.#cursor === undefined ? undefined : this.#file;
    if (reading !== undefined && this.#writer.writtenBytesOf(reading) === undefined) return false;
    this.#tailAt = tail.start;
    if (this.#file === undefined) {
      const file = this.#writer.directory.match(this.vclock);
      if (file !== undefined) this.#enterFile(file);
    }
    yield* this.#closeCursor();
    // Where the position is the end of a closed file, that one is done with before there is a next one.
    if (this.#file?.isClosed === true) this.#leaveFile();
    return true;
  }

  #hasSeen(state: Vclock): boolean {
    for (const [id, lsn] of state.entries()) {
      if (this.vclock.get(id) < lsn) return false;
    }
    return true;
  }

  #nextFromTail(): readonly XRow[] {
    const rows: XRow[] = [];
    while (this.#tailAt !== undefined) {
      const next = this.#writer.tail.at(this.#tailAt);
      if (next === undefined) break;
      if (rows.length >= batchRowsMax && rows.at(-1)?.isCommit) break;
      this.#tailAt++;
      if (!this.#follow(next.row)) continue;
      if (next.file !== undefined && next.file !== this.#file) this.#walkTo(next.file);
      rows.push(next.row);
    }
    return rows;
  }

  /** Takes a row into the position. @returns false when it was seen before */
  #follow(row: XRow): boolean {
    if (row.lsn <= this.vclock.get(row.replicaId)) return false;
    this.vclock.follow(row.replicaId, row.lsn);
    return true;
  }

  /** Says which files are gone through on the way to the one that holds the next row. */
  #walkTo(target: XlogFile): void {
    const { directory } = this.#writer;
    while (this.#file !== target) {
      const next = this.#file === undefined ? target : directory.next(this.#file);
      this.#leaveFile();
      // A file between may have been removed meanwhile.
      this.#enterFile(next !== undefined && next.signature < target.signature ? next : target);
    }
  }

  #enterFile(file: XlogFile): void {
    this.#file = file;
    const name = this.#writer.directory.nameOf(file.signature);
    this.#env.log('I', `recover from \`${name}'`, { origin: this.#origin });
  }

  #leaveFile(): void {
    if (this.#file === undefined || this.#file === this.#left) return;
    this.#left = this.#file;
    const name = this.#writer.directory.nameOf(this.#file.signature);
    if (this.#file.isClosed === false) {
      this.#env.log('W', `file \`${name}\` wasn't correctly closed`, {
        origin: this.#origin,
        source: 'recovery.cc:155',
      });
    } else {
      this.#env.log('I', `done \`${name}'`, { origin: this.#origin });
    }
  }

  /** Rows of the next block of the files; none at the end of one. */
  *#nextFromFiles(): Task<readonly XRow[]> {
    const cursor = this.#cursor ?? (yield* this.#openNext());
    const file = this.#file;
    assert(file !== undefined, 'a file is read that was not entered');
    cursor.limit = this.#writer.writtenBytesOf(file);
    const rows = yield* cursor.nextRows();
    if (rows !== undefined) return rows.filter((row) => this.#follow(row));
    // What is being written has more soon, and is in the tail unless the tail has moved past it meanwhile.
    if (this.#writer.writtenBytesOf(file) !== undefined || cursor.limit !== undefined) return [];
    file.isClosed = cursor.state === 'eof';
    this.#finished = file;
    yield* this.#closeCursor();
    return [];
  }

  /** Opens the file to be read next. @throws WalError when rows are missing before it */
  *#openNext(): Task<XlogCursor> {
    const { directory, tail } = this.#writer;
    const finished = this.#finished;
    const next = finished === undefined ? directory.match(this.vclock) : directory.next(finished);
    if (next === undefined) throw gapError(this.vclock, tail.baseVclock);
    if (finished === undefined && !this.#hasSeen(next.vclock)) {
      throw gapError(this.vclock, next.vclock);
    }
    const cursor = yield* directory.open(next.signature);
    const previous = cursor.meta.previousVclock;
    if (finished !== undefined && previous !== undefined) {
      if (previous.compare(finished.vclock) !== 0) {
        yield* cursor.close();
        throw gapError(this.vclock, next.vclock);
      }
    }
    // Rows that a crash or damage took from the end of the file before are gone; recovery has said so.
    for (const [id, lsn] of next.vclock.entries()) {
      if (this.vclock.get(id) < lsn) this.vclock.set(id, lsn);
    }
    this.#walkTo(next);
    this.#cursor = cursor;
    return cursor;
  }

  *#closeCursor(): Task<void> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    if (cursor !== undefined) yield* cursor.close();
  }
}

/** Rows are missing: their file was removed. */
export function gapError(from: Vclock, to: Vclock): WalError {
  return new WalError(
    `Missing .xlog file between LSN ${from.signature} ${from} and ${to.signature} ${to}`,
    { type: 'XlogGapError', source: 'recovery.cc:207' },
  );
}
