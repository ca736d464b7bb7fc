import { readFileSync } from 'node:fs';
import { type Lesson, problemText } from '../../src/lesson/index.ts';
import { parseLessonText } from '../../tutorial/lesson-plugin.ts';

/** Reads one lesson from its folder. */
export function readLesson(id: string): Lesson {
  const file = `tutorial/${id}/lesson.md`;
  const text = readFileSync(`${import.meta.dirname}/../../${file}`, 'utf8');
  const parsed = parseLessonText(file, text);
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join('\n'));
  return parsed.lesson;
}
