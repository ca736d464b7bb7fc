import { formatG } from '../vm/number-format.ts';

/**
 * A Lua number as the serializers (JSON, YAML) write it: whole numbers that fit 64 bits as integers, others as `%.14g`.
 * @param precision digits, `encode_number_precision`
 */
export function numberText(value: number, precision = 14): string {
  if (Number.isInteger(value) && value < 2 ** 64 && value >= -(2 ** 63)) {
    return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  }
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return formatG(value, precision, false);
}
