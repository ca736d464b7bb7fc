/**
 * A lesson's author is told the file, the line, what was found and what was expected; all problems
 * at once.
 */
import { describe, expect, test } from 'vitest';
import { problemText } from '../../src/lesson/index.ts';
import { parseLessonText } from '../../tutorial/lesson-plugin.ts';

const head = [
  '---',
  'title: A title',
  'summary: A summary.',
  'minutes: 5',
  'order: 1',
  'terminals: 2',
  '---',
];
const fence = '```';

/** A lesson whose body starts on line 8. */
function lesson(...body: string[]): string {
  return [...head, ...body].join('\n');
}

/** A step that is as it should be. */
const step = [
  '## A step',
  `${fence}run terminal=1`,
  'bee',
  fence,
  `${fence}check terminal=1`,
  '-- It runs',
  'db.info.id',
  '--> 1',
  fence,
];

function problems(text: string): readonly string[] {
  const parsed = parseLessonText('tutorial/some/lesson.md', text);
  return parsed.ok ? [] : parsed.problems.map(problemText);
}

function parsed(...body: string[]) {
  const result = parseLessonText('tutorial/some/lesson.md', lesson(...body));
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'));
  return result.lesson;
}

describe('a broken lesson is refused', () => {
  test.each([
    ['no frontmatter', '## A step', ':1: no frontmatter; expected title, summary'],
    ['a missing field', lesson(...step).replace('minutes: 5\n', ''), ':1: no field "minutes"'],
    [
      'an unknown field',
      lesson(...step).replace('order:', 'place:'),
      ':5: "place: 1"; expected one of',
    ],
    [
      'a wrong number',
      lesson(...step).replace('order: 1', 'order: first'),
      ':5: order: first; expected a whole',
    ],
    ['no step', lesson('prose'), ':1: no step; expected at least one heading'],
    ['a step id twice', lesson(...step, ...step), ':17: the step id "a-step"'],
    ['a first-level heading', lesson('# Title', ...step), ':8: a heading "Title" of level 1'],
    ['raw HTML', lesson('<b>bold</b>', ...step), ':8: raw HTML <b>'],
    [
      'a link that runs a script',
      lesson('[x](javascript:alert)', ...step),
      ':8: a link to javascript:alert',
    ],
    ['an image', lesson('![x](x.png)', ...step), ':8: Markdown of kind "image"'],
    [
      'a block of unknown kind',
      lesson(`${fence}runs terminal=1`, 'x', fence, ...step),
      ':8: a block ```runs',
    ],
    [
      'a command for no terminal',
      lesson(`${fence}run`, 'x', fence, ...step),
      ':8: ```run; expected terminal=N',
    ],
    [
      'a terminal that is not there',
      lesson(`${fence}run terminal=3`, 'x', fence, ...step),
      ':8: ```run terminal=3; expected terminal=N with N from 1 to 2',
    ],
    [
      'a check that expects no value',
      lesson(...step).replace('--> 1', '--> one'),
      ':12: "--> one"; expected a value',
    ],
    [
      'a check without words',
      lesson(...step).replace('-- It runs\n', ''),
      ':12: a check without words',
    ],
    [
      'a check without code',
      lesson(...step).replace('db.info.id\n', ''),
      ':12: a check without code',
    ],
    [
      'a wrong claim about files',
      lesson(...step, `${fence}check files`, '# It is there', 'exist ~/a', fence),
      ':17: the claim "exist ~/a"',
    ],
    [
      'commands without a check',
      lesson(...step, '## Next', `${fence}run terminal=1`, 'x', fence),
      ':17: the step "Next" with commands and no check',
    ],
    [
      'a question without a right answer',
      lesson(...step, `${fence}question`, 'Why?', '( ) a', '( ) b', 'So.', fence),
      ':17: a question with 2 answers, 0 of them right',
    ],
    [
      'an unknown mark on a quote',
      lesson('> [!warning]', '> x', ...step),
      ':8: a quote marked [!warning]',
    ],
    [
      'a screen that shows another command',
      lesson(...step, `${fence}screen terminal=1`, '$ bees', fence),
      "the typed line bees; expected what the step's commands type there: bee",
    ],
    [
      'a screen that lacks a command',
      lesson(...step, `${fence}screen terminal=1`, fence),
      "the typed line (none); expected what the step's commands type there: bee",
    ],
  ])('%s', (_, text, expected) => {
    const found = problems(text);
    expect(found.join('\n')).toContain(expected);
    for (const line of found)
      expect(line).toMatch(/^tutorial\/some\/lesson\.md:\d+: .*; expected /);
  });

  test('all problems are told at once', () => {
    const text = lesson(...step, '<b>', '', '## Next', `${fence}runs`, fence).replace(
      'minutes: 5',
      'minutes: x',
    );
    expect(problems(text)).toHaveLength(3);
  });

  test('a folder with capital letters', () => {
    const { ok } = parseLessonText('tutorial/Some/lesson.md', lesson(...step));
    expect(ok).toBe(false);
  });
});

describe('a lesson that is as it should be', () => {
  test('has what its frontmatter and headings say', () => {
    const { id, title, minutes, steps } = parsed(...step, '## Next one {#other}', 'Only to read.');
    expect({ id, title, minutes }).toEqual({ id: 'some', title: 'A title', minutes: 5 });
    expect(steps.map((one) => [one.id, one.title])).toEqual([
      ['a-step', 'A step'],
      ['other', 'Next one'],
    ]);
  });

  test('text cannot become markup, and terminals are marked', () => {
    const { intro } = parsed(
      'a < b & `<script>` in Terminal #2 and [here](https://a.b/?c&d)',
      ...step,
    );
    expect(intro).toEqual([
      {
        kind: 'prose',
        html:
          '<p>a &lt; b &amp; <code>&lt;script&gt;</code> in <span class="terminal-name" data-terminal="2">Terminal #2</span> and ' +
          '<a href="https://a.b/?c&amp;d" target="_blank" rel="noopener noreferrer">here</a></p>',
      },
    ]);
  });

  test('lines are coloured as what runs in the terminal reads them', () => {
    const { steps } = parsed(
      '## A step',
      `${fence}run terminal=1`,
      '# a comment',
      'ls -l',
      '~/bee/src/bee',
      "s:insert{1, 'x'} -- a comment",
      'os.exit()',
      'ls -l',
      fence,
      ...step.slice(4),
    );
    const [command] = steps[0]?.blocks ?? [];
    const html = command?.kind === 'command' ? command.html.split('\n') : [];
    expect(html[0]).toBe('<span class="hl-comment"># a comment</span>');
    expect(html[1]).toBe('<span class="hl-command">ls</span> <span class="hl-option">-l</span>');
    expect(html[3]).toContain('<span class="hl-number">1</span>');
    expect(html[3]).toContain('<span class="hl-comment">-- a comment</span>');
    expect(html[5]).toBe(html[1]);
  });

  test('checks of all kinds', () => {
    const { steps } = parsed(
      '## A step',
      `${fence}check terminal=2`,
      '-- words',
      'a',
      '+ b',
      "--> {1, 'x', {status = nil}}",
      fence,
      `${fence}check terminal=1 program=shell`,
      '-- words',
      fence,
      `${fence}check differ=1,2`,
      '-- words',
      fence,
      `${fence}check files`,
      '# words',
      'same-size ~/a/*.snap ~/b/*.snap',
      'missing ~/c',
      fence,
    );
    const checks = steps[0]?.blocks.map((block) => (block.kind === 'check' ? block.check : block));
    expect(checks).toEqual([
      {
        kind: 'lua',
        words: 'words',
        terminal: 2,
        code: 'a\n+ b',
        expected: [1, 'x', { status: null }],
      },
      { kind: 'program', words: 'words', terminal: 1, program: 'shell' },
      { kind: 'contents', words: 'words', terminals: [1, 2], areSame: false },
      {
        kind: 'files',
        words: 'words',
        claims: [
          { kind: 'same-size', pattern: '~/a/*.snap', other: '~/b/*.snap' },
          { kind: 'missing', pattern: '~/c' },
        ],
      },
    ]);
  });

  test('hints and asides are blocks, other quotes are prose', () => {
    const { steps } = parsed(
      '## A step',
      '> [!hint]',
      '> Try `this`.',
      '',
      '> [!aside] Why',
      '> So.',
      '',
      '> Said.',
    );
    expect(steps[0]?.blocks).toEqual([
      { kind: 'hint', html: '<p>Try <code>this</code>.</p>' },
      { kind: 'aside', title: 'Why', html: '<p>So.</p>' },
      { kind: 'prose', html: '<blockquote><p>Said.</p></blockquote>' },
    ]);
  });
});
