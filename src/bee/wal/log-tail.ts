import type { XRow } from '../wire/xrow.ts';
import { Vclock } from './vclock.ts';
import type { XlogFile } from './xlog-directory.ts';

/**
 * Written rows that are kept for readers who follow closely: a relay that is at most this far behind never touches
 * the disk. Ten times that is memory a worker misses; a tenth is less than what one turn of a busy loop writes.
 */
const tailBytesMax = 4 * 1024 * 1024;

/**
 * The same while nobody follows: enough for a replica that comes back after a moment. Rows that die young cost the
 * collector nothing, and a busy loop's rows are kept for nobody.
 */
const idleTailBytesMax = 256 * 1024;

/** What a kept row costs besides its body: the object, its numbers, its place in the list. */
const rowOverheadBytes = 160;

/** A row and the file that it was written to. */
export interface TailRow {
  readonly row: XRow;
  readonly file: XlogFile | undefined;
}

/** The rows written last, in the order in which they were written, each with a number of its own. */
export class LogTail {
  /** State before the oldest row kept: who has seen that much can go on from here. */
  readonly baseVclock = new Vclock();
  /** Readers that follow the log; without any, little is kept. */
  readers = 0;
  /** Number of the oldest row kept. */
  start = 0;
  #rows: TailRow[] = [];
  /** Rows at the front of `#rows` that are gone. */
  #dropped = 0;
  #bytes = 0;

  /** Number that the next row will get. */
  get end(): number {
    return this.start + this.#rows.length - this.#dropped;
  }

  /** Begins anew: nothing is kept, and the log stands at `vclock`. */
  reset(vclock: Vclock): void {
    this.start = this.end;
    this.#rows = [];
    this.#dropped = 0;
    this.#bytes = 0;
    this.baseVclock.assign(vclock);
  }

  push(row: XRow, file: XlogFile | undefined): void {
    this.#rows.push({ row, file });
    this.#bytes += row.body.length + rowOverheadBytes;
    const bytesMax = this.readers > 0 ? tailBytesMax : idleTailBytesMax;
    while (this.#bytes > bytesMax) this.#drop();
  }

  /** The row of that number; undefined when it is gone or not written yet. */
  at(number: number): TailRow | undefined {
    return number < this.start ? undefined : this.#rows[this.#dropped + number - this.start];
  }

  #drop(): void {
    const oldest = this.#rows[this.#dropped];
    if (oldest === undefined) return;
    const { row } = oldest;
    this.#bytes -= row.body.length + rowOverheadBytes;
    this.baseVclock.follow(row.replicaId, row.lsn);
    this.#dropped++;
    this.start++;
    // Moving what is left costs as much as it has entries, so it is done when half of the array is waste.
    if (this.#dropped > 1024 && this.#dropped * 2 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#dropped);
      this.#dropped = 0;
    }
  }
}
