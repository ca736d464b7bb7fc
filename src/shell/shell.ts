/**
 * The little shell of each terminal. How a line walks through:
 *
 * 1. The terminal's controller (src/ui) takes a line from the line editor (`line-editor.ts`) and calls `Shell.run`.
 * 2. `parser.ts` reads it into pipelines of commands: quotes, `&&`, `;`, `|`, redirections. An open quote asks for more.
 * 3. For each command, `expand.ts` expands `~`, variables and globs, asking for directories where it must.
 * 4. The command's body (`commands/*`) runs as a generator: each file it needs is a request that it yields (`task.ts`),
 *    and the page answers from the session's file system, the one that the servers write to.
 * 5. `bee` yields one request, `run`; the controller starts a server in its worker and replies with the exit status.
 * 6. What a command prints goes through `out` and `err` to the terminal, a pipe or a file. The status decides about `&&`.
 *
 * Messages are those of bash 5 and GNU coreutils 9, because a learner will meet them again tomorrow.
 *
 * What a real shell does and this one does not: no background jobs, no control flow, no command substitution and no
 * functions (the tutorial needs none, and other terminals do what `&` would); unquoted variables are not split into words;
 * `hexdump` always prints its canonical form; `cat` shows control characters as `^X` where a real terminal would obey them.
 */
import type { CommandContext, CommandDefinition, ShellHost, ShellState } from './command.ts';
import { commandPath } from './commands/builtins.ts';
import { commands } from './commands/index.ts';
import { expand, expandPlain } from './expand.ts';
import { strerror } from './file-system.ts';
import { type Command, type Pipeline, parse } from './parser.ts';
import { resolve } from './path.ts';
import type { ShellTask } from './task.ts';
import * as files from './task.ts';

/** Where a shell's text goes: the terminal. */
export interface ShellOutput {
  /** May lack a newline at its end. */
  out(text: string): void;
  /** A line of an error message, without its newline. */
  err(line: string): void;
}

export interface ShellOptions {
  readonly home: string;
  readonly cwd: string;
  readonly host: ShellHost;
  readonly output: ShellOutput;
}

/** One terminal's shell: its directory, its variables, and the way it runs a line. */
export class Shell {
  readonly state: ShellState;
  readonly #host: ShellHost;
  readonly #output: ShellOutput;

  constructor(options: ShellOptions) {
    this.state = {
      home: options.home,
      cwd: options.cwd,
      previous: '',
      variables: new Map([['USER', options.host.user]]),
      lastStatus: 0,
    };
    this.#host = options.host;
    this.#output = options.output;
  }

  /**
   * Runs what was entered.
   * @param text a line, or several when the first were incomplete
   * @returns 'incomplete' when more lines are needed; else the last command's exit status, also in `$?`
   */
  *run(text: string): ShellTask<number | 'incomplete'> {
    const parsed = parse(text);
    if (parsed.kind === 'incomplete') return 'incomplete';
    if (parsed.kind === 'error') {
      this.#output.err(`bash: ${parsed.message}`);
      if (looksLikeLua.test(text)) this.#output.err(luaHint);
      this.state.lastStatus = 2;
      return 2;
    }
    for (const pipeline of parsed.pipelines) {
      const { lastStatus } = this.state;
      if (pipeline.when === 'success' && lastStatus !== 0) continue;
      if (pipeline.when === 'failure' && lastStatus === 0) continue;
      this.state.lastStatus = yield* this.#runPipeline(pipeline);
    }
    return this.state.lastStatus;
  }

  /** What `$NAME` stands for. */
  variable(name: string): string {
    switch (name) {
      case '?':
        return String(this.state.lastStatus);
      case 'HOME':
        return this.state.home;
      case 'PWD':
        return this.state.cwd;
      case 'OLDPWD':
        return this.state.previous;
      default:
        return this.state.variables.get(name) ?? '';
    }
  }

  *#runPipeline(pipeline: Pipeline): ShellTask<number> {
    let status = 0;
    let stdin: Uint8Array | undefined;
    for (const [at, command] of pipeline.commands.entries()) {
      const isLast = at === pipeline.commands.length - 1;
      const pipe = isLast ? undefined : new Collector();
      status = yield* this.#runCommand(command, stdin, pipe);
      stdin = pipe?.finish();
    }
    return status;
  }

  *#runCommand(
    command: Command,
    piped: Uint8Array | undefined,
    pipe: Collector | undefined,
  ): ShellTask<number> {
    const view = {
      cwd: this.state.cwd,
      home: this.state.home,
      variable: (name: string) => this.variable(name),
    };
    const words = yield* expand(command.words, view);
    const sinks: { collector: Collector; path: string; how: 'replace' | 'append' }[] = [];
    let stdin = piped;
    let out = pipe;
    let err: Collector | undefined;
    for (const redirect of command.redirects) {
      const target = expandPlain(redirect.target, view);
      const path = resolve(this.state.cwd, target);
      if (redirect.how === 'to-output') {
        err = out ?? new Collector((bytes) => this.#print(bytes));
      } else if (redirect.how === 'read') {
        const bytes = yield* files.read(path);
        if (!bytes.ok) return this.#complain(target, strerror(bytes.error));
        stdin = bytes.value;
      } else {
        const collector = new Collector();
        if (path !== '/dev/null') {
          // The file is made before the command runs, as the shell does: `cat x > x` empties x.
          const how = redirect.how;
          const opened = yield* files.write(path, new Uint8Array(0), how);
          if (!opened.ok) return this.#complain(target, strerror(opened.error));
          sinks.push({ collector, path, how });
        }
        if (redirect.fd === 2) err = collector;
        else out = collector;
      }
    }
    const status = yield* this.#execute(words, stdin, out, err);
    for (const { collector, path } of sinks) {
      const written = yield* files.write(path, collector.finish(), 'append');
      if (!written.ok) return this.#complain(path, strerror(written.error));
    }
    return status;
  }

  *#execute(
    words: readonly string[],
    stdin: Uint8Array | undefined,
    out: Collector | undefined,
    err: Collector | undefined,
  ): ShellTask<number> {
    const [name, ...args] = words;
    if (name === undefined) return 0;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(name);
    if (assignment !== null && args.length === 0) {
      this.state.variables.set(assignment[1] ?? '', assignment[2] ?? '');
      return 0;
    }
    const context: CommandContext = {
      args,
      stdin,
      shell: this.state,
      host: this.#host,
      isTerminal: out === undefined,
      out: (data) => (out === undefined ? this.#print(data) : out.add(data)),
      err: (line) => (err === undefined ? this.#output.err(line) : err.add(`${line}\n`)),
    };
    const server = commandPath('bee', context);
    if (name === 'bee' || (name.includes('/') && resolve(this.state.cwd, name) === server)) {
      return yield* files.run(args, this.state.cwd);
    }
    if (name.includes('/')) return yield* this.#notAProgram(name, context);
    if (name === 'help') return this.#help(context);
    if (name === 'which') return this.#which(context);
    const definition = commands.get(name);
    if (definition === undefined) return this.#notFound(name, context);
    if (args[0] === '--help') {
      context.out(`Usage: ${definition.usage}\n${definition.summary}\n`);
      return 0;
    }
    return yield* definition.body(context);
  }

  *#notAProgram(name: string, context: CommandContext): ShellTask<number> {
    const found = yield* files.stat(resolve(this.state.cwd, name));
    const base = name.slice(name.lastIndexOf('/') + 1);
    const definition = commands.get(base);
    if (!found.ok && definition !== undefined && name === commandPath(base, context)) {
      return yield* definition.body(context);
    }
    if (!found.ok) {
      context.err(`bash: ${name}: ${strerror(found.error)}`);
      return 127;
    }
    const isFolder = found.value.kind === 'directory';
    context.err(`bash: ${name}: ${isFolder ? 'Is a directory' : 'Permission denied'}`);
    if (name.endsWith('.lua')) context.err(`To run a Lua file say: bee ${name}`);
    return 126;
  }

  #notFound(name: string, context: CommandContext): number {
    context.err(`bash: ${name}: command not found`);
    if (looksLikeLua.test(name)) context.err(luaHint);
    else context.err(`This shell has: ${[...commandNames()].join(' ')}`);
    return 127;
  }

  #help(context: CommandContext): number {
    const rows: Pick<CommandDefinition, 'usage' | 'summary'>[] = [
      { usage: 'bee [FILE.lua]', summary: 'start a server here; its console, or a Lua file' },
      ...commands.values(),
    ];
    rows.sort((a, b) => (a.usage < b.usage ? -1 : 1));
    const widest = Math.min(44, Math.max(...rows.map((row) => row.usage.length)));
    const isNarrow = context.host.columns() < widest + 40;
    for (const { usage, summary } of rows) {
      context.out(
        isNarrow ? `${usage}\n    ${summary}\n` : `${usage.padEnd(widest)}  ${summary}\n`,
      );
    }
    context.out('Also: && || ; | > >> < globs, quotes, ~, $HOME, # comments.\n');
    context.out('Keys as in readline. Alt-Backspace deletes a word: Ctrl-W would close the tab.\n');
    return 0;
  }

  #which(context: CommandContext): number {
    let status = context.args.length === 0 ? 1 : 0;
    for (const name of context.args) {
      if (name === 'bee' || commands.has(name)) context.out(`${commandPath(name, context)}\n`);
      else status = 1;
    }
    return status;
  }

  #complain(what: string, why: string): number {
    this.#output.err(`bash: ${what}: ${why}`);
    return 1;
  }

  #print(data: string | Uint8Array): void {
    this.#output.out(typeof data === 'string' ? data : visible(new TextDecoder().decode(data)));
  }
}

/** What belongs to a server's console: the most frequent mistake of the first ten minutes. */
const looksLikeLua = /^\s*(?:(?:db|box|s|i|fiber|require)\b[.:({[=]|os\.exit)/;
const luaHint = "This is the shell's prompt. Start a server with `bee`, then say that at `bee>`.";

/** All names that can stand first in a line, sorted: for completion and for "this shell has". */
export function commandNames(): readonly string[] {
  return [...commands.keys(), 'bee', 'help', 'which'].sort();
}

/** Gathers what goes into a pipe or a file, or hands it on at once. */
class Collector {
  readonly #pieces: Uint8Array[] = [];
  readonly #forward: ((bytes: Uint8Array) => void) | undefined;

  constructor(forward?: (bytes: Uint8Array) => void) {
    this.#forward = forward;
  }

  add(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (this.#forward === undefined) this.#pieces.push(bytes);
    else this.#forward(bytes);
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}

/** Shows control characters as `^X`: `cat` of a binary file must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (char) =>
    char === '\r' ? '' : `^${String.fromCharCode((char.charCodeAt(0) + 64) % 128)}`,
  );
}
