/** Texts and C's numbers as numbers of Lua: `tonumber`, and the real server's `tonumber64`. */
import { CNumber } from '../ffi/ffi-number.ts';
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argError,
  checkAny,
  checkInteger,
  checkString,
  isAbsent,
  optInteger,
  push,
  pushNil,
  pushNumber,
  pushValue,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import type { LuaState } from '../vm/types.ts';
import { isString, Tag, text } from '../vm/value.ts';

/** `tonumber(value, base)`: strings, and numbers of any kind. */
export function tonumber(L: LuaState): number {
  const base = optInteger(L, 2, 10);
  if (base !== 10) return tonumberInBase(L, base);
  const value = checkAny(L, 1);
  const n = toNumber(value) ?? asCData(value)?.toNumber();
  return n === undefined ? pushNil(L) : pushNumber(L, n);
}

function tonumberInBase(L: LuaState, base: number): number {
  const digits = text(checkString(L, 1)).trim().toLowerCase();
  if (base < 2 || base > 36) throw argError(L, 2, 'base out of range');
  const value = integerOf(digits, base);
  if (value === undefined) return pushNil(L);
  const cut = value >= 2n ** 64n ? 2n ** 64n - 1n : BigInt.asUintN(64, value);
  return pushNumber(L, Number(cut));
}

/** C's strtoul: a sign, 0x in front of base 16, digits; undefined when something else is there. */
function integerOf(digits: string, base: number): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(digits) ?? [];
  const body = base === 16 ? rest.replace(/^0x/, '') : rest;
  if (body === '') return undefined;
  let value = 0n;
  for (const digit of body) {
    const n = Number.parseInt(digit, 36);
    if (Number.isNaN(n) || n >= base) return undefined;
    value = value * BigInt(base) + BigInt(n);
  }
  return sign === '-' ? -value : value;
}

/** The real server's own: integers of 64 bits from strings. */
export function tonumber64(L: LuaState): number {
  if (!isAbsent(L, 2)) checkTonumber64Base(L);
  if (argCount(L) < 1) throw argError(L, 1, 'value expected');
  const value = arg(L, 1);
  const data = asCData(value);
  const isCNumber = data instanceof CNumber && data.ctype.kind !== 'bool';
  if (value.type === Tag.NUMBER || data instanceof Int64 || isCNumber) {
    if (!isAbsent(L, 2) && checkInteger(L, 2) !== 10) throw argError(L, 1, 'string expected');
    return pushValue(L, value);
  }
  if (!isString(value)) return pushNil(L);
  return pushParsed64(L, text(value.value.realstring), isAbsent(L, 2) ? 10 : checkInteger(L, 2));
}

function checkTonumber64Base(L: LuaState): void {
  const base = checkInteger(L, 2);
  if (base < 2 || base > 36) throw argError(L, 2, 'base out of range');
}

function pushParsed64(L: LuaState, source: string, givenBase: number): number {
  const digits = source.trim().toLowerCase().replace(/u?ll$/, '');
  const isHexadecimal = givenBase === 10 && /^[+-]?0x/.test(digits);
  const isBinary = (givenBase === 10 || givenBase === 2) && /^[+-]?0b/.test(digits);
  const base = isHexadecimal ? 16 : isBinary ? 2 : givenBase;
  const value = integerOf(isBinary ? digits.replace('0b', '') : digits, base);
  if (value === undefined || value >= 2n ** 64n || value < -(2n ** 63n)) return pushNil(L);
  // What has less than 15 digits is a number like any other.
  if (value > -(10n ** 14n) && value < 10n ** 14n) return pushNumber(L, Number(value));
  push(L, Tag.USERDATA, new Int64(value, value > 0n));
  return 1;
}
