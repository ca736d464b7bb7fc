/**
 * The binary protocol on a connection.
 *
 * 1. The side that was connected to sends a greeting of 128 bytes (`makeGreeting`); the other reads it (`parseGreeting`).
 * 2. From then on both send frames: a length, then a row's header and body. `FrameReader` makes frames of the
 *    pieces in which bytes arrive; `decodeXRowPacket` (`xrow.ts`) reads what is in one.
 * 3. Requests are decoded by `requests.ts` and `replication-requests.ts`; answers to clients are written by `iproto-response.ts`,
 *    with the fixed widths the real server has; replication sends rows as they stand in the log (`writeXRowFrame`).
 * 4. `scramble.ts` checks who the other side is.
 *
 * What the real server does and Bee does not: SQL requests (EXECUTE, PREPARE) are not decoded.
 */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { MsgpackError, type MsgpackWriter } from './msgpack.ts';
import { scrambleSize } from './scramble.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { encodeXRow, type XRow } from './xrow.ts';

/** Bytes of a greeting: two lines of 63 characters and a newline. */
export const greetingSize = 128;

/** Random bytes in a greeting, of which the first 20 are used. */
export const saltSize = 32;

/** What a greeting says. */
export interface Greeting {
  /** `2.6.0`. */
  readonly version: string;
  /** `Binary`, or `Lua console`. */
  readonly protocol: string;
  /** Empty in a console's greeting and before 1.6.7. */
  readonly uuid: string;
  /** Empty in a console's greeting. */
  readonly salt: Uint8Array;
}

/** Makes the greeting of the binary protocol. @param salt 32 random bytes */
export function makeGreeting(
  version: string,
  uuid: string,
  salt: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return makeGreetingLines(`Tarantool ${version} (Binary) ${uuid}`, encodeBase64(salt));
}

/** Makes a greeting of two lines, as a console on a socket has one too. Each line has at most 63 characters. */
export function makeGreetingLines(first: string, second: string): Uint8Array<ArrayBuffer> {
  const half = greetingSize / 2 - 1;
  return encodeUtf8(`${first.padEnd(half)}\n${second.padEnd(half)}\n`);
}

/**
 * Reads a greeting.
 * @param bytes the first 128 bytes of a connection
 * @returns undefined when it is none (`Invalid greeting`)
 */
export function parseGreeting(bytes: Uint8Array): Greeting | undefined {
  if (bytes.length < greetingSize) return undefined;
  const text = decodeUtf8(bytes, 0, greetingSize);
  const match = /^Tarantool +(\d+\.\d+\.\d+\S*) +(?:\(([^)]*)\))?([^\n]*)\n([^\n]*)\n$/.exec(text);
  if (match === null || text.indexOf('\n') !== greetingSize / 2 - 1) return undefined;
  const [, version = '', protocol = 'Binary', rest = '', second = ''] = match;
  if (protocol !== 'Binary') return { version, protocol, uuid: '', salt: new Uint8Array(0) };
  const uuid = /^ *([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.exec(rest)?.[1] ?? '';
  const salt = decodeBase64(second);
  if (salt.length < scrambleSize) return undefined;
  return { version, protocol, uuid, salt };
}

/** Begins a frame whose length is not known yet. @returns what `endFrame` needs */
export function beginFrame(writer: MsgpackWriter): number {
  writer.fixedUint32(0);
  return writer.length;
}

/** Ends a frame begun with `beginFrame`. */
export function endFrame(writer: MsgpackWriter, start: number): void {
  writer.patchUint32(start - 4, writer.length - start);
}

/** Writes a row as one frame, in the short forms of replication and of requests. */
export function writeXRowFrame(writer: MsgpackWriter, row: XRow): void {
  const start = beginFrame(writer);
  encodeXRow(writer, row);
  endFrame(writer, start);
}

/**
 * Cuts a stream of bytes into frames. Bytes may come in pieces of any size; a frame that lies within one piece is
 * handed out as a view of it.
 */
export class FrameReader {
  /** Bytes that a frame may have at most; a peer that announces more is cut off before anything is stored. */
  readonly frameBytesMax: number;
  /** Pieces not yet consumed, in order. */
  #pieces: Uint8Array[] = [];
  /** Bytes in `#pieces`. */
  #size = 0;

  /** @param frameBytesMax the real server's limit is 2 GiB; what a browser's worker can hold is less */
  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Bytes that arrived and belong to no frame handed out. */
  get buffered(): number {
    return this.#size;
  }

  /** Takes bytes that arrived; they must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /**
   * The next whole frame, without its length; undefined when more bytes are needed.
   * @throws MsgpackError `packet length`, `too big packet size in the header: N`; the connection is then of no more use
   */
  next(): Uint8Array | undefined {
    const head = this.#byteAt(0);
    if (head === undefined) return undefined;
    const width = lengthWidth(head);
    let length = head;
    if (width > 0) {
      if (this.#size < 1 + width) return undefined;
      length = 0;
      for (let at = 1; at <= width; at++) length = length * 256 + (this.#byteAt(at) ?? 0);
    }
    if (length > this.frameBytesMax) {
      throw new MsgpackError(`too big packet size in the header: ${length}`);
    }
    if (this.#size < 1 + width + length) return undefined;
    this.#take(1 + width);
    return this.#take(length);
  }

  /** The first `size` bytes, not cut into frames (a greeting); undefined when fewer arrived. */
  takeRaw(size: number): Uint8Array | undefined {
    return this.#size < size ? undefined : this.#take(size);
  }

  /**
   * The bytes up to and with the first of some endings, for peers that speak lines (a console).
   * @param endings none of them empty
   * @returns undefined when none of them arrived
   */
  takeThrough(endings: readonly Uint8Array[]): Uint8Array | undefined {
    const whole = this.#take(this.#size);
    const ends = endings.map((ending) => endOf(whole, ending)).filter((end) => end >= 0);
    const end = Math.min(...ends);
    this.push(ends.length === 0 ? whole : whole.subarray(end));
    return ends.length === 0 ? undefined : whole.subarray(0, end);
  }

  #byteAt(offset: number): number | undefined {
    let left = offset;
    for (const piece of this.#pieces) {
      if (left < piece.length) return piece[left];
      left -= piece.length;
    }
    return undefined;
  }

  #take(size: number): Uint8Array {
    this.#size -= size;
    const first = this.#pieces[0];
    if (first === undefined) return new Uint8Array(0);
    if (size < first.length) {
      this.#pieces[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    if (size === first.length) {
      this.#pieces.shift();
      return first;
    }
    const whole = new Uint8Array(size);
    let at = 0;
    let used = 0;
    for (const piece of this.#pieces) {
      const part = piece.subarray(0, size - at);
      whole.set(part, at);
      at += part.length;
      if (part.length < piece.length) {
        this.#pieces[used] = piece.subarray(part.length);
        break;
      }
      used++;
      if (at === size) break;
    }
    this.#pieces.splice(0, used);
    return whole;
  }
}

/** Bytes of the number behind the first byte of a length; 0 when that byte is the length itself. */
function lengthWidth(head: number): number {
  if (head < 0x80) return 0;
  switch (head) {
    case 0xcc:
      return 1;
    case 0xcd:
      return 2;
    case 0xce:
      return 4;
    case 0xcf:
      return 8;
    default:
      throw new MsgpackError('packet length');
  }
}

/** Where the first place that holds these bytes ends; -1 when there is none. */
function endOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0] ?? 0;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at + wanted.length;
  }
  return -1;
}
