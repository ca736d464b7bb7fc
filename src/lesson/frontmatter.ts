import type { ProblemList } from './lesson-error.ts';
import type { LessonSummary } from './types.ts';

/**
 * What stands between the two `---` lines: all of a summary but what the file's place and headings
 * say.
 */
export type Frontmatter = Omit<LessonSummary, 'id' | 'steps'>;

interface Field {
  readonly expected: string;
  readonly accepts: (text: string) => boolean;
}

const wholeNumber = (least: number, most: number): Field => ({
  expected: `a whole number from ${least} to ${most}`,
  accepts: (text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
});
const sentence = (longest: number): Field => ({
  expected: `a text of 1 to ${longest} characters`,
  accepts: (text) => text.length > 0 && text.length <= longest,
});

/**
 * Every field is required. Limits: a title fits one line of the contents, a summary two; a cluster
 * fits four terminals.
 */
const fields: Readonly<Record<keyof Frontmatter, Field>> = {
  title: sentence(60),
  summary: sentence(200),
  minutes: wholeNumber(1, 60),
  order: wholeNumber(1, 999),
  terminals: wholeNumber(1, 4),
};

/**
 * Reads the fields at the head of a lesson, `name: value`, one a line.
 * @param text the whole file
 * @param problems takes each missing, unknown or wrong field with its line
 * @returns the fields, and the text with these lines made empty, so that line numbers stay true
 */
export function readFrontmatter(
  text: string,
  problems: ProblemList,
): { readonly frontmatter: Frontmatter; readonly body: string } {
  const lines = text.split('\n');
  const end = lines[0] === '---' ? lines.indexOf('---', 1) : -1;
  if (end < 0) {
    problems.add(1, 'no frontmatter', `${Object.keys(fields).join(', ')} between two lines ---`);
  }
  const values = new Map<string, string>();
  for (const [index, line] of lines.slice(0, Math.max(end, 0)).entries()) {
    if (index === 0 || line.trim() === '') continue;
    readField(line, index + 1, values, problems);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (end >= 0 && !values.has(name)) problems.add(1, `no field "${name}"`, field.expected);
  }
  return {
    frontmatter: {
      title: values.get('title') ?? '',
      summary: values.get('summary') ?? '',
      minutes: Number(values.get('minutes') ?? 1),
      order: Number(values.get('order') ?? 1),
      terminals: Number(values.get('terminals') ?? 1),
    },
    body: [...lines.slice(0, end + 1).map(() => ''), ...lines.slice(end + 1)].join('\n'),
  };
}

function readField(
  line: string,
  number: number,
  values: Map<string, string>,
  problems: ProblemList,
): void {
  const [, name = '', value = ''] = /^([A-Za-z]+):\s*(.*?)\s*$/.exec(line) ?? [];
  const field = Object.entries(fields).find(([known]) => known === name)?.[1];
  if (field === undefined) {
    problems.add(number, `"${line}"`, `one of ${Object.keys(fields).join(', ')}, as name: value`);
  } else if (values.has(name)) {
    problems.add(number, `"${name}" a second time`, 'each field once');
  } else {
    if (!field.accepts(value)) problems.add(number, `${name}: ${value}`, field.expected);
    values.set(name, value);
  }
}
