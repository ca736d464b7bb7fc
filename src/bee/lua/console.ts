/**
 * The console of the terminal: lines in, answers out. It behaves as the real server's, with its words changed from `tarantool` to
 * `bee`. What is done with a whole statement is in `repl.ts`, which consoles on sockets have too.
 */
import { Cond, type Fiber, type Task } from '../base/fiber.ts';
import { isClientError } from '../replication/error.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import { type Completions, complete } from './completion.ts';
import { asError } from './db/error.ts';
import { byteText, textBytes } from './front/chunk-id.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import { readProgram } from './front/parser.ts';
import { plainText } from './lib/tostring.ts';
import { Repl } from './repl.ts';
import type { LuaRuntime } from './runtime.ts';
import { builtinError, setField, string } from './vm/host.ts';
import type { TValue } from './vm/types.ts';
import { nilObject, text, utf8 } from './vm/value.ts';

const promptName = 'bee';

export class Console {
  readonly #runtime: LuaRuntime;
  readonly #lines: string[] = [];
  readonly #hasLine: Cond;
  /** The fiber of the command line's programs, which Ctrl-C stops while there is no console. */
  #program: Fiber | undefined;
  /** The fiber that serves the console, while one does. */
  #fiber: Fiber | undefined;
  #repl: Repl | undefined;
  #isEnded = false;
  #isTerminated = false;
  #buffer = '';

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
    runtime.console = this;
    this.#hasLine = new Cond(runtime.instance.scheduler);
  }

  /** Starts the console's fiber, and before it the program that the command line names. */
  start(): void {
    const { instance } = this.#runtime;
    const context = instance.contexts.make(instance.contexts.makeSession('repl'));
    const parsed = parseCommandLine(instance.options.args);
    if (typeof parsed === 'string') {
      instance.spawn('interactive', context, () => this.#refuse(parsed));
      return;
    }
    const { isConsole, script } = parsed;
    const name = isConsole ? 'interactive' : (script ?? 'interactive');
    this.#program = instance.spawn(name, context, () => this.#main(parsed));
  }

  /** What the real command answers to an option that it has not: EX_USAGE. */
  *#refuse(problem: string): Task<void> {
    this.#runtime.instance.log.write('E', `bee: ${problem}`);
    yield* this.#runtime.instance.exit(64);
  }

  *#main(commandLine: CommandLine): Task<void> {
    const { instance } = this.#runtime;
    const code = yield* this.#runPrograms(commandLine);
    if (code !== 0) {
      yield* instance.exit(this.#isTerminated ? 0 : code);
      return;
    }
    if (!commandLine.isConsole) {
      // A program that left nothing running is done.
      if (instance.state === 'unconfigured' && instance.scheduler.fibers.size <= 1)
        yield* instance.exit(0);
      return;
    }
    if (instance.options.isInteractive) {
      instance.host.output(`Bee 2.6.0-0-g47aa4e01e\ntype 'help' for interactive help\n`);
    }
    yield* this.serve();
    yield* instance.exit(0);
  }

  /** Runs what the command line names. @returns 0, or what to exit with when it failed */
  *#runPrograms({ programs, script, rest }: CommandLine): Task<number> {
    const { instance, vm } = this.#runtime;
    const { options } = instance;
    const program = options.program ?? promptName;
    const values = rest.map((argument) => string(argument));
    this.#runtime.setArguments(program, script ?? promptName, values);
    // Looked for before anything runs, as the real command does.
    const source = yield* this.#readScript(script);
    if (typeof source === 'string') {
      instance.host.output(`Can't open script ${script}: ${source}\n`);
      return 2;
    }
    try {
      for (const { kind, text } of programs) {
        if (kind === 'code') yield* this.#runtime.run(utf8(text), '=-e');
        else setField(vm.globals, text, yield* this.#require(text));
      }
      const name = script === '-' ? '=stdin' : `@${script}`;
      if (source !== undefined) yield* this.#runtime.run(source, name, values);
      return 0;
    } catch (error) {
      if (!this.#isTerminated) this.#logFailure(this.#runtime.consoles.thrown(error));
      return 1;
    }
  }

  /** A program's text; undefined when there is none to run, a reason when it cannot be had. */
  *#readScript(script: string | undefined): Task<Uint8Array | string | undefined> {
    const { instance, modules } = this.#runtime;
    if (script === undefined) return undefined;
    if (script === '-') return utf8(instance.options.input ?? '');
    return yield* modules.readFile(script);
  }

  *#require(name: string): Task<TValue> {
    const [module] = yield* this.#runtime.run(utf8('return require(...)'), '=-l', [string(name)]);
    return module ?? nilObject;
  }

  /** What the real command says of a program that failed, where its log goes. */
  #logFailure(thrown: TValue): void {
    const { log } = this.#runtime.instance;
    const error = asError(thrown);
    const isNumbered = error !== undefined && isClientError(error);
    const name = isNumbered ? error.codeName : (error?.type ?? 'LuajitError');
    const source = isNumbered && error.file !== '' ? `${error.file}:${error.line}` : 'utils.c:1005';
    log.write('E', `${name}: ${text(plainText(thrown))}`, { origin: 'main', source });
    log.write('F', 'fatal error, exiting the event loop', { origin: 'main' });
  }

  // Input.

  /** A line that was entered. */
  line(entered: string): void {
    this.#lines.push(entered);
    this.#hasLine.signal();
  }

  /** Ctrl-D: the server ends in order, also where there is no console. */
  endOfInput(): void {
    const { instance } = this.#runtime;
    if (this.#fiber === undefined) instance.scheduler.spawn('exit', () => instance.exit(0));
    this.#isEnded = true;
    this.#hasLine.broadcast();
  }

  /** SIGTERM: the server ends in order, also out of the middle of a program that never ends. */
  terminate(): void {
    const { instance, vm } = this.#runtime;
    const { scheduler } = instance;
    this.#isTerminated = true;
    // Lua code between two yields lets no other fiber run, and so not the one that ends the server.
    if (scheduler.exclusive !== undefined) vm.interrupt(scheduler.exclusive);
    scheduler.spawn('exit', () => instance.exit(0));
  }

  /** Ctrl-C: the running statement ends with an error; at the prompt, what was typed of a statement is forgotten. */
  interrupt(): void {
    this.#buffer = '';
    const fiber = this.#fiber ?? this.#program;
    if (fiber === undefined) return;
    // A statement that another server runs goes on there; who waits for it waits no more.
    this.#repl?.remote?.close();
    this.#runtime.vm.interrupt(fiber);
  }

  /**
   * Serves the terminal in the running fiber until its input ends, or `\quit`.
   * @throws LuaError when another fiber does already
   */
  *serve(): Task<void> {
    if (this.#fiber !== undefined) throw builtinError('box/console', 747, alreadyStarted);
    const { instance, consoles } = this.#runtime;
    const { host } = instance;
    this.#fiber = instance.scheduler.current;
    this.#repl = new Repl((pushed) => host.output(pushed));
    try {
      yield* consoles.serve(
        this.#repl,
        () => this.#read(),
        (answer) => this.#print(answer),
      );
    } finally {
      this.#fiber = undefined;
      this.#repl = undefined;
    }
  }

  *#print(answer: string): Task<void> {
    const { host, options } = this.#runtime.instance;
    this.#clearInterrupt();
    // Through a pipe comes nothing but documents, and each on lines of its own.
    const needsEnd = options.isInteractive || (answer !== '' && !answer.endsWith('\n'));
    host.output(needsEnd ? `${answer}\n` : answer);
  }

  *#read(): Task<Uint8Array | undefined> {
    const { host } = this.#runtime.instance;
    for (;;) {
      const isContinued = this.#buffer !== '';
      const name = this.#repl?.remote?.address ?? promptName;
      host.prompt(isContinued ? `${' '.repeat(name.length)}> ` : `${name}> `, isContinued);
      while (this.#lines.length === 0 && !this.#isEnded) yield* this.#hasLine.wait();
      const line = this.#lines.shift();
      this.#clearInterrupt();
      if (line === undefined) {
        // Ctrl-D first leaves the other server's console, and only then this one.
        this.#isEnded = false;
        return undefined;
      }
      const statement = this.#take(line);
      if (statement !== undefined) return utf8(statement);
    }
  }

  #clearInterrupt(): void {
    if (this.#fiber !== undefined) this.#runtime.vm.clearInterrupt(this.#fiber);
  }

  /** Adds a line; gives the statement when it is whole. */
  #take(line: string): string | undefined {
    const delimiter = this.#repl?.delimiter ?? '';
    const buffer = this.#buffer + line;
    const isWhole = this.#isWhole(buffer, delimiter);
    this.#buffer = isWhole ? '' : `${buffer}\n`;
    if (!isWhole) return undefined;
    const hasDelimiter = delimiter !== '' && buffer.endsWith(delimiter);
    return hasDelimiter ? buffer.slice(0, -delimiter.length) : buffer;
  }

  #isWhole(buffer: string, delimiter: string): boolean {
    if (buffer.startsWith('\\')) return true;
    if (delimiter !== '') return buffer.endsWith(delimiter);
    const problem = this.#syntaxError(buffer);
    if (problem === undefined || !problem.endsWith(" near '<eof>'")) return true;
    // '(42\n)' is whole, though alone it reads as the beginning of a statement.
    return this.#syntaxError(`return ${buffer}`) === undefined;
  }

  /** It is read only: to run it is for whoever asks for the whole statement. */
  #syntaxError(code: string): string | undefined {
    try {
      readProgram(utf8(code), utf8(code));
      return undefined;
    } catch (error) {
      if (error instanceof LuaSyntaxError) return byteText(textBytes(error.message));
      throw error;
    }
  }

  // For the page.

  /** Words that may stand where the cursor is, from the live state, and where they begin. */
  complete(line: string, cursor: number): Completions {
    const isOff = this.#repl?.isCompleting === false || this.#repl?.remote !== undefined;
    return isOff ? { from: cursor, words: [] } : complete(this.#runtime.vm.globals, line, cursor);
  }

  /** The same from the server that this console is connected to; undefined when it is connected to none. */
  completeThere(line: string, cursor: number): Task<Completions> | undefined {
    const { remote, isCompleting } = this.#repl ?? {};
    return isCompleting === true ? remote?.complete(line, cursor) : undefined;
  }
}

const alreadyStarted = 'console is already started';
