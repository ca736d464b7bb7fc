import { expect, test } from 'vitest';
import { History } from '../../src/shell/history.ts';

const most = History.entriesMax;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at}`);

test('keeps the newest, whether they are entered or brought back', () => {
  const history = new History(numbered(most + 5));
  expect(history.entries).toEqual(numbered(most + 5).slice(-most));
  history.add('one more');
  expect(history.entries).toHaveLength(most);
  expect(history.entries[0]).toBe('6');
  expect(history.entries.at(-1)).toBe('one more');
});

test('a statement that goes on is the entry that it began; behind another entry its line is one of its own', () => {
  const history = new History();
  history.add('for i = 1, 2 do');
  history.extend('for i = 1, 2 do', 'print(i)');
  history.extend('for i = 1, 2 do\nprint(i)', 'end');
  expect(history.entries).toEqual(['for i = 1, 2 do\nprint(i)\nend']);
  history.extend('something else', 'end');
  expect(history.entries.slice(1)).toEqual(['end']);
});
