/**
 * Numbers as C's printf writes them: `%.14g` is what `tostring` and `..` show, the rest is for `string.format`.
 */

/** A number as `tostring` shows it: `%.14g`, with LuaJIT's `inf` and `nan`. */
export function formatNumber(n: number): string {
  if (Number.isInteger(n) && n < 1e14 && n > -1e14) return Object.is(n, -0) ? '-0' : String(n);
  return formatSpecial(n) ?? formatG(n, 14, false);
}

/** Infinities and not-a-number, whose sign LuaJIT does not show. */
export function formatSpecial(n: number): string | undefined {
  if (Number.isNaN(n)) return 'nan';
  if (n === Number.POSITIVE_INFINITY) return 'inf';
  return n === Number.NEGATIVE_INFINITY ? '-inf' : undefined;
}

/** `%.{precision}f` of a finite number. */
export function formatF(n: number, precision: number, keepPoint: boolean): string {
  const negative = n < 0 || Object.is(n, -0);
  const digits = fixed(Math.abs(n), precision);
  return (negative ? '-' : '') + digits + (keepPoint && precision === 0 ? '.' : '');
}

/** toFixed, which itself gives up at 1e21 and at 100 digits. */
function fixed(n: number, precision: number): string {
  const written = Math.min(precision, 100);
  const digits = n < 1e21 ? n.toFixed(written) : withFraction(BigInt(n).toString(), written);
  return digits + '0'.repeat(precision - written);
}

function withFraction(digits: string, precision: number): string {
  return precision === 0 ? digits : `${digits}.${'0'.repeat(precision)}`;
}

/** `%.{precision}e` of a finite number. */
export function formatE(n: number, precision: number, keepPoint: boolean): string {
  const written = Math.min(precision, 100);
  const [mantissa = '', exponent = ''] = n.toExponential(written).split('e');
  const sign = Object.is(n, -0) ? '-' : '';
  const padded = mantissa + '0'.repeat(precision - written);
  return `${sign}${padded}${keepPoint && precision === 0 ? '.' : ''}e${exponentDigits(exponent)}`;
}

function exponentDigits(exponent: string): string {
  const sign = exponent.startsWith('-') ? '-' : '+';
  return sign + exponent.replace(/^[+-]/, '').padStart(2, '0');
}

/** `%.{precision}g` of a finite number; `keepZeros` is the `#` flag. */
export function formatG(n: number, precision: number, keepZeros: boolean): string {
  const digits = Math.min(Math.max(precision, 1), 100);
  const exponent = n === 0 ? 0 : Number(n.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = n.toExponential(digits - 1).split('e');
    return `${trimmed(mantissa, keepZeros)}e${exponentDigits(power)}`;
  }
  return trimmed(formatF(n, digits - 1 - exponent, keepZeros), keepZeros);
}

function trimmed(digits: string, keepZeros: boolean): string {
  if (keepZeros || !digits.includes('.')) return digits;
  return digits.replace(/\.?0+$/, '');
}
