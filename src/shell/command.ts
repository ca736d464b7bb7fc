import type { ShellTask } from './task.ts';

/** A command's body: runs to its exit status. */
export type CommandBody = (context: CommandContext) => ShellTask<number>;

/** A command as `help` and completion know it. */
export interface CommandDefinition {
  readonly name: string;
  /** As `help` shows it: `ls [-l] [-a] [-h] [FILE]...`. */
  readonly usage: string;
  readonly summary: string;
  readonly body: CommandBody;
}

/** What a running command sees. */
export interface CommandContext {
  /** Arguments after the name, expanded. */
  readonly args: readonly string[];
  /** What a pipe or `<` feeds it; undefined where it would read the keyboard. */
  readonly stdin: Uint8Array | undefined;
  readonly shell: ShellState;
  readonly host: ShellHost;
  /** True when `out` goes to the screen, not into a file or a pipe: `ls` prints columns then. */
  readonly isTerminal: boolean;
  out(data: string | Uint8Array): void;
  /** Takes whole lines without the newline. */
  err(line: string): void;
}

/** What lives as long as the shell does. */
export interface ShellState {
  readonly home: string;
  cwd: string;
  /** For `cd -`; empty before the first `cd`. */
  previous: string;
  readonly variables: Map<string, string>;
  lastStatus: number;
}

/** What the shell's terminal knows without waiting. */
export interface ShellHost {
  readonly user: string;
  /** Seconds since 1970. */
  now(): number;
  /** Minutes that local time is ahead of UTC at a moment (seconds since 1970). */
  utcOffset(at: number): number;
  columns(): number;
  processes(): readonly ProcessEntry[];
  /** @returns false when there is no such process */
  kill(pid: number, signal: Signal): boolean;
  history(): readonly string[];
  clearHistory(): void;
  clearScreen(): void;
}

export type Signal = 'TERM' | 'KILL' | 'INT' | 'STOP' | 'CONT';

export interface ProcessEntry {
  readonly pid: number;
  /** `pts/1` for Terminal #1. */
  readonly tty: string;
  readonly command: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
}

/** Options that were read from a command's arguments. */
export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Reads options as getopt(3) does: clusters (`-la`), values (`-n 3`, `-n3`), `--` ends them, operands may stand between.
 * @param spec one letter an option, a colon after those that take a value
 * @param long long names and the letter each stands for
 * @returns the options, or undefined after having complained
 */
export function readOptions(
  name: string,
  context: CommandContext,
  spec: string,
  long: Readonly<Record<string, string>> = {},
): Options | undefined {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  const complain = (problem: string): undefined => {
    context.err(`${name}: ${problem}`);
    context.err(`Try '${name} --help' for more information.`);
    return undefined;
  };
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? '';
    if (arg === '--') {
      operands.push(...context.args.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const letter = long[arg.slice(2)];
      if (letter === undefined) return complain(`unrecognized option '${arg}'`);
      flags.add(letter);
      continue;
    }
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    for (let index = 1; index < arg.length; index++) {
      const letter = arg.charAt(index);
      const place = letter === ':' ? -1 : spec.indexOf(letter);
      if (place < 0) return complain(`invalid option -- '${letter}'`);
      if (spec.charAt(place + 1) !== ':') {
        flags.add(letter);
        continue;
      }
      const value = index + 1 < arg.length ? arg.slice(index + 1) : context.args[++at];
      if (value === undefined) return complain(`option requires an argument -- '${letter}'`);
      values.set(letter, value);
      break;
    }
  }
  return { flags, values, operands };
}

/** Quotes a name as coreutils do in their messages and `ls` on a terminal: only where the shell would need it. */
export function shellQuote(name: string): string {
  if (name !== '' && !/[\s'"\\$`*?[\]{}()<>|&;#~!=^]/.test(name)) return name;
  return name.includes("'") && !/["\\$`]/.test(name)
    ? `"${name}"`
    : `'${name.replaceAll("'", "'\\''")}'`;
}

/** Always in quotes, as coreutils name a file in a complaint: `'x'`. */
export function quoted(name: string): string {
  return `'${name.replaceAll("'", "'\\''")}'`;
}
