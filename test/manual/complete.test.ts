/**
 * No sentence is forgotten: `test/fixtures/manual-sentences.txt` is a copy of every sentence of the replication chapter that promises
 * behaviour, one a line, and each is the title of a test here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = import.meta.dirname;

/** What is left of a sentence when the manual's markup and a test's quotes are gone. */
function plain(text: string): string {
  return text
    .replaceAll(/:\w+:`([^`]*)`/g, '"$1"')
    .replaceAll(/[`\\]/g, '')
    .replaceAll(/["'“”]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const sentences = readFileSync(join(folder, '../fixtures/manual-sentences.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const titles = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'complete.test.ts')
  .flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    return [
      ...source.matchAll(
        /\btest(?:\.each\([^)]*\))?\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g,
      ),
    ];
  })
  .map(([, single, double, template]) => plain(single ?? double ?? template ?? ''));

test('the copy has the chapter’s sentences, each once', () => {
  expect(sentences.length).toBeGreaterThan(65);
  expect(new Set(sentences).size).toBe(sentences.length);
});

test.each(sentences)('a test is named: %s', (sentence) => {
  const wanted = plain(sentence);
  expect(titles.some((title) => title.startsWith(wanted))).toBe(true);
});
