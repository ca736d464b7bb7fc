/**
 * `decimal.sqrt`, `exp`, `ln`, `log10` and powers: fixed-point numbers of more digits than are asked for, rounded once. Undefined
 * where the real server says `decimal operation failed`.
 */
import { Decimal } from '../../base/decimal.ts';
import { countDigits, round, shortened } from './decimal-math.ts';

/** Digits behind the point while computing: 38 wanted, 38 that a result near 0 may lack, and some to spare. */
const places = 110;
const one = 10n ** BigInt(places);
const digitsMax = 38;

/** Square root; exact ones are as short as half the exponent allows. */
export function squareRoot(value: Decimal): Decimal | undefined {
  const ideal = Math.floor(value.exponent / 2);
  if (value.digits === 0n) return Decimal.of(0n, value.isNegative, ideal);
  if (value.isNegative) return undefined;
  const shift = 2 * (digitsMax + 2) + (value.exponent & 1);
  const radicand = value.digits * 10n ** BigInt(shift);
  const root = wholeRoot(radicand);
  const exponent = (value.exponent - shift) / 2;
  if (root * root === radicand) return shortened(root, false, exponent, ideal);
  return rounded(root, false, exponent);
}

/** e to the power of a number. */
export function exponential(value: Decimal): Decimal | undefined {
  if (value.digits === 0n) return Decimal.fromInteger(1);
  if (Math.abs(value.toNumber()) > 200) {
    return value.isNegative ? Decimal.of(0n, false, -digitsMax) : undefined;
  }
  return rounded(expOf(fixed(value)), false, -places);
}

/** Natural logarithm, of at most 37 digits behind the point. */
export function logarithm(value: Decimal): Decimal | undefined {
  if (value.isNegative || value.digits === 0n) return undefined;
  const result = lnOf(value);
  if (result === 0n) return Decimal.fromInteger(0);
  const wide = signedRounded(result);
  return wide === undefined ? undefined : round(wide, digitsMax - 1);
}

/** Logarithm to the base of 10; exact for powers of 10. */
export function logarithm10(value: Decimal): Decimal | undefined {
  if (value.isNegative || value.digits === 0n) return undefined;
  const text = value.digits.toString();
  if (/^10*$/.test(text)) return Decimal.fromInteger(text.length - 1 + value.exponent);
  return signedRounded((lnOf(value) * one) / lnTen());
}

/** Power: exact digits for whole exponents, else through logarithms. */
export function power(base: Decimal, exponent: Decimal): Decimal | undefined {
  const whole = wholeOf(exponent);
  if (base.digits === 0n) {
    if (exponent.digits === 0n || exponent.isNegative) return undefined;
    return Decimal.fromInteger(0);
  }
  if (whole !== undefined) return wholePower(base, whole);
  if (base.isNegative) return undefined;
  const product = (lnOf(base) * fixed(exponent)) / one;
  if (product > 200n * one) return undefined;
  if (product < -200n * one) return Decimal.of(0n, false, -digitsMax);
  return rounded(expOf(product), false, -places);
}

function wholePower(base: Decimal, exponent: number): Decimal | undefined {
  if (exponent === 0) return Decimal.fromInteger(1);
  const count = Math.abs(exponent);
  const magnitude = (countDigits(base.digits) + base.exponent) * count;
  if (Math.abs(magnitude) > 10_000 || count > 10_000) {
    const grows = magnitude > 0 === exponent > 0;
    return grows ? undefined : Decimal.of(0n, false, -digitsMax);
  }
  const digits = base.digits ** BigInt(count);
  const isNegative = base.isNegative && count % 2 === 1;
  if (exponent > 0) return Decimal.of(digits, isNegative, base.exponent * count);
  const inverse = 10n ** BigInt(2 * digitsMax + countDigits(digits)) / digits;
  const scale = -2 * digitsMax - countDigits(digits) - base.exponent * count;
  const isExact = inverse * digits === 10n ** BigInt(2 * digitsMax + countDigits(digits));
  if (isExact) return shortened(inverse, isNegative, scale, -base.exponent * count);
  return rounded(inverse, isNegative, scale);
}

function wholeOf(value: Decimal): number | undefined {
  const number = value.toNumber();
  if (value.exponent >= 0) return number;
  const unit = 10n ** BigInt(-value.exponent);
  return value.digits % unit === 0n ? number : undefined;
}

function fixed(value: Decimal): bigint {
  const shift = places + value.exponent;
  const digits =
    shift >= 0 ? value.digits * 10n ** BigInt(shift) : value.digits / 10n ** BigInt(-shift);
  return value.isNegative ? -digits : digits;
}

function signedRounded(value: bigint): Decimal | undefined {
  return value < 0n ? rounded(-value, true, -places) : rounded(value, false, -places);
}

function rounded(digits: bigint, isNegative: boolean, exponent: number): Decimal | undefined {
  return Decimal.of(digits, isNegative, exponent);
}

/** Taylor's series of a small part of the argument, squared back. */
function expOf(value: bigint): bigint {
  const halvings = 20;
  const small = value / 2n ** BigInt(halvings);
  let [term, sum] = [one, one];
  for (let n = 1n; term !== 0n; n++) {
    term = (term * small) / (one * n);
    sum += term;
  }
  for (let n = 0; n < halvings; n++) sum = (sum * sum) / one;
  return sum;
}

/** Halley's iteration from the nearest double: each step triples the good digits. */
function lnOf(value: Decimal): bigint {
  const size = countDigits(value.digits);
  const mantissa = value.digits * 10n ** BigInt(places - size + 1);
  const tens = BigInt(size - 1 + value.exponent);
  const tail = tens === 0n ? 0n : tens * lnTen();
  return mantissa === one ? tail : lnOfMantissa(mantissa) + tail;
}

function lnOfMantissa(mantissa: bigint): bigint {
  const near = Math.log(Number(mantissa / 10n ** BigInt(places - 17)) / 1e17);
  let result = BigInt(Math.round(near * 1e15)) * 10n ** BigInt(places - 15);
  for (let n = 0; n < 4; n++) {
    const power = expOf(result);
    result += (2n * (mantissa - power) * one) / (mantissa + power);
  }
  return result;
}

let lnTenValue: bigint | undefined;

function lnTen(): bigint {
  lnTenValue ??= lnOfMantissa(10n * one);
  return lnTenValue;
}

function wholeRoot(value: bigint): bigint {
  let root = 10n ** BigInt(Math.ceil(value.toString().length / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
