/**
 * A server that a terminal started, as what was typed for it: a page that was left while it ran can type that again. Its files
 * hold its data; its configuration is nowhere but in the statements that gave it.
 */
import { quoted } from '../../shell/command.ts';
import { isRecord, strings } from './kept.ts';

export interface StartedServer {
  /** Where it was started; absolute. */
  readonly cwd: string;
  /** `bee`, perhaps with a program. */
  readonly command: string;
  /** The statements that configured it, in their order; each has a line or several. */
  readonly statements: readonly string[];
}

/** More than anybody configures one server by hand; a paste in a loop must not fill the storage. */
const statementsMax = 30;

/** What was typed at a server's console, as far as it configures the server. */
export class ConfigRecord {
  #statements: readonly string[] = [];
  #isConfig = false;

  get statements(): readonly string[] {
    return this.#statements.map(callOf).filter((call) => call !== '');
  }

  /**
   * Notes a line when it was entered: a statement that the page's end cut short counts, too.
   * @param isContinuation whether it goes on with the line before
   */
  note(line: string, isContinuation: boolean): void {
    if (isContinuation) {
      if (!this.#isConfig) return;
      this.#statements = [
        ...this.#statements.slice(0, -1),
        `${this.#statements.at(-1) ?? ''}\n${line}`,
      ];
      return;
    }
    this.#isConfig = /^\s*db\.cfg\s*[({]/.test(line);
    if (!this.#isConfig) return;
    const options = optionsOf(line);
    const isOverruled = (earlier: string): boolean =>
      !earlier.includes('\n') && [...optionsOf(earlier)].every((option) => options.has(option));
    // What a later statement sets anew need not be waited for: an upstream that is gone takes half a minute.
    const before = this.#statements.filter((earlier) => !isOverruled(earlier));
    this.#statements = [...before, line].slice(-statementsMax);
  }
}

/** The call of db.cfg that a statement begins with, without what stood behind it: that was done, and is in the files. */
function callOf(statement: string): string {
  let depth = 0;
  for (const { 0: token, index } of statement.matchAll(
    /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[{}()]/g,
  )) {
    if (token === '{' || token === '(') depth++;
    else if (token === '}' || token === ')') depth--;
    if (depth === 0 && /[{}()]/.test(token.charAt(0))) {
      return statement.slice(0, index + token.length).trimStart();
    }
  }
  // It is not ended: the reader was in the middle of it.
  return '';
}

/** The options that a statement names; a few words too many when a string holds such. */
function optionsOf(statement: string): ReadonlySet<string> {
  return new Set([...statement.matchAll(/(\w+)\s*=(?!=)/g)].map(([, option = '']) => option));
}

/** Reads what was stored. */
export function readStartedServer(value: unknown): StartedServer | undefined {
  if (!isRecord(value)) return undefined;
  const { cwd, command, statements } = value;
  if (typeof cwd !== 'string' || typeof command !== 'string') return undefined;
  return { cwd, command, statements: strings(statements) };
}

/** What is typed to have a server back, at a shell that stands somewhere; as lines for one prompt after the other. */
export function linesToStart(server: StartedServer, shellCwd: string): readonly string[] {
  const { cwd, command, statements } = server;
  return [
    ...(shellCwd === cwd ? [] : [`cd ${wordOf(cwd)}`]),
    command,
    ...statements.flatMap((statement) => statement.split('\n')),
  ];
}

/** A path as one word for the shell. */
function wordOf(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : quoted(path);
}
