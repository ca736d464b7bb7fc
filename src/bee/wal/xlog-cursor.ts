import { decompress } from 'fzstd';
import { awaitCall } from '../base/await.ts';
import { concat } from '../base/bytes.ts';
import { crc32c } from '../base/crc32c.ts';
import type { Task } from '../base/fiber.ts';
import type { DiskError, OpenFile } from '../env/disk.ts';
import { MsgpackError, MsgpackReader } from '../wire/msgpack.ts';
import { bigEndian } from '../wire/msgpack-scan.ts';
import { decodeXRow, type XRow } from '../wire/xrow.ts';
import type { WalEnv } from './wal-env.ts';
import { systemError, WalError } from './wal-error.ts';
import {
  blockHeaderSize,
  eofMagic,
  headerBytesMax,
  parseBlockHeader,
  parseHeader,
  rowMagic,
  type XlogMeta,
  zstdMagic,
} from './xlog-format.ts';

/**
 * Bytes read from the disk at a time. A block in IndexedDB has this size too; ten times that would be felt in a worker's
 * memory for each relay, a tenth of it would cost ten times the transactions.
 */
const pieceBytes = 1024 * 1024;

/** How the reading of a file went so far. */
export type CursorState =
  /** There may be more. */
  | 'active'
  /** The end marker was read: the file was closed in order. */
  | 'eof'
  /** The bytes end without a marker: the server was killed, or it still writes. */
  | 'cut';

/**
 * Reads one file: header, then block after block, in pieces, so that a file may be larger than memory.
 * Rows are handed out with bodies that are views of the cursor's buffer: copy what is kept.
 */
export class XlogCursor {
  readonly meta: XlogMeta;
  /** The file as messages name it. */
  readonly name: string;
  state: CursorState = 'active';
  /**
   * Bytes of the file that may be read; undefined for all. A live reader stops where the writer's confirmed writes
   * end: what is behind may be taken back.
   */
  limit: number | undefined;
  readonly #env: WalEnv;
  readonly #file: OpenFile;
  /** Bytes of the file from `#base` on. */
  #buffer: Uint8Array;
  /** Offset in the file of the buffer's first byte. */
  #base = 0;
  /** Offset in the file of the next block. */
  #offset: number;

  private constructor(
    env: WalEnv,
    file: OpenFile,
    name: string,
    meta: XlogMeta,
    bytes: Uint8Array,
  ) {
    this.#env = env;
    this.#file = file;
    this.name = name;
    this.meta = meta;
    this.#buffer = bytes;
    this.#offset = meta.size;
  }

  /**
   * Opens a file and reads its header. The caller closes the cursor.
   * @param path absolute
   * @param name as messages name it
   * @throws WalError
   */
  static *open(env: WalEnv, path: string, name: string): Task<XlogCursor> {
    const opened = yield* awaitCall<OpenFile, DiskError>(env.scheduler, (done) =>
      env.disk.open(path, 'read', done),
    );
    if (!opened.ok) throw systemError(`failed to open '${name}' file`, opened.error, 'xlog.c:445');
    const file = opened.value;
    try {
      const bytes = yield* readAt(env, file, name, 0, headerBytesMax);
      return new XlogCursor(env, file, name, parseHeader(bytes, name), bytes);
    } catch (error) {
      yield* closeFile(env, file);
      throw error;
    }
  }

  /** Gives the file back. */
  *close(): Task<void> {
    yield* closeFile(this.#env, this.#file);
  }

  /** Offset in the file of what will be read next. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Rows of the next block, all of them: a transaction never spans blocks.
   * @returns undefined where the file ends; `state` says how. After 'cut' it may be called again when the file has grown
   * @throws WalError when the block is damaged; `offset` then stays where it began
   */
  *nextRows(): Task<XRow[] | undefined> {
    const offset = this.#offset;
    const payload = yield* this.nextPayload();
    return payload === undefined ? undefined : this.#decodeRows(payload, offset);
  }

  /** The next block's payload, unpacked; else as `nextRows`. */
  *nextPayload(): Task<Uint8Array | undefined> {
    if (this.state === 'eof') return undefined;
    this.state = 'active';
    if (!(yield* this.#ensure(4))) return this.#cut();
    const magic = bigEndian(this.#buffer, this.#offset - this.#base, 4);
    if (magic === eofMagic) {
      yield* this.#expectEnd();
      return undefined;
    }
    if (!(yield* this.#ensure(blockHeaderSize))) return this.#cut();
    const header = parseBlockHeader(this.#buffer, this.#offset - this.#base);
    if (header instanceof WalError) throw this.#damage(header.words, header.source);
    if (!(yield* this.#ensure(blockHeaderSize + header.length))) {
      yield* this.#checkTornTail();
      return this.#cut();
    }
    const start = this.#offset - this.#base + blockHeaderSize;
    const stored = this.#buffer.subarray(start, start + header.length);
    if (crc32c(stored) !== header.crc) throw this.#damage('tx checksum mismatch', 'xlog.c:1747');
    const payload = header.magic === rowMagic ? stored : this.#decompress(stored);
    this.#offset += blockHeaderSize + header.length;
    return payload;
  }

  /**
   * Goes on behind damage: looks for the next block's first bytes, beginning one byte further on.
   * @returns false when there is none up to the end of the file
   */
  *findNextBlock(): Task<boolean> {
    while (yield* this.#ensure(5)) {
      const buffer = this.#buffer;
      const end = buffer.length - 4;
      for (let at = this.#offset - this.#base + 1; at <= end; at++) {
        if (buffer[at] !== 0xd5) continue;
        const magic = bigEndian(buffer, at, 4);
        if (magic !== rowMagic && magic !== zstdMagic) continue;
        this.#offset = this.#base + at;
        return true;
      }
      this.#offset = this.#base + end;
    }
    this.#offset = this.#base + this.#buffer.length;
    this.state = 'cut';
    return false;
  }

  /** Bytes behind the last whole block, when the file ends without a marker. */
  get tornBytes(): number {
    return this.#base + this.#buffer.length - this.#offset;
  }

  #decodeRows(payload: Uint8Array, offset: number): XRow[] {
    const rows: XRow[] = [];
    const reader = new MsgpackReader(payload);
    try {
      while (!reader.atEnd) rows.push(decodeXRow(reader));
    } catch (error) {
      if (error instanceof MsgpackError) throw new RowError(this.name, offset, rows);
      throw error;
    }
    return rows;
  }

  #decompress(stored: Uint8Array): Uint8Array {
    try {
      return decompress(stored);
    } catch (error) {
      // The checksum was right, so whoever wrote the file wrote this; fzstd throws several kinds of errors at such data.
      throw new WalError(`Decompression error: ${error instanceof Error ? error.message : error}`, {
        type: 'ClientError',
        codeName: 'DECOMPRESSION',
        source: 'xlog.c:1561',
        file: this.name,
        offset: this.#offset,
      });
    }
  }

  /** The end marker is here; nothing may follow it. */
  *#expectEnd(): Task<void> {
    if (yield* this.#ensure(5)) {
      throw new WalError(`${this.name}: has some data after eof marker at ${this.#offset}`, {
        source: 'xlog.c:1890',
      });
    }
    this.state = 'eof';
  }

  #cut(): undefined {
    this.state = 'cut';
    return undefined;
  }

  /**
   * A block that announces more than there is was cut by a crash, or its length is damaged. The real server takes both for the
   * former and drops the rest of the file without a word. A crash leaves nothing behind the block it cut: where a whole
   * block or the end marker follows, it is damage.
   */
  *#checkTornTail(): Task<void> {
    if (this.limit !== undefined) return;
    const start = this.#offset;
    const header = parseBlockHeader(this.#buffer, start - this.#base);
    if (header instanceof WalError) return;
    yield* this.#ensure(Number.POSITIVE_INFINITY);
    const bytes = this.#buffer;
    const end = bytes.length;
    const isClosed = end >= 4 && bigEndian(bytes, end - 4, 4) === eofMagic;
    if (isClosed || hasWholeBlock(bytes, start - this.#base + 1)) {
      throw this.#damage('broken fixheader length', 'xlog.c:1624');
    }
  }

  #damage(words: string, source: string | undefined): WalError {
    return new WalError(words, {
      file: this.name,
      offset: this.#offset,
      ...(source === undefined ? {} : { source }),
    });
  }

  /** Makes the buffer hold `count` bytes from `#offset` on. @returns false when the file has fewer */
  *#ensure(count: number): Task<boolean> {
    let have = this.#base + this.#buffer.length - this.#offset;
    while (have < count) {
      const from = this.#offset + have;
      let length = Math.max(pieceBytes, Math.min(count - have, maxReadBytes));
      if (this.limit !== undefined) length = Math.min(length, this.limit - from);
      if (length <= 0) return false;
      const piece = yield* readAt(this.#env, this.#file, this.name, from, length);
      if (piece.length === 0) return false;
      this.#append(piece);
      have += piece.length;
    }
    return true;
  }

  /** Drops what was read and adds a piece. */
  #append(piece: Uint8Array): void {
    const left = this.#buffer.subarray(this.#offset - this.#base);
    this.#base = this.#offset;
    this.#buffer = left.length === 0 ? piece : concat([left, piece]);
  }
}

/** A block whose rows can be read only up to some point. */
export class RowError extends WalError {
  /** Rows before the damage. */
  readonly rows: readonly XRow[];

  constructor(file: string, offset: number, rows: readonly XRow[]) {
    super("can't parse row", { source: 'xlog.c:1803', file, offset });
    this.rows = rows;
  }
}

/** A transaction's block may be larger than a piece; this bounds what one damaged length can make us ask the disk for. */
const maxReadBytes = 64 * 1024 * 1024;

/** True when a block with the right checksum begins somewhere behind `from`. */
function hasWholeBlock(bytes: Uint8Array, from: number): boolean {
  let at = bytes.indexOf(0xd5, from);
  while (at >= 0 && at + blockHeaderSize <= bytes.length) {
    const header = parseBlockHeader(bytes, at);
    if (!(header instanceof WalError)) {
      const end = at + blockHeaderSize + header.length;
      if (end <= bytes.length && crc32c(bytes.subarray(at + blockHeaderSize, end)) === header.crc) {
        return true;
      }
    }
    at = bytes.indexOf(0xd5, at + 1);
  }
  return false;
}

function* readAt(
  env: WalEnv,
  file: OpenFile,
  name: string,
  offset: number,
  length: number,
): Task<Uint8Array> {
  const result = yield* awaitCall<Uint8Array, DiskError>(env.scheduler, (done) =>
    file.read(offset, length, done),
  );
  if (!result.ok) throw systemError(`failed to read '${name}' file`, result.error, 'xlog.c:1533');
  return result.value;
}

function* closeFile(env: WalEnv, file: OpenFile): Task<void> {
  // Nothing was written through this file, so a failure to close it loses nothing.
  yield* awaitCall<void, DiskError>(env.scheduler, (done) => file.close(done));
}
