/**
 * Decimal numbers as the real server keeps them: at most 38 digits, at most 38 of them behind the point, rounding half up.
 * In msgpack they are extension 1: the scale as an integer, then binary-coded decimal digits with the sign in the last nibble.
 */

/** Digits that a decimal may have (decNumber's context in the real server: 38 digits, exponents −1 to 37). */
const digitsMax = 38;

/** A decimal number of up to 38 digits, with decNumber's arithmetic and rounding. */
export class Decimal {
  /** The digits as one whole number, without sign. */
  readonly digits: bigint;
  readonly isNegative: boolean;
  /** The value is digits × 10^exponent. */
  readonly exponent: number;

  private constructor(digits: bigint, isNegative: boolean, exponent: number) {
    this.digits = digits;
    this.isNegative = isNegative;
    this.exponent = exponent;
  }

  /** Rounds to what fits. @returns undefined when the number is 10^38 or more */
  static of(digits: bigint, isNegative: boolean, exponent: number): Decimal | undefined {
    let [rest, power] = [digits, exponent];
    const surplus = Math.max(digitCount(rest) - digitsMax, -digitsMax - power);
    if (surplus > 0) {
      rest = roundHalfUp(rest, surplus);
      power += surplus;
      if (digitCount(rest) > digitsMax) {
        rest /= 10n;
        power++;
      }
    }
    if (rest !== 0n && digitCount(rest) + power > digitsMax) return undefined;
    if (rest === 0n && power > digitsMax - 1) power = digitsMax - 1;
    return new Decimal(rest, isNegative, power);
  }

  /** Reads `[+-]digits[.digits][e[+-]digits]`, all of the text; undefined when it is something else or too big. */
  static fromString(text: string): Decimal | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
    if (match === null) return undefined;
    const [, sign, whole = '', fraction = '', power = '0'] = match;
    if (whole === '' && fraction === '') return undefined;
    return Decimal.of(BigInt(whole + fraction), sign === '-', Number(power) - fraction.length);
  }

  static fromInteger(value: number | bigint): Decimal {
    const whole = BigInt(value);
    return new Decimal(whole < 0n ? -whole : whole, whole < 0n, 0);
  }

  /** Takes the 15 digits that a double surely has; undefined for what is not finite, and for 10^38 and more. */
  static fromDouble(value: number): Decimal | undefined {
    if (!Number.isFinite(value)) return undefined;
    return Decimal.fromString(trimZeros(value.toPrecision(15)));
  }

  /** Unpacks the data of a msgpack extension; undefined when it is none. */
  static unpack(data: Uint8Array): Decimal | undefined {
    const [scale, start] = readScale(data);
    if (scale === undefined || scale > digitsMax || scale <= -digitsMax) return undefined;
    if (start >= data.length) return undefined;
    let text = '';
    for (let at = start; at < data.length; at++) {
      const byte = data[at] ?? 0;
      text += (byte >>> 4).toString(16);
      text += (byte & 15).toString(16);
    }
    const sign = text.at(-1);
    const digits = text.slice(0, -1);
    if (sign === undefined || !'abcdef'.includes(sign) || !/^\d+$/.test(digits)) return undefined;
    const value = BigInt(digits);
    if (digitCount(value) > digitsMax) return undefined;
    return new Decimal(value, sign === 'b' || sign === 'd', -scale);
  }

  /** Data of the msgpack extension. */
  pack(): Uint8Array<ArrayBuffer> {
    const text = this.digits.toString();
    const nibbles = (text.length % 2 === 0 ? '0' : '') + text + (this.isNegative ? 'd' : 'c');
    const scale = -this.exponent;
    const head = scale >= 0 ? [scale] : scale >= -32 ? [scale & 0xff] : [0xd0, scale & 0xff];
    const bytes = new Uint8Array(head.length + nibbles.length / 2);
    bytes.set(head);
    for (let at = 0; at < nibbles.length; at += 2) {
      bytes[head.length + at / 2] = Number.parseInt(nibbles.slice(at, at + 2), 16);
    }
    return bytes;
  }

  /** Negative, zero or positive. */
  compare(other: Decimal): number {
    const power = Math.min(this.exponent, other.exponent);
    const [left, right] = [this.#scaled(power), other.#scaled(power)];
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** @returns undefined when the sum is 10^38 or more */
  add(other: Decimal): Decimal | undefined {
    const power = Math.min(this.exponent, other.exponent);
    const sum = this.#scaled(power) + other.#scaled(power);
    const isNegative = sum === 0n ? this.isNegative && other.isNegative : sum < 0n;
    return Decimal.of(sum < 0n ? -sum : sum, isNegative, power);
  }

  subtract(other: Decimal): Decimal | undefined {
    return this.add(new Decimal(other.digits, !other.isNegative, other.exponent));
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(`${this.isNegative ? '-' : ''}${this.digits}e${this.exponent}`);
  }

  /** As the real server prints it, never with an exponent: `1.50`, `0.0000001`, `100000` for 1e5 (and `000000` for 0e5). */
  toString(): string {
    const text = this.digits.toString();
    const sign = this.isNegative ? '-' : '';
    if (this.exponent >= 0) return sign + text + '0'.repeat(this.exponent);
    const padded = text.padStart(1 - this.exponent, '0');
    return `${sign}${padded.slice(0, this.exponent)}.${padded.slice(this.exponent)}`;
  }

  #scaled(power: number): bigint {
    const value = this.digits * 10n ** BigInt(this.exponent - power);
    return this.isNegative ? -value : value;
  }
}

function digitCount(value: bigint): number {
  return value === 0n ? 1 : value.toString().length;
}

function roundHalfUp(value: bigint, dropped: number): bigint {
  const unit = 10n ** BigInt(dropped);
  return (value + unit / 2n) / unit;
}

/** What `%.15g` prints has no zeros at the end of its fraction. */
function trimZeros(text: string): string {
  const [mantissa = '', power] = text.split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return power === undefined ? short : `${short}e${power}`;
}

/** The scale, a msgpack integer of one or two bytes, and where the digits begin. */
function readScale(data: Uint8Array): [number | undefined, number] {
  const head = data[0] ?? 0xc1;
  const next = data[1] ?? 0;
  if (head < 0x80) return [head, 1];
  if (head >= 0xe0) return [head - 0x100, 1];
  if (head === 0xcc) return [next, 2];
  if (head === 0xd0) return [next >= 0x80 ? next - 0x100 : next, 2];
  return [undefined, 0];
}
