/**
 * What a terminal printed is compared with a lesson's screen: strictly, but for what must differ
 * from run to run.
 */
import { describe, expect, test } from 'vitest';
import { type Bindings, matchScreen } from '../../src/lesson/index.ts';
import { screenToHtml } from '../../src/lesson/screen-html.ts';

const uuid = '6190d919-1133-4452-b123-beca0b178b32';
const other = '236230b8-af3e-406b-b709-15a60b44c20c';
const log = (text: string) => `2026-11-22 19:42:42.863 [25092] main/103/interactive I> ${text}`;

function match(expected: string[], lines: string[], bindings: Bindings = new Map()) {
  return matchScreen(expected.join('\n'), lines, bindings);
}

describe('a screen matches', () => {
  test('with other spacing inside lines, empty lines and bare prompts', () => {
    expect(
      match(['bee> 1', '- 1', '...'], ['bee> 1', '-  1 ', '...', '', 'bee> ']),
    ).toBeUndefined();
  });
  test('with any UUID, size and time', () => {
    const line = '-rw-r--r-- 1 root root   4925 May  5 11:12 0.snap';
    expect(
      match(['-rw-r--r-- 1 <...> <size> <time> 0.snap', '- <uuid>'], [line, `- ${uuid}`]),
    ).toBeUndefined();
  });
  test('with log lines anywhere', () => {
    expect(
      match(['bee> 1', '- 1'], [log('a'), 'bee> 1', log('b'), '- 1', log('c')]),
    ).toBeUndefined();
  });
  test('with the expected log lines in their order among others', () => {
    const expected = ['<...> I> a', 'bee> 1', '<...> I> c'];
    expect(match(expected, [log('a'), log('b'), 'bee> 1', log('c')])).toBeUndefined();
  });
  test('with the same text at each place of a name, over several screens', () => {
    const bindings: Bindings = new Map();
    expect(match(['- <uuid-a> <uuid-b>'], [`- ${uuid} ${other}`], bindings)).toBeUndefined();
    expect(match(['- <uuid-b>'], [`- ${other}`], bindings)).toBeUndefined();
    expect(match(['- <uuid-b>'], [`- ${uuid}`], bindings)).toBeDefined();
  });
});

describe('a screen does not match', () => {
  test.each([
    ['a wrong line', ['- 1'], ['- 2'], '- 1', '- 2'],
    ['a missing line', ['- 1', '...'], ['- 1'], '...', ''],
    ['a line too much', ['- 1'], ['- 1', '- 2'], '', '- 2'],
    ['another indentation', ['  - 1'], ['- 1'], '  - 1', '- 1'],
    ['what is no UUID', ['- <uuid>'], ['- 6190'], '- <uuid>', '- 6190'],
    ['two sizes that should be one', ['<size-a>', '<size-a>'], ['1', '2'], '<size-a>', '2'],
    [
      'two sizes in one line that should be one',
      ['<size-a> <size-a>'],
      ['1 2'],
      '<size-a> <size-a>',
      '1 2',
    ],
    ['a missing log line', ['<...> I> a'], [log('b')], '<...> I> a', log('b')],
    [
      'log lines in the other order',
      ['<...> I> a', '<...> I> b'],
      [log('b'), log('a')],
      '<...> I> b',
      '',
    ],
  ])('%s', (_, expected, lines, wanted, found) => {
    expect(match(expected, lines)).toEqual({ expected: wanted, found });
  });
});

test('a screen is shown with samples for what varies, the same name with the same sample', () => {
  const names = new Map<string, string>();
  const html = screenToHtml('$ ls -l\n- <uuid-a> <uuid-b>\n- <uuid-a>\n<...> I> <b>', names);
  const samples = html.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
  expect(samples[0]).not.toBe(samples[1]);
  expect(samples[0]).toBe(samples[2]);
  expect(html).toContain('<span class="hl-prompt">$</span> <span class="hl-command">ls</span>');
  expect(html).toContain('I&gt; &lt;b&gt;');
});
