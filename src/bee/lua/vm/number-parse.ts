/**
 * Reads numbers as LuaJIT's scanner does: decimal and hexadecimal, with fraction and exponent, `0b101`, `inf`, `nan`, and in programs
 * the suffixes LL and ULL.
 */

const decimalForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const hexadecimalForm = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/i;
const binaryForm = /^([+-]?)0b([01]+)$/i;
const specialForm = /^([+-]?)(inf|infinity|nan)$/i;
const integerForm = /^([+-]?)(0x[0-9a-f]+|\d+)(ull|ll)$/i;

function ascii(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

/** The number that a string reads as, spaces around it ignored; undefined when it is none. */
export function parseNumber(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || bytes.length > 1100) return undefined;
  return parseNumberText(ascii(bytes).replace(/^[ \t-\r]+|[ \t-\r]+$/g, ''));
}

/** The same of a text without spaces around it. */
export function parseNumberText(text: string): number | undefined {
  if (decimalForm.test(text)) return Number(text);
  return parseHexadecimal(text) ?? parseBinary(text) ?? parseSpecial(text);
}

function parseHexadecimal(text: string): number | undefined {
  const match = hexadecimalForm.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent] = match;
  const digits = whole + fraction;
  if (digits === '') return undefined;
  const scale = Number(exponent ?? 0) - 4 * fraction.length;
  const magnitude = scaled(Number(BigInt(`0x${digits}`)), scale);
  return sign === '-' ? -magnitude : magnitude;
}

/** x · 2^exponent without losing what is in range on the way. */
function scaled(x: number, exponent: number): number {
  let result = x;
  let left = exponent;
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  for (; left < -1000; left += 1000) result *= 2 ** -1000;
  return result * 2 ** left;
}

function parseBinary(text: string): number | undefined {
  const match = binaryForm.exec(text);
  if (match === null) return undefined;
  const magnitude = Number(BigInt(`0b${match[2] ?? '0'}`));
  return match[1] === '-' ? -magnitude : magnitude;
}

function parseSpecial(text: string): number | undefined {
  const match = specialForm.exec(text);
  if (match === null) return undefined;
  if (match[2]?.toLowerCase() === 'nan') return Number.NaN;
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export interface IntegerLiteral {
  /** In the range of its type. */
  readonly value: bigint;
  readonly isUnsigned: boolean;
}

/** A literal with LL or ULL behind it; undefined when the text is none or has too many digits. */
export function parseIntegerLiteral(text: string): IntegerLiteral | undefined {
  const match = integerForm.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = '0', suffix = ''] = match;
  const magnitude = BigInt(digits);
  if (magnitude >= 2n ** 64n) return undefined;
  const isUnsigned = suffix.toLowerCase() === 'ull';
  const value = sign === '-' ? -magnitude : magnitude;
  return { value: isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value), isUnsigned };
}
