import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/bee/base/decimal.ts';
import { LibError } from '../../src/bee/lua/lib/lib-error.ts';
import { fromHex, toHex } from '../support/hex.ts';
import { calls, Uuid, type Value } from './calls.ts';

/** As record.lua shows values. */
type Shown =
  | null
  | boolean
  | { readonly s: string }
  | { readonly n: string }
  | { readonly i: string }
  | { readonly d: string; readonly t: string }
  | { readonly u: string }
  | { readonly l: readonly Shown[] }
  | { readonly m: readonly (readonly [string, Shown])[] };

type Answer = { readonly results: readonly Shown[] } | { readonly error: string };
type Recorded = readonly [string, readonly Shown[], Answer];

const cases: readonly Recorded[] = readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

function numeral(shown: string): number {
  if (shown.includes('nan')) return Number.NaN;
  return Number(shown.replace('inf', 'Infinity'));
}

function luaValue(shown: Shown): Value {
  if (shown === null) return undefined;
  if (typeof shown === 'boolean') return shown;
  if ('s' in shown) return fromHex(shown.s);
  if ('n' in shown) return numeral(shown.n);
  if ('i' in shown) return BigInt(shown.i);
  if ('d' in shown) return Decimal.unpack(fromHex(shown.d));
  if ('u' in shown) return new Uuid(shown.u);
  if ('l' in shown) return shown.l.map(luaValue);
  return new Map(shown.m.map(([name, part]) => [name, luaValue(part)]));
}

/** One text for equal values, and different texts for values of different types. */
function printed(value: Value): string {
  if (value instanceof Uint8Array) return `'${toHex(value)}'`;
  if (value instanceof Decimal) return `decimal ${value} ${toHex(value.pack())}`;
  if (value instanceof Uuid) return `uuid ${value.text}`;
  if (value instanceof Map) {
    const entries = [...value].map(([name, part]) => `${name}=${printed(part)}`);
    return `{${entries.toSorted().join(', ')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`;
  return typeof value === 'bigint' ? `${value}LL` : String(value);
}

/** A decimal's text and packed form are the real server's, not read by what is tested. */
function printedResult(shown: Shown): string {
  if (shown !== null && typeof shown === 'object' && 'd' in shown) {
    return `decimal ${shown.t} ${shown.d}`;
  }
  return printed(luaValue(shown));
}

function answerOf(name: string, args: readonly Shown[]): string {
  try {
    return (calls[name]?.(...args.map(luaValue)) ?? []).map(printed).join('; ');
  } catch (error) {
    if (error instanceof LibError) return `error: ${error.message}`;
    throw error;
  }
}

describe('answers what the real server answered', () => {
  for (const name of new Set(cases.map(([called]) => called))) {
    const group = cases.filter(([called]) => called === name);
    test(name, () => {
      const wrong = group.flatMap(([, args, answer]) => {
        const expected =
          'error' in answer
            ? `error: ${answer.error}`
            : answer.results.map(printedResult).join('; ');
        const actual = answerOf(name, args);
        return actual === expected ? [] : [{ call: JSON.stringify(args), actual, expected }];
      });
      expect(wrong).toEqual([]);
    });
  }
});
