import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/bee/yaml/parser.ts';
import { YamlError, type YamlValue } from '../../src/bee/yaml/value.ts';
import { fromHex, toHex } from '../support/hex.ts';

type Recorded = readonly [string, readonly string[]] | readonly [string, false, string];

const file = process.env['YAML_DECODED'] ?? new URL('decoded.jsonl', import.meta.url);
const cases: readonly Recorded[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

/** As record-decode.lua shows values. */
function shown(value: YamlValue, depth: number): string {
  if (depth > 12) return 'deep';
  if (typeof value === 'string') return `'${toHex(new TextEncoder().encode(value))}'`;
  if (value instanceof Uint8Array) return `'${toHex(value)}'`;
  if (typeof value === 'number') return numeral(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (value.kind === 'list')
    return `[${value.items.map((one) => shown(one, depth + 1)).join(' ')}]`;
  const entries = new Map<string | YamlValue, string>();
  for (const [key, one] of value.entries) {
    const isTable = typeof key === 'object' && key !== null && 'kind' in key;
    const name = shown(key, depth + 1);
    entries.set(isTable ? key : name, `${name}=${shown(one, depth + 1)}`);
  }
  return `{${[...entries.values()].toSorted().join(' ')}}`;
}

/** As C's %.17g. */
function numeral(value: number): string {
  if (!Number.isFinite(value))
    return String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
  const [mantissa = '', power = '0'] = value.toExponential(16).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 17) {
    const sign = exponent < 0 ? '-' : '+';
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa.replace(/\.?0+$/, '')}e${sign}${digits}`;
  }
  const text = value.toFixed(16 - exponent);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function answerOf(text: string): string {
  try {
    return parseDocuments(text)
      .map((value) => shown(value, 0))
      .join('; ');
  } catch (error) {
    if (error instanceof YamlError) return `error: ${error.message}`;
    throw error;
  }
}

describe('reads what the real server reads', () => {
  test('as recorded', () => {
    const wrong = cases.flatMap((recorded) => {
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(fromHex(recorded[0]));
      const expected = recorded[1] === false ? `error: ${recorded[2]}` : recorded[1].join('; ');
      const actual = answerOf(text);
      return actual === expected ? [] : [{ text, actual, expected }];
    });
    expect(wrong).toEqual([]);
  });
});
