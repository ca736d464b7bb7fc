/**
 * A reader of .snap and .xlog files written from the protocol facts alone (section 1). It shares no code with src: what it
 * says about a file that Bee wrote is a second opinion. It checks every byte and throws at the first that is not as the facts say.
 */

export interface ReadRow {
  type: number;
  replicaId?: number;
  lsn?: number;
  timestamp?: number;
  groupId?: number;
  /** lsn − lsn of the first global row, as a signed number. */
  tsn?: number;
  flags?: number;
  body?: Map<number, unknown>;
}

export interface ReadFile {
  type: string;
  instance: string;
  vclock: string;
  previousVclock: string | undefined;
  blocks: ReadRow[][];
  hasEof: boolean;
}

/** Reads a whole file. */
export function readXlog(bytes: Uint8Array): ReadFile {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 2048));
  const headerEnd = text.indexOf('\n\n');
  check(headerEnd > 0, 'an empty line ends the header');
  const lines = text.slice(0, headerEnd).split('\n');
  const [type, format, version, instance, vclock, previous, ...more] = lines;
  check(type === 'SNAP' || type === 'XLOG', 'line 1 is the type');
  check(format === '0.13', 'line 2 is the format version');
  check(version === 'Version: 2.6.0-0-g47aa4e01e', 'line 3 is the version');
  check(/^Instance: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(instance ?? ''), 'instance');
  check(/^VClock: \{(\d+: [1-9]\d*(, \d+: [1-9]\d*)*)?\}$/.test(vclock ?? ''), 'vclock');
  check(previous === undefined || /^PrevVClock: \{.*\}$/.test(previous), 'previous vclock');
  check(type === 'XLOG' || previous === undefined, 'a snapshot has no previous vclock');
  check(more.length === 0, 'no more lines');
  const blocks: ReadRow[][] = [];
  let at = headerEnd + 2;
  let hasEof = false;
  while (at < bytes.length) {
    const magic = hex(bytes, at, 4);
    if (magic === 'd510aded') {
      check(at + 4 === bytes.length, 'nothing follows the end marker');
      hasEof = true;
      break;
    }
    check(magic === 'd5ba0bab', `a block of plain rows at ${at}`);
    const header = new Bytes(bytes, at + 4, at + 19);
    const length = Number(header.value());
    check(header.value() === 0, 'checksum of the previous block is 0');
    const crc = Number(header.value());
    const padding = at + 19 - header.at;
    if (padding > 0) {
      check(bytes[header.at] === 0xa0 + padding - 1, 'padding is one string');
      for (let pad = 1; pad < padding; pad++) check(bytes[header.at + pad] === 0, 'of zeros');
    }
    const payload = bytes.subarray(at + 19, at + 19 + length);
    check(payload.length === length, 'the payload is there');
    check(castagnoli(payload) === crc, `checksum of the block at ${at}`);
    check(length > 0, 'a block has rows');
    blocks.push(readRows(payload));
    at += 19 + length;
  }
  return {
    type: type ?? '',
    instance: (instance ?? '').slice('Instance: '.length),
    vclock: (vclock ?? '').slice('VClock: '.length),
    previousVclock: previous?.slice('PrevVClock: '.length),
    blocks,
    hasEof,
  };
}

/** 20 digits: the sum of the vclock's components. */
export function fileNumber(vclock: string): string {
  let sum = 0;
  for (const match of vclock.matchAll(/: (\d+)/g)) sum += Number(match[1]);
  return String(sum).padStart(20, '0');
}

function readRows(payload: Uint8Array): ReadRow[] {
  const rows: ReadRow[] = [];
  const bytes = new Bytes(payload, 0, payload.length);
  while (bytes.at < payload.length) {
    const header = bytes.value();
    check(header instanceof Map, 'a row begins with a map');
    const row: ReadRow = { type: -1 };
    const keys = [...header.keys()];
    const order = [0, 2, 7, 3, 4, 8, 9];
    check(
      keys.every(
        (key, index) => index === 0 || order.indexOf(key) > order.indexOf(keys[index - 1]),
      ),
      `header keys stand in the real order, not ${keys}`,
    );
    for (const [key, value] of header) {
      if (key === 0) row.type = value;
      else if (key === 2) row.replicaId = value;
      else if (key === 3) row.lsn = value;
      else if (key === 4) row.timestamp = value;
      else if (key === 7) row.groupId = value;
      else if (key === 8) row.tsn = Number(BigInt.asIntN(64, BigInt(value)));
      else if (key === 9) row.flags = value;
      else throw new Error(`unknown header key ${key}`);
    }
    if (row.type !== 12) {
      const body = bytes.value();
      check(body instanceof Map, 'a body is a map');
      row.body = body;
    }
    rows.push(row);
  }
  return rows;
}

/** CRC-32C bit by bit: polynomial 0x82f63b78 reflected, start 0, no inversion. */
export function castagnoli(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc >>> 0;
}

class Bytes {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a msgpack value is anything, and this reader checks what it needs
  value(): any {
    check(this.at < this.end, 'a value is there');
    const head = this.bytes[this.at++] ?? 0;
    if (head < 0x80) return head;
    if (head < 0x90) return this.map(head & 15);
    if (head < 0xa0) return this.array(head & 15);
    if (head < 0xc0) return this.text(head & 31);
    if (head >= 0xe0) return head - 256;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xcb: {
        const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8);
        this.at += 8;
        return view.getFloat64(0);
      }
      case 0xcc:
        return Number(this.uint(1));
      case 0xcd:
        return Number(this.uint(2));
      case 0xce:
        return Number(this.uint(4));
      case 0xcf:
        return this.uint(8);
      case 0xd0:
        return Number(BigInt.asIntN(8, this.uint(1)));
      case 0xd1:
        return Number(BigInt.asIntN(16, this.uint(2)));
      case 0xd2:
        return Number(BigInt.asIntN(32, this.uint(4)));
      case 0xd9:
        return this.text(Number(this.uint(1)));
      case 0xda:
        return this.text(Number(this.uint(2)));
      case 0xdb:
        return this.text(Number(this.uint(4)));
      case 0xdc:
        return this.array(Number(this.uint(2)));
      case 0xdd:
        return this.array(Number(this.uint(4)));
      case 0xde:
        return this.map(Number(this.uint(2)));
      default:
        throw new Error(`head 0x${head.toString(16)} is not expected here`);
    }
  }

  uint(width: number): bigint {
    let value = 0n;
    for (let index = 0; index < width; index++) {
      value = value * 256n + BigInt(this.bytes[this.at++] ?? 0);
    }
    return value;
  }

  text(length: number): string {
    check(this.at + length <= this.end, 'text is there');
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }

  array(count: number): unknown[] {
    return Array.from({ length: count }, () => this.value());
  }

  map(count: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let index = 0; index < count; index++) {
      const key = this.value();
      map.set(key, this.value());
    }
    return map;
  }
}

function hex(bytes: Uint8Array, at: number, length: number): string {
  return [...bytes.subarray(at, at + length)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not as the facts say: ${what}`);
}
