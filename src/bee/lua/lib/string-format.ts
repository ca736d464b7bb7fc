/** `string.format` as LuaJIT does it. */

import { concat } from '../../base/bytes.ts';
import {
  arg,
  argError,
  callerError,
  checkNumber,
  checkString,
  hasArg,
  toBytes,
} from '../vm/host.ts';
import { formatE, formatF, formatG, formatSpecial } from '../vm/number-format.ts';
import type { LuaState } from '../vm/types.ts';
import { utf8 } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { textOf } from './tostring.ts';

interface Specification {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: string;
}

const percent = 37;
const form = /^%([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?(.)/s;

/** The formatted bytes of the running function's arguments. */
export function format(vm: LuaVm, L: LuaState): Uint8Array {
  const template = checkString(L, 1);
  const parts: Uint8Array[] = [];
  let next = 1;
  for (let at = 0; at < template.length; ) {
    const mark = template.indexOf(percent, at);
    const end = mark < 0 ? template.length : mark;
    if (end > at) parts.push(template.subarray(at, end));
    if (mark < 0) break;
    if (template[mark + 1] === percent) {
      parts.push(utf8('%'));
      at = mark + 2;
      continue;
    }
    const { specification, length } = parse(template, mark);
    parts.push(one(vm, L, ++next, specification));
    at = mark + length;
  }
  return concat(parts);
}

function parse(
  template: Uint8Array,
  at: number,
): { readonly specification: Specification; readonly length: number } {
  const head = String.fromCharCode(...template.subarray(at, at + 24));
  const match = form.exec(head);
  const conversion = match?.[4] ?? '';
  if (match === null || !'aAcdeEfgGiopqsuxX'.includes(conversion) || (match[1]?.length ?? 0) > 5) {
    const shown = /^%[-+ #0]*\d{0,2}(?:\.\d{0,2})?[^\0]?/s.exec(head)?.[0] ?? '%';
    throw callerError(`invalid option '${shown}' to 'format'`);
  }
  const [all, flags = '', width = '', precision] = match;
  return {
    specification: {
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      conversion,
    },
    length: all.length,
  };
}

function one(vm: LuaVm, L: LuaState, n: number, spec: Specification): Uint8Array {
  switch (spec.conversion) {
    case 's':
      return stringField(vm, L, n, spec);
    case 'q':
      return quoted(checkString(L, n));
    case 'c':
      return padBytes(Uint8Array.of(checkNumber(L, n) & 255), spec);
    case 'p':
      return padBytes(textOf(vm, L, arg(L, n)), spec);
    case 'd':
    case 'i':
      return utf8(signedField(integerArgument(checkNumber(L, n)), spec));
    case 'u':
      return utf8(unsignedField(BigInt.asUintN(64, integerArgument(checkNumber(L, n))), 10, spec));
    case 'x':
    case 'X':
    case 'o': {
      const value = BigInt.asUintN(64, integerArgument(checkNumber(L, n)));
      const digits = unsignedField(value, spec.conversion === 'o' ? 8 : 16, spec);
      return utf8(spec.conversion === 'X' ? digits.toUpperCase() : digits);
    }
    default:
      return utf8(floatField(checkNumber(L, n), spec));
  }
}

function stringField(vm: LuaVm, L: LuaState, n: number, spec: Specification): Uint8Array {
  if (!hasArg(L, n)) throw argError(L, n, 'no value');
  const value = arg(L, n);
  const bytes = toBytes(value) ?? textOf(vm, L, value);
  return padBytes(spec.precision === undefined ? bytes : bytes.subarray(0, spec.precision), spec);
}

/** A number as a C cast to 64 bits makes an integer of it. */
function integerArgument(n: number): bigint {
  if (!Number.isFinite(n)) return -(2n ** 63n);
  const whole = BigInt(Math.trunc(n));
  return whole >= 2n ** 63n
    ? BigInt.asUintN(64, whole)
    : whole < -(2n ** 63n)
      ? -(2n ** 63n)
      : whole;
}

function padBytes(bytes: Uint8Array, spec: Specification): Uint8Array {
  if (bytes.length >= spec.width) return bytes;
  const result = new Uint8Array(spec.width).fill(32);
  result.set(bytes, spec.flags.includes('-') ? 0 : spec.width - bytes.length);
  return result;
}

function signedField(value: bigint, spec: Specification): string {
  const digits = (value < 0n ? -value : value).toString().padStart(spec.precision ?? 1, '0');
  return padNumber(signOf(value < 0n, spec), digits, spec, spec.precision === undefined);
}

function unsignedField(value: bigint, base: number, spec: Specification): string {
  const digits = value.toString(base).padStart(spec.precision ?? 1, '0');
  const isAlternate = spec.flags.includes('#') && value !== 0n;
  const prefix = isAlternate ? (base === 16 ? '0x' : '0') : '';
  return padNumber(prefix, digits, spec, spec.precision === undefined);
}

function signOf(isNegative: boolean, spec: Specification): string {
  if (isNegative) return '-';
  if (spec.flags.includes('+')) return '+';
  return spec.flags.includes(' ') ? ' ' : '';
}

function padNumber(sign: string, digits: string, spec: Specification, mayZero: boolean): string {
  const missing = Math.max(0, spec.width - sign.length - digits.length);
  if (spec.flags.includes('-')) return sign + digits + ' '.repeat(missing);
  if (mayZero && spec.flags.includes('0')) return sign + '0'.repeat(missing) + digits;
  return ' '.repeat(missing) + sign + digits;
}

function floatField(n: number, spec: Specification): string {
  const isUpper = spec.conversion <= 'Z';
  const special = formatSpecial(n);
  const isNegative = n < 0 || Object.is(n, -0) || special?.startsWith('-') === true;
  const text = special ?? floatDigits(n, spec);
  const digits = text.startsWith('-') ? text.slice(1) : text;
  const shown = padNumber(signOf(isNegative, spec), digits, spec, special === undefined);
  return isUpper ? shown.toUpperCase() : shown;
}

function floatDigits(n: number, spec: Specification): string {
  const keep = spec.flags.includes('#');
  switch (spec.conversion.toLowerCase()) {
    case 'e':
      return formatE(n, spec.precision ?? 6, keep);
    case 'f':
      return formatF(n, spec.precision ?? 6, keep);
    case 'a':
      return formatA(Math.abs(n), spec.precision);
    default:
      return formatG(n, spec.precision ?? 6, keep);
  }
}

/** `%a`: hexadecimal digits and a binary exponent. */
function formatA(n: number, precision: number | undefined): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, n);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  let fraction = bits & (2n ** 52n - 1n);
  let lead = biased === 0 ? 0n : 1n;
  const exponent = n === 0 ? 0 : biased === 0 ? -1022 : biased - 1023;
  let digits = fraction.toString(16).padStart(13, '0').replace(/0+$/, '');
  if (precision !== undefined && precision < 13) {
    const shift = BigInt(4 * (13 - precision));
    const all = (lead << 52n) | fraction;
    const half = 1n << (shift - 1n);
    let rounded = all >> shift;
    const rest = all & ((1n << shift) - 1n);
    if (rest > half || (rest === half && rounded % 2n === 1n)) rounded++;
    lead = rounded >> BigInt(4 * precision);
    fraction = rounded & ((1n << BigInt(4 * precision)) - 1n);
    digits = precision === 0 ? '' : fraction.toString(16).padStart(precision, '0');
  } else if (precision !== undefined) {
    digits = digits.padEnd(precision, '0');
  }
  const point = digits === '' ? '' : '.';
  return `0x${lead}${point}${digits}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** `%q`: what the Lua reader reads back. */
function quoted(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [utf8('"')];
  bytes.forEach((byte, at) => {
    if (byte === 34 || byte === 92 || byte === 10) parts.push(Uint8Array.of(92, byte));
    else if (byte < 32 || byte === 127) {
      const followed = (bytes[at + 1] ?? 0) >= 48 && (bytes[at + 1] ?? 0) <= 57;
      parts.push(utf8(`\\${followed ? String(byte).padStart(3, '0') : byte}`));
    } else parts.push(Uint8Array.of(byte));
  });
  parts.push(utf8('"'));
  return concat(parts);
}
