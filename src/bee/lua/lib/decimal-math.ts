/**
 * The arithmetic of the `decimal` module over `base/decimal.ts`. Every function that can fail gives undefined then, of which
 * the binding makes `decimal operation failed`.
 */
import { Decimal } from '../../base/decimal.ts';

const digitsMax = 38;

/** Product. */
export function multiply(left: Decimal, right: Decimal): Decimal | undefined {
  const isNegative = left.isNegative !== right.isNegative;
  return Decimal.of(left.digits * right.digits, isNegative, left.exponent + right.exponent);
}

/** Quotient: exact ones as short as their operands allow, others of 38 digits. */
export function divide(left: Decimal, right: Decimal): Decimal | undefined {
  if (right.digits === 0n) return undefined;
  const isNegative = left.isNegative !== right.isNegative;
  const ideal = left.exponent - right.exponent;
  if (left.digits === 0n) return Decimal.of(0n, isNegative, ideal);
  const shift = Math.max(digitsMax + 2 + countDigits(right.digits) - countDigits(left.digits), 0);
  const dividend = left.digits * 10n ** BigInt(shift);
  const quotient = dividend / right.digits;
  if (quotient * right.digits !== dividend) {
    return Decimal.of(quotient, isNegative, ideal - shift);
  }
  return shortened(quotient, isNegative, ideal - shift, ideal);
}

/** Remainder with the sign of the dividend. */
export function remainder(left: Decimal, right: Decimal): Decimal | undefined {
  if (right.digits === 0n) return undefined;
  const power = Math.min(left.exponent, right.exponent);
  const dividend = left.digits * 10n ** BigInt(left.exponent - power);
  const divisor = right.digits * 10n ** BigInt(right.exponent - power);
  if (countDigits(dividend / divisor) > digitsMax) return undefined;
  return Decimal.of(dividend % divisor, left.isNegative, power);
}

/** Drops zeros at the end until the exponent is the ideal one. */
export function shortened(
  digits: bigint,
  isNegative: boolean,
  exponent: number,
  ideal: number,
): Decimal | undefined {
  let [rest, power] = [digits, exponent];
  while (power < ideal && rest % 10n === 0n && rest !== 0n) {
    rest /= 10n;
    power++;
  }
  return Decimal.of(rest, isNegative, power);
}

/** `-x`; there is no negative zero. */
export function negate(value: Decimal): Decimal {
  const isNegative = !value.isNegative && value.digits !== 0n;
  return Decimal.of(value.digits, isNegative, value.exponent) ?? value;
}

/** `decimal.abs`. */
export function absolute(value: Decimal): Decimal {
  return Decimal.of(value.digits, false, value.exponent) ?? value;
}

/** `decimal.scale`: digits behind the point. */
export function scaleOf(value: Decimal): number {
  return value.exponent < 0 ? -value.exponent : 0;
}

/** `decimal.precision`: digits of the number as it is written. */
export function precisionOf(value: Decimal): number {
  const digits = countDigits(value.digits);
  return value.exponent <= 0 ? Math.max(digits, -value.exponent) : digits + value.exponent;
}

/** `decimal.round`: half away from zero; a scale that cannot be leaves the number as it is. */
export function round(value: Decimal, scale: number): Decimal {
  if (scale < 0 || scale > digitsMax || scale >= scaleOf(value)) return value;
  const digitsKept = Math.max(precisionOf(value) - scaleOf(value) + scale, 1);
  const unit = 10n ** BigInt(-scale - value.exponent);
  let digits = (value.digits + unit / 2n) / unit;
  let exponent = -scale;
  // 9.99 has one digit too many when it becomes 10.0: the real server keeps the count, and so shows 1.0E+1.
  if (countDigits(digits) > digitsKept) {
    digits /= 10n;
    exponent++;
  }
  return Decimal.of(digits, value.isNegative, exponent) ?? value;
}

/** `decimal.rescale`: rounds, or adds zeros where there is room for them. */
export function rescale(value: Decimal, scale: number): Decimal {
  if (scale < 0) return value;
  if (scale <= scaleOf(value)) return round(value, scale);
  const zeros = scale + value.exponent;
  if (scale > digitsMax || countDigits(value.digits) + zeros > digitsMax) return value;
  const digits = value.digits * 10n ** BigInt(zeros);
  return Decimal.of(digits, value.isNegative, -scale) ?? value;
}

/** `decimal.trim`: without zeros at the end of the fraction. */
export function trim(value: Decimal): Decimal {
  if (value.digits === 0n) return Decimal.of(0n, value.isNegative, 0) ?? value;
  return shortened(value.digits, value.isNegative, value.exponent, 0) ?? value;
}

/** Digits of a whole number; one for 0. */
export function countDigits(digits: bigint): number {
  return digits.toString().length;
}
