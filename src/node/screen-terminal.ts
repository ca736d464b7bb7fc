/**
 * A person's terminal: the page's own line editor (`shell/terminal.ts`) on this process's streams, so that keys, history, completion
 * and what is printed above the edited line are the same here and there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LogLevel } from '../bee/env/index.ts';
import { History } from '../shell/history.ts';
import { Terminal as LineTerminal } from '../shell/terminal.ts';
import type { Terminal, TerminalEvents } from './terminal.ts';

/** Entries of earlier days, one JSON text a line because an entry may have several lines. */
const historyPath = join(homedir(), '.bee_history');

/** Has pastes marked, so that their newlines are told from Enter. */
const bracketedPaste = { on: '\x1b[?2004h', off: '\x1b[?2004l' };

export class ScreenTerminal implements Terminal {
  readonly isInteractive = true;
  readonly #events: TerminalEvents;
  readonly #history = new History(readHistory());
  readonly #terminal: LineTerminal;
  /** The prompt of a new statement: Ctrl-C in the middle of one goes back to it. */
  #firstPrompt = '';

  constructor(events: TerminalEvents) {
    this.#events = events;
    const { stdin, stdout } = process;
    this.#terminal = new LineTerminal(
      {
        write: (text) => stdout.write(text),
        onLine: (text) => events.onLine(text),
        onInterrupt: (what) => this.#interrupted(what),
        onEndOfInput: () => events.onEnd(),
        onComplete: (text, cursor, done) =>
          events.onComplete(text, cursor, (from, words) => done({ from, words })),
      },
      ...size(),
    );
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.on('data', (text: string) => this.#terminal.input(text));
    // The terminal itself went away.
    stdin.on('end', () => events.onEnd());
    stdout.on('resize', () => this.#resized());
    stdout.write(bracketedPaste.on);
    // However the process ends, the shell behind it gets its terminal back as it was.
    process.on('exit', () => this.#restore());
  }

  output(text: string): void {
    this.#terminal.output(text);
  }

  log(text: string, level: LogLevel): void {
    this.#terminal.log(text, level);
  }

  prompt(text: string, isContinuation: boolean): void {
    if (!isContinuation) this.#firstPrompt = text;
    const continuation = `${' '.repeat(this.#firstPrompt.length - 2)}> `;
    this.#terminal.prompt({ text, isContinuation, continuation, history: this.#history });
  }

  close(done: () => void): void {
    this.#terminal.withdrawPrompt();
    writeHistory(this.#history.entries);
    process.stdin.pause();
    process.stdout.write('', done);
  }

  #interrupted(what: 'running' | 'unfinished'): void {
    this.#events.onInterrupt();
    if (what === 'unfinished') this.prompt(this.#firstPrompt, false);
  }

  #resized(): void {
    this.#terminal.erase();
    this.#terminal.resized(...size());
  }

  #restore(): void {
    process.stdin.setRawMode(false);
    process.stdout.write(bracketedPaste.off);
  }
}

/** Columns and rows; a terminal that does not know its size says 0. */
function size(): [columns: number, rows: number] {
  return [process.stdout.columns || 80, process.stdout.rows || 24];
}

/** Nothing where there is no such file, or none that can be read: a console does without. */
function readHistory(): string[] {
  let text: string;
  try {
    text = readFileSync(historyPath, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'string' ? [entry] : [];
    } catch {
      return [];
    }
  });
}

function writeHistory(entries: readonly string[]): void {
  try {
    writeFileSync(historyPath, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  } catch (error) {
    process.stderr.write(`bee: the history is lost: ${String(error)}\n`);
  }
}
