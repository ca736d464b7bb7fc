/**
 * Walks msgpack without making values of it: a type, the end of a value, whether bytes are well-formed.
 * One table gives for each first byte how to get past it, as the real server's `mp_parser_hint` does.
 */

export type MsgpackType =
  | 'nil'
  | 'bool'
  | 'uint'
  | 'int'
  | 'float'
  | 'double'
  | 'str'
  | 'bin'
  | 'array'
  | 'map'
  | 'ext';

/**
 * Position after the value at `pos`. The bytes must be well-formed: what comes from a file or another server goes through
 * `checkMsgpack` first.
 */
export function skip(bytes: Uint8Array, pos: number): number {
  let left = 1;
  let at = pos;
  while (left > 0) {
    left--;
    const hint = hints[bytes[at] ?? 0xc1] ?? invalid;
    at++;
    if (hint >= 0) {
      at += hint;
    } else if (hint >= -maxInline) {
      left -= hint;
    } else {
      const width = (hint - lengthBase) & 7;
      const count = bigEndian(bytes, at, width);
      at += width;
      if (hint >= ext1) at += count + 1;
      else if (hint >= blob1) at += count;
      else if (hint >= array2) left += count;
      else if (hint >= map2) left += count * 2;
      else return at;
    }
  }
  return at;
}

/**
 * Position after the well-formed value that begins at `start`, or −1 when the bytes from `start` to `end` do not begin
 * with one. Never reads at or beyond `end`; does not recurse, so depth costs nothing.
 */
export function checkMsgpack(bytes: Uint8Array, start: number, end: number): number {
  let left = 1;
  let at = start;
  while (left > 0) {
    if (at >= end) return -1;
    left--;
    const hint = hints[bytes[at] ?? 0xc1] ?? invalid;
    at++;
    if (hint >= 0) {
      at += hint;
    } else if (hint >= -maxInline) {
      left -= hint;
    } else {
      if (hint === invalid) return -1;
      const width = (hint - lengthBase) & 7;
      if (at + width > end) return -1;
      const count = bigEndian(bytes, at, width);
      at += width;
      if (hint >= ext1) at += count + 1;
      else if (hint >= blob1) at += count;
      else if (hint >= array2) left += count;
      else left += count * 2;
      // Each value still due takes a byte at least: a count of four thousand million in ten bytes ends here.
      if (left > end - at) return -1;
    }
    if (at > end) return -1;
  }
  return at;
}

/** True when the well-formed bytes from `start` to `end` hold an extension at any depth. */
export function hasExt(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const head = bytes[at] ?? 0xc1;
    const hint = hints[head] ?? invalid;
    if ((head >= 0xd4 && head <= 0xd8) || (head >= 0xc7 && head <= 0xc9)) return true;
    at++;
    if (hint >= 0) {
      at += hint;
    } else if (hint < -maxInline) {
      const width = (hint - lengthBase) & 7;
      if (hint >= blob1) at += bigEndian(bytes, at, width);
      at += width;
    }
  }
  return false;
}

/** Type of the value at `pos`. Positive integers are 'uint' whatever form they stand in; 'int' is negative. */
export function typeAt(bytes: Uint8Array, pos: number): MsgpackType {
  const head = bytes[pos] ?? 0xc1;
  if (head < 0x80) return 'uint';
  if (head < 0x90) return 'map';
  if (head < 0xa0) return 'array';
  if (head < 0xc0) return 'str';
  if (head >= 0xe0) return 'int';
  const type = types[head - 0xc0] ?? 'nil';
  // A non-negative number may stand in a signed form, which other writers (msgpackr, Python) use freely.
  if (type === 'int' && (bytes[pos + 1] ?? 0) < 0x80) return 'uint';
  return type;
}

/** Unsigned number of 1, 2 or 4 bytes, most significant first. */
export function bigEndian(bytes: Uint8Array, at: number, width: number): number {
  if (width === 1) return bytes[at] ?? 0;
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (width === 2) return high;
  return high * 0x10000 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

// A hint of 0 or more: so many payload bytes follow. −1 to −30: so many values follow. Below: a length field of
// `(hint − lengthBase) & 7` bytes comes first, and the group says what it counts.
const maxInline = 30;
const lengthBase = -128;
const ext1 = -96 + 1;
const blob1 = -104 + 1;
const array2 = -112 + 2;
const map2 = -120 + 2;
const invalid = -128;

const hints = makeHints();

function makeHints(): Int8Array {
  const table = new Int8Array(256);
  for (let count = 0; count < 16; count++) {
    table[0x80 + count] = -2 * count;
    table[0x90 + count] = -count;
  }
  for (let size = 0; size < 32; size++) table[0xa0 + size] = size;
  const special: readonly (readonly [number, number])[] = [
    [0xc1, invalid],
    [0xc4, blob1],
    [0xc5, blob1 + 1],
    [0xc6, blob1 + 3],
    [0xc7, ext1],
    [0xc8, ext1 + 1],
    [0xc9, ext1 + 3],
    [0xca, 4],
    [0xcb, 8],
    [0xcc, 1],
    [0xcd, 2],
    [0xce, 4],
    [0xcf, 8],
    [0xd0, 1],
    [0xd1, 2],
    [0xd2, 4],
    [0xd3, 8],
    [0xd4, 2],
    [0xd5, 3],
    [0xd6, 5],
    [0xd7, 9],
    [0xd8, 17],
    [0xd9, blob1],
    [0xda, blob1 + 1],
    [0xdb, blob1 + 3],
    [0xdc, array2],
    [0xdd, array2 + 2],
    [0xde, map2],
    [0xdf, map2 + 2],
  ];
  for (const [head, hint] of special) table[head] = hint;
  return table;
}

/** Types of the first bytes 0xc0 to 0xdf. */
const types: readonly MsgpackType[] = [
  ...(['nil', 'nil', 'bool', 'bool', 'bin', 'bin', 'bin', 'ext', 'ext', 'ext'] as const),
  ...(['float', 'double', 'uint', 'uint', 'uint', 'uint', 'int', 'int', 'int', 'int'] as const),
  ...(['ext', 'ext', 'ext', 'ext', 'ext', 'str', 'str', 'str'] as const),
  ...(['array', 'array', 'map', 'map'] as const),
];
