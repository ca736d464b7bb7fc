import { crc32c } from '../base/crc32c.ts';
import { bigEndian, checkMsgpack } from '../wire/msgpack-scan.ts';
import type { MsgpackWriter } from '../wire/msgpack-writer.ts';
import { Vclock } from './vclock.ts';
import { WalError } from './wal-error.ts';

/**
 * The bytes of .snap and .xlog files: a text header, blocks of rows, an end marker. Protocol facts, section 1.
 */

/** Kinds of files, as their first line says. */
export type XlogType = 'SNAP' | 'XLOG';

/** What the text header says. */
export interface XlogMeta {
  readonly type: string;
  /** Empty when there is no such line. */
  readonly instanceUuid: string;
  /** A snapshot's state; an xlog's state before its first row. Undefined when there is no such line. */
  readonly vclock: Vclock | undefined;
  /** Vclock of the xlog before this one. */
  readonly previousVclock: Vclock | undefined;
  /** Bytes of the header, the empty line included. */
  readonly size: number;
  /** Keys that no reader knows. */
  readonly unknownKeys: readonly string[];
}

/** Written into each file, so that a real server of that version takes it for its own. */
export const packageVersion = '2.6.0-0-g47aa4e01e';

/** Longest header that is read. The longest one of ours, with 32 components of 16 digits each in both clocks, has about 1400 bytes. */
export const headerBytesMax = 2048;

/** Bytes before a block's payload. */
export const blockHeaderSize = 19;

/** Plain rows follow. */
export const rowMagic = 0xd5ba0bab;
/** zstd-compressed rows follow. Bee reads such blocks and writes none: what it would save is not worth the 50 kB of code. */
export const zstdMagic = 0xd5ba0bba;
/** Nothing follows: the file was closed in order. */
export const eofMagic = 0xd510aded;

/** The four bytes that close a file. */
export const eofMarker = new Uint8Array([0xd5, 0x10, 0xad, 0xed]);

/** Largest payload a block may announce, as in the real server: 2 GiB. */
const payloadBytesMax = 2147483648;

/** Makes the text header of a new file. */
export function formatHeader(
  type: XlogType,
  instanceUuid: string,
  vclock: Vclock,
  previousVclock: Vclock | undefined,
): string {
  return [
    type,
    '0.13',
    `Version: ${packageVersion}`,
    `Instance: ${instanceUuid}`,
    `VClock: ${vclock}`,
    ...(previousVclock === undefined ? [] : [`PrevVClock: ${previousVclock}`]),
    '',
    '',
  ].join('\n');
}

/**
 * Parses the text header at the beginning of a file.
 * @param bytes the first bytes, `headerBytesMax` of them where the file has so many
 * @param file as errors name it
 * @throws WalError
 */
export function parseHeader(bytes: Uint8Array, file: string): XlogMeta {
  const text = asciiText(bytes.subarray(0, headerBytesMax));
  const end = text.indexOf('\n\n');
  if (end < 0) {
    throw new WalError("Unexpected end of file, run with 'force_recovery = true'", {
      source: 'xlog.c:1969',
      file,
    });
  }
  const [type = '', version = '', ...lines] = text.slice(0, end).split('\n');
  if (type.length >= 10) throw damaged('failed to parse xlog type string', 'xlog.c:230', file);
  if (version !== '0.12' && version !== '0.13') {
    if (version.length >= 10) {
      throw damaged('failed to parse xlog version string', 'xlog.c:244', file);
    }
    throw damaged(`unsupported file format version ${version}`, 'xlog.c:253', file);
  }
  let instanceUuid = '';
  let vclock: Vclock | undefined;
  let previousVclock: Vclock | undefined;
  const unknownKeys: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) throw damaged("can't extract meta value", 'xlog.c:272', file);
    const key = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^[ \t]+/, '');
    switch (key) {
      case 'Instance':
      case 'Server': // the name in 0.12
        if (!uuidPattern.test(value)) {
          throw damaged("can't parse instance UUID", 'xlog.c:289', file);
        }
        instanceUuid = value.toLowerCase();
        break;
      case 'VClock':
        vclock = parseVclock(value, file);
        break;
      case 'PrevVClock':
        previousVclock = parseVclock(value, file);
        break;
      case 'Version':
        break;
      default:
        unknownKeys.push(key);
    }
  }
  return { type, instanceUuid, vclock, previousVclock, size: end + 2, unknownKeys };
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function parseVclock(text: string, file: string): Vclock {
  const vclock = Vclock.parse(text);
  if (vclock instanceof Vclock) return vclock;
  throw damaged(`invalid vclock at offset ${vclock.invalidAt}`, 'xlog.c:191', file);
}

function damaged(words: string, source: string, file: string): WalError {
  return new WalError(words, { source, file });
}

/** One character for each byte: what is no text must not be taken for some. */
function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Makes room for a block's header, which `sealBlock` fills in. @returns where the block begins */
export function beginBlock(writer: MsgpackWriter): number {
  const start = writer.length;
  writer.raw(emptyBlockHeader);
  return start;
}

const emptyBlockHeader = new Uint8Array(blockHeaderSize);

/** Writes the header of the block that began at `start`: everything written since is its payload, plain rows. */
export function sealBlock(writer: MsgpackWriter, start: number): void {
  const payload = writer.peek(start + blockHeaderSize);
  const header = new Uint8Array(blockHeaderSize);
  const view = new DataView(header.buffer);
  view.setUint32(0, rowMagic);
  let at = putUint(view, 4, payload.length);
  at = putUint(view, at, 0);
  at = putUint(view, at, crc32c(payload));
  // The rest is one msgpack string of zeros, so that each block's header has the same size.
  if (at < blockHeaderSize) header[at] = 0xa0 + (blockHeaderSize - at - 1);
  writer.patch(start, header);
}

function putUint(view: DataView, at: number, value: number): number {
  if (value < 0x80) {
    view.setUint8(at, value);
    return at + 1;
  }
  if (value < 0x100) {
    view.setUint8(at, 0xcc);
    view.setUint8(at + 1, value);
    return at + 2;
  }
  if (value < 0x10000) {
    view.setUint8(at, 0xcd);
    view.setUint16(at + 1, value);
    return at + 3;
  }
  view.setUint8(at, 0xce);
  view.setUint32(at + 1, value);
  return at + 5;
}

/** A block's header. */
export interface BlockHeader {
  readonly magic: number;
  /** Bytes of the payload as stored. */
  readonly length: number;
  readonly crc: number;
}

/**
 * Reads the header of the block at `pos`; the bytes hold all 19 of it.
 * @returns what is wrong with it, in the real server's words, when it is none
 */
export function parseBlockHeader(bytes: Uint8Array, pos: number): BlockHeader | WalError {
  const magic = bigEndian(bytes, pos, 4);
  if (magic !== rowMagic && magic !== zstdMagic) {
    // The real server prints the four bytes as its processor reads them, last one first.
    return new WalError(`invalid magic: 0x${swapped(magic).toString(16)}`, {
      source: 'xlog.c:1615',
    });
  }
  const end = pos + blockHeaderSize;
  const length = takeUint(bytes, pos + 4, end);
  if (length === undefined) return broken('length', 'xlog.c:1624');
  if (length.value > payloadBytesMax) {
    return new WalError('too large fixheader length', { source: 'xlog.c:1630' });
  }
  const previous = takeUint(bytes, length.next, end);
  if (previous === undefined) return broken('crc32p', 'xlog.c:1637');
  const crc = takeUint(bytes, previous.next, end);
  if (crc === undefined) return broken('crc32c', 'xlog.c:1646');
  if (crc.next < end && checkMsgpack(bytes, crc.next, end) !== end) {
    return broken('padding', 'xlog.c:1654');
  }
  return { magic, length: length.value, crc: crc.value };
}

function broken(what: string, source: string): WalError {
  return new WalError(`broken fixheader ${what}`, { source });
}

function swapped(value: number): number {
  return (
    (((value & 0xff) << 24) |
      ((value & 0xff00) << 8) |
      ((value >>> 8) & 0xff00) |
      (value >>> 24)) >>>
    0
  );
}

function takeUint(
  bytes: Uint8Array,
  pos: number,
  end: number,
): { readonly value: number; readonly next: number } | undefined {
  if (pos >= end) return undefined;
  const head = bytes[pos] ?? 0xc1;
  if (head < 0x80) return { value: head, next: pos + 1 };
  if (head < 0xcc || head > 0xcf) return undefined;
  const width = 1 << (head - 0xcc);
  if (pos + 1 + width > end) return undefined;
  let value = 0;
  for (let at = 1; at <= width; at++) value = value * 256 + (bytes[pos + at] ?? 0);
  return { value, next: pos + 1 + width };
}
