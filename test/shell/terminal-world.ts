import { History } from '../../src/shell/history.ts';
import { Terminal } from '../../src/shell/terminal.ts';
import { Screen } from './screen.ts';

/** A terminal on a small screen, and what its program was told. */
export class TerminalWorld {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly history = new History();
  readonly lines: string[] = [];
  /** What was written since the last look. */
  written = '';
  interrupts = 0;
  ends = 0;
  words: readonly string[] = [];
  completeFrom = 0;
  /** Completions come when `finishCompletion` is called. */
  isCompletionSlow = false;
  finishCompletion: () => void = () => {};
  /** Called for each entered line; prompts again by default. */
  program: (line: string) => void = () => this.prompt();

  constructor(columns = 40, rows = 10) {
    this.screen = new Screen(columns, rows);
    this.terminal = new Terminal(
      {
        write: (text) => {
          this.written += text;
          this.screen.write(text);
        },
        onLine: (line) => {
          this.lines.push(line);
          this.program(line);
        },
        onInterrupt: () => {
          this.interrupts++;
        },
        onEndOfInput: () => {
          this.ends++;
        },
        onComplete: (_text, _cursor, done) => {
          const complete = (): void => done({ from: this.completeFrom, words: this.words });
          if (this.isCompletionSlow) this.finishCompletion = complete;
          else complete();
        },
      },
      columns,
      rows,
    );
  }

  isContinuation = false;

  prompt(isContinuation = false): void {
    this.isContinuation = isContinuation;
    this.terminal.prompt({
      text: isContinuation ? '   > ' : 'bee> ',
      isContinuation,
      continuation: '   > ',
      history: this.history,
    });
  }

  /** The rows of the screen, trailing empty ones cut. */
  get rows(): string[] {
    const rows = [...this.screen.text];
    while (rows.length > 1 && rows.at(-1) === '') rows.pop();
    return rows;
  }

  /** The screen with the cursor shown as ▮. */
  get picture(): string[] {
    const { row, column, rows } = this.screen;
    const cells = [...(rows[row] ?? [])];
    while (cells.length <= column) cells.push(' ');
    cells[column] = '▮';
    return this.screen.text.map((text, at) => (at === row ? cells.join('').trimEnd() : text));
  }
}

/** Key names to what a keyboard sends. */
export const keys = {
  enter: '\r',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  delete: '\x1b[3~',
  backspace: '\x7f',
  tab: '\t',
  altB: '\x1bb',
  altF: '\x1bf',
  altD: '\x1bd',
  altY: '\x1by',
  altDot: '\x1b.',
  altBackspace: '\x1b\x7f',
  ctrlLeft: '\x1b[1;5D',
} as const;

/** `ctrl('a')` is what Ctrl-A sends. */
export function ctrl(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) - 0x60);
}

/** Text in the marks of a bracketed paste. */
export function paste(text: string): string {
  return `\x1b[200~${text}\x1b[201~`;
}
