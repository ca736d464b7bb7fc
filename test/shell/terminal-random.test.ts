import fc from 'fast-check';
import { expect, test } from 'vitest';
import { charWidth } from '../../src/shell/width.ts';
import { ctrl, keys, paste, TerminalWorld } from './terminal-world.ts';

/**
 * Random keys, log lines and answers, on screens of any size. After each the screen must be what a naive model prints: the
 * transcript, the prompt, the text, cut at the columns. This is where drawing only the differences would go wrong.
 */

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b c', '日', 'é', 'x'.repeat(17), '🐝', 'e\u0301') },
  { weight: 4, arbitrary: fc.constantFrom(...Object.values(keys)) },
  { weight: 3, arbitrary: fc.constantFrom(...'abefkunptwydrg'.split('').map(ctrl)) },
  { weight: 1, arbitrary: fc.constantFrom(paste('p'), paste('p\nq'), paste('m\nn\n')) },
);
const event = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('key' as const), text: key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('log' as const),
      text: fc.constantFrom('E> no', 'I> yes', `E> ${'long '.repeat(6)}`, 'E> 日本'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('output' as const),
      text: fc.constantFrom('1\n', 'a\nb'),
    }),
  },
);

/** Cuts text into rows of cells as a terminal does. */
function wrap(text: string, columns: number): string[] {
  const rows: string[] = [];
  for (const line of text.split('\n')) {
    let row = '';
    let width = 0;
    for (const char of line) {
      const cells = charWidth(char.codePointAt(0) ?? 0);
      if (width + cells > columns) {
        rows.push(row.trimEnd());
        row = '';
        width = 0;
      }
      row += char;
      width += cells;
    }
    rows.push(row.trimEnd());
  }
  return rows;
}

test('the screen is always the transcript and the edited line', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 12, max: 30 }),
      fc.array(event, { maxLength: 60 }),
      (columns, events) => {
        const world = new TerminalWorld(columns, 40);
        let waits = 0;
        // Some statements need a second line.
        world.program = (line) => world.prompt(line.includes('b') && waits++ % 2 === 0);
        world.prompt();
        for (const { kind, text } of events) {
          if (kind === 'key') world.terminal.input(text);
          else if (kind === 'log') world.terminal.log(text, text.charAt(0));
          else world.terminal.output(text);
          if (!world.terminal.isPrompting) world.prompt();
          const shown = `${world.terminal.transcript.plainText}\n${promptText(world)}`;
          const expected = wrap(shown.replace(/^\n/, ''), columns).join('\n').trimEnd();
          expect(world.rows.join('\n').trimEnd(), `after ${JSON.stringify(text)}`).toBe(expected);
        }
      },
    ),
    { seed: 20261122, numRuns: 400 },
  );
});

/** The edited line as the screen must show it. */
function promptText(world: TerminalWorld): string {
  const { text, search } = world.terminal;
  const failed = search?.isFailing === true ? 'failed ' : '';
  const prompt =
    search !== undefined
      ? `(${failed}reverse-i-search)\`${search.query}': `
      : world.isContinuation
        ? '   > '
        : 'bee> ';
  return prompt + text.replaceAll('\n', '\n   > ');
}

test('the editor agrees with a simple model on what the text is', () => {
  const simple = fc.constantFrom(
    'a',
    'bc',
    '.',
    'left',
    'right',
    'home',
    'end',
    'backspace',
    'delete',
  );
  fc.assert(
    fc.property(fc.array(simple, { maxLength: 40 }), (script) => {
      const world = new TerminalWorld(20, 10);
      world.prompt();
      let before = '';
      let after = '';
      for (const name of script) {
        world.terminal.input(name in keys ? keys[name as keyof typeof keys] : name);
        switch (name) {
          case 'left':
            after = before.slice(-1) + after;
            before = before.slice(0, -1);
            break;
          case 'right':
            before += after.slice(0, 1);
            after = after.slice(1);
            break;
          case 'home':
            after = before + after;
            before = '';
            break;
          case 'end':
            before += after;
            after = '';
            break;
          case 'backspace':
            before = before.slice(0, -1);
            break;
          case 'delete':
            after = after.slice(1);
            break;
          default:
            before += name;
        }
        expect(world.terminal.text).toBe(before + after);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});
