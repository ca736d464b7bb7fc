/**
 * Makes modules of lessons at build time, so that no Markdown is parsed in the page: `lesson.md`
 * exports `lesson`, `lesson.md?summary` exports `summary`. A broken lesson fails the build with
 * every problem's file and line; while authoring, a saved lesson replaces the shown one.
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import type { Plugin } from 'vite';
import { problemText } from '../src/lesson/lesson-error.ts';
import { type Parsed, parseLesson } from '../src/lesson/parse.ts';
import type { Lesson, LessonSummary } from '../src/lesson/types.ts';

const root = `${import.meta.dirname}/..`;

/**
 * Parses a lesson's file.
 * @param file from the project's folder
 */
export function parseLessonText(file: string, text: string): Parsed {
  return parseLesson(file, text, (body) => unified().use(remarkParse).parse(body));
}

/** The part of a lesson that the list of lessons needs. */
function summaryOf({
  id,
  title,
  summary,
  minutes,
  order,
  terminals,
  steps,
}: Lesson): LessonSummary {
  return {
    id,
    title,
    summary,
    minutes,
    order,
    terminals,
    steps: steps.map((step) => ({ id: step.id, title: step.title })),
  };
}

/** The Vite plugin. */
export function lessons(): Plugin {
  return {
    name: 'lessons',
    enforce: 'pre',
    load: {
      filter: { id: /\/lesson\.md(?:\?|$)/ },
      async handler(id) {
        const [path = '', query = ''] = id.split('?');
        const file = relative(root, path);
        this.addWatchFile(path);
        const parsed = parseLessonText(file, await readFile(path, 'utf8'));
        if (!parsed.ok) return this.error(parsed.problems.map(problemText).join('\n'));
        const isSummary = new URLSearchParams(query).has('summary');
        const value = isSummary ? summaryOf(parsed.lesson) : parsed.lesson;
        return {
          code: `export const ${isSummary ? 'summary' : 'lesson'} = ${JSON.stringify(value)};`,
          map: null,
          moduleType: 'js',
        };
      },
    },
  };
}
