import type { Durability } from '../bee/env/index.ts';
import { DiskProblem } from './disk-problem.ts';
import { type Block, LostOutcome, type Reading, type Storage, type Writing } from './storage.ts';

/**
 * Bytes in one block at most. In Chromium 1 MiB goes in as four of these in half the time of one (430 against 280 MB/s),
 * smaller ones cost more per byte, and a stat reads the last block of a file whole (0.8 ms at this size).
 */
const blockBytesMax = 256 * 1024;
/** Appends that wait for the one before them are packed into one transaction, up to so many bytes. */
const batchBytesMax = 4 * 1024 * 1024;
/**
 * Blocks below this are merged with their like. Chromium keeps values up to 64 KiB inside its database and reads them at 30 to
 * 80 MB/s; larger ones are files of their own and read at several hundred.
 */
const smallBytesMax = 64 * 1024;
/**
 * So many small neighbours of one rank, or as many as fill a block, become one block of the next rank. A file of 10,000 tiny
 * appends so has under 100 blocks instead of 10,000 (reading those takes 70 ms), and each byte is written three times at most.
 */
const mergeFanout = 32;

/** A small block at the end of the file that this open file wrote and may merge. */
interface SmallBlock {
  readonly start: number;
  readonly length: number;
  /** How often its bytes were merged. */
  readonly rank: number;
}

interface Append {
  readonly bytes: Uint8Array;
  readonly durability: Durability;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Job = Append | { readonly run: () => Promise<void> };

/** A file that is open: an inode, whatever happens to its names. Its calls complete in the order in which they were made. */
export class StoredFile {
  readonly size: number;
  readonly #storage: Storage;
  readonly #inode: number;
  readonly #path: string;
  readonly #release: () => void;
  readonly #isFull: () => boolean;
  /** Where the file ends as far as this open file knows; somebody else may have appended. */
  #end: number;
  #small: SmallBlock[] = [];
  #jobs: Job[] = [];
  #isRunning = false;
  #isClosed = false;

  /**
   * @param release gives back the lock that keeps the inode alive
   * @param isFull true while appends must fail: a fault imposed from the page
   */
  constructor(
    storage: Storage,
    inode: number,
    path: string,
    size: number,
    release: () => void,
    isFull: () => boolean,
  ) {
    this.#isFull = isFull;
    this.#storage = storage;
    this.#inode = inode;
    this.#path = path;
    this.size = size;
    this.#end = size;
    this.#release = release;
  }

  append(bytes: Uint8Array, durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ bytes, durability, resolve, reject }));
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#task(() =>
      this.#storage.read(['blocks'], (tx) => readRange(tx, this.#inode, offset, length)),
    );
  }

  truncate(size: number): Promise<void> {
    return this.#task(async () => {
      this.#end = await this.#storage.write(['blocks'], 'relaxed', async (tx) => {
        const { end } = await lastBlock(tx, this.#inode);
        if (size > end) throw new DiskProblem('EINVAL', this.#path);
        await cut(tx, this.#inode, size);
        return size;
      });
      this.#small = [];
    });
  }

  close(): Promise<void> {
    return this.#task(() => {
      if (!this.#isClosed) this.#release();
      this.#isClosed = true;
      return Promise.resolve();
    });
  }

  #task<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) =>
      this.#enqueue({ run: () => run().then(resolve, reject) }),
    );
  }

  #enqueue(job: Job): void {
    this.#jobs.push(job);
    if (!this.#isRunning) void this.#runJobs();
  }

  async #runJobs(): Promise<void> {
    this.#isRunning = true;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      if ('run' in job) await job.run();
      else await this.#runAppends(job);
    }
    this.#isRunning = false;
  }

  /** Writes an append together with those that wait behind it. They succeed or fail together. */
  async #runAppends(first: Append): Promise<void> {
    const batch = [first];
    let length = first.bytes.length;
    for (let next = this.#jobs[0]; next !== undefined && 'bytes' in next; next = this.#jobs[0]) {
      length += next.bytes.length;
      if (length > batchBytesMax) break;
      batch.push(next);
      this.#jobs.shift();
    }
    try {
      const isStrict = batch.some(({ durability }) => durability === 'strict');
      await this.#write(pack(batch), isStrict ? 'strict' : 'relaxed');
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #write(bytes: Uint8Array<ArrayBuffer>, durability: Durability): Promise<void> {
    if (this.#isClosed) throw new DiskProblem('EINVAL', this.#path, 'Bad file descriptor');
    if (bytes.length === 0) return;
    if (this.#isFull()) throw new DiskProblem('ENOSPC', this.#path);
    while (!(await this.#tryWrite(bytes, durability))) {
      // Somebody else appended where this file ended. Go on behind them, as O_APPEND does.
      const last = await this.#storage.read(['blocks'], (tx) => lastBlock(tx, this.#inode));
      this.#end = last.end;
      this.#small = [];
    }
  }

  /**
   * Writes in one transaction.
   * @returns false when nothing was written because another block begins at the same byte already
   */
  async #tryWrite(bytes: Uint8Array<ArrayBuffer>, durability: Durability): Promise<boolean> {
    const start = this.#end;
    const merged = merge(this.#small);
    try {
      const isWritten = await this.#storage.writeBlocks(durability, (blocks) => {
        addBlocks(blocks, this.#inode, start, bytes);
        if (merged !== undefined) mergeStored(blocks, this.#inode, merged.block);
        return merged === undefined ? 'complete' : 'more follow';
      });
      if (!isWritten) return false;
    } catch (error) {
      if (!(error instanceof LostOutcome && (await this.#hasBlock(start, bytes.length))))
        throw error;
    }
    this.#end = start + bytes.length;
    if (merged !== undefined) this.#small = merged.left;
    // A large block ends the run: only neighbours are merged.
    if (bytes.length > smallBytesMax) this.#small = [];
    else this.#small.push({ start, length: bytes.length, rank: 0 });
    return true;
  }

  /** Whether the last block of a write is there: all of it is, then. */
  #hasBlock(start: number, length: number): Promise<boolean> {
    const last = start + Math.floor((length - 1) / blockBytesMax) * blockBytesMax;
    return this.#storage.read(['blocks'], async (tx) => {
      return (await tx.objectStore('blocks').getKey([this.#inode, last])) !== undefined;
    });
  }
}

/** Puts bytes at a place where no block begins; its `add` fails with ConstraintError where one does. */
export function addBlocks(
  blocks: IDBObjectStore,
  inode: number,
  start: number,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const at = Date.now() / 1000;
  for (let from = 0; from < bytes.length; from += blockBytesMax) {
    const block: Block = { bytes: slice(bytes, from, from + blockBytesMax), at };
    blocks.add(block, [inode, start + from]);
  }
}

/** Makes one block of neighbours, of what is stored: somebody may have damaged a byte since it was appended. */
function mergeStored(blocks: IDBObjectStore, inode: number, { start, length }: SmallBlock): void {
  const key = [inode, start];
  const end = [inode, start + length];
  const request: IDBRequest<Block[]> = blocks.getAll(IDBKeyRange.bound(key, end, false, true));
  request.onsuccess = () => {
    blocks.delete(IDBKeyRange.bound(key, end, true, true));
    blocks.put({ bytes: concat(request.result), at: Date.now() / 1000 }, key);
  };
}

/** Where a file ends, and when it was last written. */
export async function lastBlock(
  tx: Reading | Writing,
  inode: number,
): Promise<{ readonly end: number; readonly at: number }> {
  const range = IDBKeyRange.bound([inode, 0], [inode, []]);
  const cursor = await tx.objectStore('blocks').openCursor(range, 'prev');
  if (cursor === null) return { end: 0, at: 0 };
  return { end: cursor.key[1] + cursor.value.bytes.length, at: cursor.value.at };
}

/** Makes the last block no younger than it is told: it would stand for the time of the whole file. */
export async function dateLastBlock(tx: Writing, inode: number, at: number): Promise<void> {
  const range = IDBKeyRange.bound([inode, 0], [inode, []]);
  const cursor = await tx.objectStore('blocks').openCursor(range, 'prev');
  if (cursor !== null && cursor.value.at > at) {
    await cursor.update({ bytes: cursor.value.bytes, at });
  }
}

/** All bytes of a file. */
export async function wholeFile(
  tx: Reading | Writing,
  inode: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const blocks = await tx.objectStore('blocks').getAll(IDBKeyRange.bound([inode, 0], [inode, []]));
  return concat(blocks);
}

async function readRange(
  tx: Reading,
  inode: number,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (length <= 0) return new Uint8Array(0);
  const store = tx.objectStore('blocks');
  const before = IDBKeyRange.bound([inode, 0], [inode, offset]);
  // The block that holds the first byte begins at or before it. The first block of a file begins at 0.
  const first = offset === 0 ? null : await store.openKeyCursor(before, 'prev');
  const start = offset === 0 ? 0 : first?.key[1];
  if (start === undefined) return new Uint8Array(0);
  const range = IDBKeyRange.bound([inode, start], [inode, offset + length], false, true);
  const bytes = concat(await store.getAll(range));
  const from = offset - start;
  if (from === 0 && bytes.length <= length) return bytes;
  return bytes.slice(from, from + length);
}

async function cut(tx: Writing, inode: number, size: number): Promise<void> {
  const store = tx.objectStore('blocks');
  await store.delete(IDBKeyRange.bound([inode, size], [inode, []]));
  if (size === 0) return;
  const range = IDBKeyRange.bound([inode, 0], [inode, size], false, true);
  const cursor = await store.openCursor(range, 'prev');
  if (cursor === null) return;
  const bytes = cursor.value.bytes.slice(0, size - cursor.key[1]);
  await cursor.update({ bytes, at: Date.now() / 1000 });
}

/** One array of its own: a view would be stored with its whole buffer. */
function pack(batch: readonly Append[]): Uint8Array<ArrayBuffer> {
  const [only] = batch;
  if (only !== undefined && batch.length === 1) return only.bytes.slice();
  const whole = new Uint8Array(batch.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of batch) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

function slice(bytes: Uint8Array<ArrayBuffer>, from: number, to: number): Uint8Array<ArrayBuffer> {
  return from === 0 && to >= bytes.length ? bytes : bytes.slice(from, to);
}

function concat(blocks: readonly Block[]): Uint8Array<ArrayBuffer> {
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return only.bytes;
  const whole = new Uint8Array(blocks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of blocks) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

/**
 * What to merge before the next append: the longest run of small blocks of one rank at the end, once there are enough.
 * @returns the block that replaces them, and the list of small blocks after that
 */
function merge(
  small: readonly SmallBlock[],
): { readonly block: SmallBlock; readonly left: SmallBlock[] } | undefined {
  const rank = small.at(-1)?.rank;
  let from = small.length;
  while (from > 0 && small[from - 1]?.rank === rank) from--;
  const run = small.slice(from);
  const first = run[0];
  const length = run.reduce((sum, part) => sum + part.length, 0);
  const isEnough = run.length >= mergeFanout || length >= blockBytesMax;
  if (first === undefined || !isEnough) return undefined;
  const block: SmallBlock = { start: first.start, length, rank: first.rank + 1 };
  // What has become large is left alone from now on.
  const left = length > smallBytesMax ? [] : [...small.slice(0, from), block];
  return { block, left };
}
