/**
 * What a server's files say, read at once and without the server's own recovery: the second opinion that the checkers hold
 * against memory, and against the files of the other servers.
 */
import { crc32c } from '../../bee/base/crc32c.ts';
import { Vclock } from '../../bee/wal/vclock.ts';
import { WalError } from '../../bee/wal/wal-error.ts';
import {
  blockHeaderSize,
  eofMarker,
  parseBlockHeader,
  parseHeader,
} from '../../bee/wal/xlog-format.ts';
import { MsgpackReader } from '../../bee/wire/msgpack.ts';
import { decodeXRow, type XRow } from '../../bee/wire/xrow.ts';
import type { SimFileSystem } from '../sim-file-system.ts';

/** One .snap or .xlog file. */
export interface LogFile {
  readonly name: string;
  /** State of a snapshot, or before the first row of a log. */
  readonly vclock: Vclock;
  /** State before the first row of the log before this one, as the header says; undefined for the first. */
  readonly previousVclock: Vclock | undefined;
  readonly instanceUuid: string;
  /** Whole blocks only: what a crash left of the last write is not there. */
  readonly blocks: readonly (readonly XRow[])[];
  /** False when the end marker is missing. */
  readonly isClosed: boolean;
  /** Why reading ended before the end of the file; undefined when it did not. */
  readonly damage: string | undefined;
}

/** The files of one server, oldest first. */
export interface ServerFiles {
  readonly snapshots: readonly LogFile[];
  readonly logs: readonly LogFile[];
}

/** Reads a server's directory. Files under way (`.inprogress`) and those that were set aside are passed over. */
export function readServerFiles(files: SimFileSystem, directory: string): ServerFiles {
  const snapshots: LogFile[] = [];
  const logs: LogFile[] = [];
  for (const [path, node] of files.files(directory)) {
    const [, name, kind] = /\/(\d{20}\.(snap|xlog))$/.exec(path) ?? [];
    if (name === undefined) continue;
    const file = readLogFile(name, node.read(0, node.size));
    if (kind === 'snap') snapshots.push(file);
    else logs.push(file);
  }
  return { snapshots, logs };
}

/** Reads one file as far as it can be read. */
export function readLogFile(name: string, bytes: Uint8Array): LogFile {
  let header: ReturnType<typeof parseHeader>;
  try {
    header = parseHeader(bytes, name);
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    return {
      name,
      vclock: new Vclock(),
      previousVclock: undefined,
      instanceUuid: '',
      blocks: [],
      isClosed: false,
      damage: error.message,
    };
  }
  const { instanceUuid, previousVclock, vclock = new Vclock() } = header;
  const blocks: XRow[][] = [];
  let at = header.size;
  for (;;) {
    const block = readBlock(bytes, at);
    if (typeof block !== 'object') {
      const damage = block === 'end' || block === 'open' ? undefined : block;
      const isClosed = block === 'end';
      return { name, instanceUuid, vclock, previousVclock, blocks, isClosed, damage };
    }
    blocks.push(block.rows);
    at = block.next;
  }
}

/** A block; 'end' at the end marker, 'open' where the file just stops, else what is wrong. */
function readBlock(bytes: Uint8Array, at: number): { rows: XRow[]; next: number } | string {
  if (at === bytes.length) return 'open';
  const isMarker = eofMarker.every((byte, offset) => bytes[at + offset] === byte);
  if (isMarker && at + eofMarker.length === bytes.length) return 'end';
  if (at + blockHeaderSize > bytes.length) return 'a block without its header';
  const header = parseBlockHeader(bytes, at);
  if (header instanceof WalError) return header.message;
  const start = at + blockHeaderSize;
  const payload = bytes.subarray(start, start + header.length);
  if (payload.length < header.length) return 'a block without its end';
  if (crc32c(payload) !== header.crc) return 'a block with a wrong checksum';
  const reader = new MsgpackReader(payload);
  const rows: XRow[] = [];
  while (!reader.atEnd) rows.push(decodeXRow(reader));
  return { rows, next: start + header.length };
}
