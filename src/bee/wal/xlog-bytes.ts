import { decompress } from 'fzstd';
import { crc32c } from '../base/crc32c.ts';
import { MsgpackReader } from '../wire/msgpack.ts';
import { decodeXRow, type XRow } from '../wire/xrow.ts';
import { Vclock } from './vclock.ts';
import { WalError } from './wal-error.ts';
import {
  blockHeaderSize,
  eofMarker,
  parseBlockHeader,
  parseHeader,
  zstdMagic,
} from './xlog-format.ts';

/** One .snap or .xlog file that somebody has in memory whole: what a server's files say, read at once and without a server. */
export interface XlogBytes {
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

/** Reads a file as far as it can be read. Never throws: what is wrong is in `damage`. */
export function readXlogBytes(name: string, bytes: Uint8Array): XlogBytes {
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
  const stored = bytes.subarray(start, start + header.length);
  if (stored.length < header.length) return 'a block without its end';
  if (crc32c(stored) !== header.crc) return 'a block with a wrong checksum';
  // Files of a real server hold compressed blocks.
  const reader = new MsgpackReader(header.magic === zstdMagic ? decompress(stored) : stored);
  const rows: XRow[] = [];
  while (!reader.atEnd) rows.push(decodeXRow(reader));
  return { rows, next: start + header.length };
}
