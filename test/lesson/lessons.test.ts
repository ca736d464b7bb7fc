import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { problemText } from '../../src/lesson/lesson-error.ts';
import { parseLessonText } from '../../tutorial/lesson-plugin.ts';

const root = `${import.meta.dirname}/../..`;
const folders = readdirSync(`${root}/tutorial`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe('every lesson keeps the form that README describes', () => {
  test.each(folders)('%s', (folder) => {
    const file = `tutorial/${folder}/lesson.md`;
    const parsed = parseLessonText(file, readFileSync(`${root}/${file}`, 'utf8'));
    expect(parsed.ok ? [] : parsed.problems.map(problemText)).toEqual([]);
  });
});
