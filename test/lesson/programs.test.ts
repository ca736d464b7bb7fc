/** Each line that is typed knows for which program it is: out of a lesson's order, or out of the prompts that a page shows. */
import { describe, expect, test } from 'vitest';
import { problemText } from '../../src/lesson/index.ts';
import { readBlock } from '../../src/ui/embed/options.ts';
import { parseLessonText } from '../../tutorial/lesson-plugin.ts';

const fence = '```';

function lesson(...body: string[]): string {
  const head = ['title: T', 'summary: S.', 'minutes: 5', 'order: 1', 'terminals: 2'];
  return ['---', ...head, '---', '## A step {#one .look}', ...body].join('\n');
}

function programs(...body: string[]) {
  const parsed = parseLessonText('tutorial/some/lesson.md', lesson(...body));
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join('\n'));
  const blocks = parsed.lesson.steps[0]?.blocks ?? [];
  return blocks.flatMap((block) => (block.kind === 'command' ? [block.programs?.join(' ')] : []));
}

describe('in a lesson', () => {
  test('bee starts a console and os.exit() ends it, each terminal by itself', () => {
    const first = [`${fence}run terminal=1`, 'cd ~', '~/bee/src/bee', 'db.cfg{}', fence];
    const other = [`${fence}run terminal=2`, 'bee load.lua', 'ls', fence];
    const last = [`${fence}run terminal=1`, 'os.exit()', 'ls', fence];
    expect(programs(...first, ...other, ...last)).toEqual([
      'shell shell console',
      'shell shell',
      'console shell',
    ]);
  });

  test('a server that ended otherwise is known from a check, or the block says it', () => {
    const start = [`${fence}run terminal=1`, 'bee', 'db.cfg{}', fence];
    const check = [`${fence}check terminal=1 program=shell`, '-- It has stopped', fence];
    const next = [`${fence}run terminal=1`, 'ls', fence];
    const told = [`${fence}run terminal=1 program=shell`, 'ls', fence];
    expect(programs(...start, ...check, ...next)[1]).toBe('shell');
    expect(programs(...start, ...told)[1]).toBe('shell');
    expect(programs(...start, ...next)[1]).toBe('console');
  });

  test('a program that there is not is refused', () => {
    const text = lesson(`${fence}run terminal=1 program=python`, 'ls', fence);
    const parsed = parseLessonText('tutorial/some/lesson.md', text);
    expect(parsed.ok ? [] : parsed.problems.map(problemText)).toEqual([
      expect.stringContaining(':9: program=python; expected program=shell or program=console'),
    ]);
  });
});

describe('in a block of an embedding page', () => {
  test('prompts say it', () => {
    const block = readBlock('$ bee\nbee> db.cfg{bad}\n$ ls\n', undefined);
    expect(block.lines).toEqual(['bee', 'db.cfg{bad}', 'ls']);
    expect(block.programs).toEqual(['shell', 'console', 'shell']);
  });

  test('without prompts nobody knows, until a console is started', () => {
    const block = readBlock('ls\nbee\ndb.cfg{}\nos.exit()\nls', undefined);
    expect(block.programs).toEqual([undefined, undefined, 'console', 'console', 'shell']);
  });
});
