import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emitDocument, emitResults } from '../../src/bee/yaml/emitter.ts';
import type { YamlNode } from '../../src/bee/yaml/node.ts';
import { yamlMapping, yamlPlain, yamlSequence, yamlText } from '../../src/bee/yaml/node.ts';
import { fromHex } from '../support/hex.ts';

/** As record.lua writes nodes: text, plain, alias, sequence, mapping. */
type Recorded =
  | readonly ['t', string]
  | readonly ['p', string]
  | readonly ['a', string]
  | readonly ['s', boolean, string | null, readonly Recorded[]]
  | readonly ['m', boolean, string | null, readonly (readonly [Recorded, Recorded])[]];

function toNode(recorded: Recorded): YamlNode {
  if (recorded[0] === 't') return { kind: 'text', value: fromHex(recorded[1]) };
  if (recorded[0] === 'p') return { kind: 'plain', value: recorded[1] };
  if (recorded[0] === 'a') return { kind: 'alias', anchor: recorded[1] };
  const named = recorded[2] === null ? {} : { anchor: recorded[2] };
  if (recorded[0] === 's') {
    return { kind: 'sequence', flow: recorded[1], items: recorded[3].map(toNode), ...named };
  }
  const entries = recorded[3].map(([name, value]) => [toNode(name), toNode(value)] as const);
  return { kind: 'mapping', flow: recorded[1], entries, ...named };
}

const file = process.env['YAML_CASES'] ?? new URL('recorded.jsonl', import.meta.url);
const cases: readonly (readonly [Recorded, string])[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

test('writes what the real server wrote for seeded random values', () => {
  expect(cases.length).toBeGreaterThan(300);
  const wrong = cases.flatMap(([recorded, hex]) => {
    const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(fromHex(hex));
    const actual = emitDocument(toNode(recorded));
    return actual === expected ? [] : [{ recorded: JSON.stringify(recorded), actual, expected }];
  });
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(wrong.length).toBe(0);
});

describe('console answers', () => {
  test('no result has no item', () => {
    expect(emitResults([])).toBe('---\n...\n');
  });

  test('a tuple is one line with every string quoted', () => {
    const tuple = yamlSequence([yamlPlain('1'), yamlText('one')], true);
    expect(emitResults([tuple])).toBe("---\n- [1, 'one']\n...\n");
    expect(emitResults([yamlSequence([tuple])])).toBe("---\n- - [1, 'one']\n...\n");
  });

  test('an error of several words', () => {
    const error = yamlText(
      '[string "return nosuch.field"]:1: attempt to index global \'nosuch\' (a nil value)',
    );
    expect(emitResults([yamlMapping([[yamlText('error'), error]])])).toBe(
      "---\n- error: '[string \"return nosuch.field\"]:1: attempt to index global ''nosuch'' (a\n    nil value)'\n...\n",
    );
  });
});
