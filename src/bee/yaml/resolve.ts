import { decodeBase64 } from '../wire/base64.ts';
import type { YamlValue } from './value.ts';

/** How a plain scalar reads: the two sides, `yaml.encode` that must quote and `yaml.decode` that must convert, ask here. */

/** @returns whether a plain scalar with this text would not come back as the string it is */
export function readsAsOther(text: string): boolean {
  return isNull(text) || booleanOf(text) !== undefined || isLuaNumber(text);
}

/** @returns whether the text stands for null; 'Null', 'NULL' and the empty text do not */
export function isNull(text: string): boolean {
  return text === 'null' || text === '~';
}

/** @returns undefined where the text is no truth value; tarantool takes only four words of YAML 1.1 */
export function booleanOf(text: string): boolean | undefined {
  if (text === 'true' || text === 'yes') return true;
  if (text === 'false' || text === 'no') return false;
  return undefined;
}

const luaNumber =
  /^[ \t-\r]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?|0b[01]+|inf(?:inity)?|nan)[ \t-\r]*\0?$/i;

/** @returns whether LuaJIT's `tonumber` would take the text: decimal, hex, binary, inf and nan, blanks around allowed */
function isLuaNumber(text: string): boolean {
  return luaNumber.test(text);
}

/** The value of a scalar of `yaml.decode`. @param tag the full name behind `tag:yaml.org,2002:`, if any */
export function resolveScalar(text: string, isPlain: boolean, tag: string | undefined): YamlValue {
  if (tag === 'str') return text;
  if (tag === 'int') return BigInt(/^\s*[+-]?\d+/.exec(text)?.[0].replace('+', '') ?? 0);
  if (tag === 'float') return Number.parseFloat(text) || 0;
  if (tag === 'bool') return booleanOf(text) === true;
  if (tag === 'binary') return decodeBase64(text);
  if (!isPlain || text === '') return text;
  if (isNull(text)) return null;
  return booleanOf(text) ?? numberOf(text) ?? text;
}

const greatest = 2n ** 64n - 1n;
const least = -(2n ** 63n);

/** What C's strtoll, strtoull and strtod make of a whole text. */
function numberOf(text: string): bigint | number | undefined {
  if (/^[+-]?\d+$/.test(text)) {
    const exact = BigInt(text.replace('+', ''));
    return exact > greatest ? greatest : exact < least ? least : exact;
  }
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  const special = /^([+-]?)(?:(inf|infinity)|(nan)|0x([\da-f]+)(?:p([+-]?\d+))?)$/i.exec(text);
  if (special === null) return undefined;
  const [, sign, infinite, nan, digits = '0', power = '0'] = special;
  if (nan !== undefined) return Number.NaN;
  const size =
    infinite === undefined
      ? Number(BigInt(`0x${digits}`)) * 2 ** Number(power)
      : Number.POSITIVE_INFINITY;
  return sign === '-' ? -size : size;
}
