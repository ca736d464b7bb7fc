/**
 * The interactive console: lines in, answers out. It behaves as the real server's, with its words changed from `tarantool` to `bee`.
 */
import { Cond, type Fiber, type Task } from '../base/fiber.ts';
import { emitResults } from '../yaml/emitter.ts';
import { yamlMapping, yamlText } from '../yaml/node.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import { convertError } from './error-data.ts';
import { byteText, textBytes } from './front/chunk-id.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import { helpText } from './help.ts';
import { plainText } from './lib/tostring.ts';
import { formatLua } from './lua-output.ts';
import type { LuaRuntime } from './runtime.ts';
import { FieldReader } from './serializer/field.ts';
import { consoleOptions } from './serializer/options.ts';
import { NodeBuilder } from './serializer/yaml-encode.ts';
import { bytesValue, getField, record, string, stringText } from './vm/host.ts';
import type { LClosure, TValue } from './vm/types.ts';
import { isTable, LuaError, LuaThrow, type Slot, Tag, text, utf8 } from './vm/value.ts';

/** What a statement came to: its results, or what it raised. */
type Outcome =
  | { readonly ok: true; readonly results: readonly TValue[] }
  | { readonly ok: false; readonly error: TValue };

type OutputFormat = 'yaml' | 'lua' | 'lua,block';

const promptText = 'bee> ';
const continuationText = '   > ';

export class Console {
  readonly #runtime: LuaRuntime;
  readonly #lines: string[] = [];
  readonly #hasLine: Cond;
  #fiber: Fiber | undefined;
  #isEnded = false;
  #buffer = '';
  delimiter = '';
  #format: OutputFormat = 'yaml';
  #language = 'lua';
  /** False for a program without a console. */
  #isReading = true;

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
    this.#isReading = isConsole;
    const name = isConsole ? 'interactive' : (script ?? 'interactive');
    this.#fiber = instance.spawn(name, context, () => this.#main(parsed));
  }

  /** What the real command answers to an option that it has not: EX_USAGE. */
  *#refuse(problem: string): Task<void> {
    this.#runtime.instance.host.output(`bee: ${problem}\n`);
    yield* this.#runtime.instance.exit(64);
  }

  *#main(commandLine: CommandLine): Task<void> {
    const { instance } = this.#runtime;
    if (!(yield* this.#runPrograms(commandLine))) {
      yield* instance.exit(1);
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
    yield* this.#readLoop();
  }

  /** Runs what the command line names. False when it failed. */
  *#runPrograms({ programs, script, rest }: CommandLine): Task<boolean> {
    try {
      for (const { kind, text } of programs) {
        const code = kind === 'code' ? text : `require(${JSON.stringify(text)})`;
        yield* this.#runtime.run(utf8(code), '=-e');
      }
      if (script !== undefined) {
        const values = rest.map((argument) => string(argument));
        this.#runtime.setArguments(script, values);
        yield* this.#runtime.modules.runFile(script, values);
      }
      return true;
    } catch (error) {
      const thrown = this.#thrown(error);
      this.#runtime.instance.host.output(`${text(plainText(thrown))}\n`);
      return false;
    }
  }

  // Input.

  /** A line that was entered. */
  line(entered: string): void {
    this.#lines.push(entered);
    this.#hasLine.signal();
  }

  /** Ctrl-D: the server ends in order. So it does at SIGTERM, which may find a program without a console. */
  endOfInput(): void {
    const { instance } = this.#runtime;
    if (!this.#isReading) instance.scheduler.spawn('exit', () => instance.exit(0));
    this.#isEnded = true;
    this.#hasLine.broadcast();
  }

  /** Ctrl-C: the running statement ends with an error; at the prompt, what was typed of a statement is forgotten. */
  interrupt(): void {
    this.#buffer = '';
    if (this.#fiber !== undefined) this.#runtime.vm.interrupt(this.#fiber);
  }

  *#readLoop(): Task<void> {
    const { instance } = this.#runtime;
    const { host, options } = instance;
    for (;;) {
      const isContinued = this.#buffer !== '';
      host.prompt(isContinued ? continuationText : promptText, isContinued);
      while (this.#lines.length === 0 && !this.#isEnded) yield* this.#hasLine.wait();
      const line = this.#lines.shift();
      this.#clearInterrupt();
      if (line === undefined) {
        yield* instance.exit(0);
        return;
      }
      const statement = this.#take(line);
      if (statement === undefined) continue;
      const answer = yield* this.evaluate(statement);
      this.#clearInterrupt();
      host.output(options.isInteractive ? `${answer}\n` : answer);
    }
  }

  #clearInterrupt(): void {
    if (this.#fiber !== undefined) this.#runtime.vm.clearInterrupt(this.#fiber);
  }

  /** Adds a line; gives the statement when it is whole. */
  #take(line: string): string | undefined {
    const buffer = this.#buffer + line;
    const isWhole = this.#isWhole(buffer);
    this.#buffer = isWhole ? '' : `${buffer}\n`;
    if (!isWhole) return undefined;
    const hasDelimiter = this.delimiter !== '' && buffer.endsWith(this.delimiter);
    return hasDelimiter ? buffer.slice(0, -this.delimiter.length) : buffer;
  }

  #isWhole(buffer: string): boolean {
    if (buffer.startsWith('\\')) return true;
    if (this.delimiter !== '') return buffer.endsWith(this.delimiter);
    const problem = this.#syntaxError(buffer);
    if (problem === undefined || !problem.endsWith(" near '<eof>'")) return true;
    // '(42\n)' is whole, though alone it reads as the beginning of a statement.
    return this.#syntaxError(`return ${buffer}`) === undefined;
  }

  #syntaxError(code: string): string | undefined {
    try {
      this.#runtime.vm.compile(utf8(code), utf8(code));
      return undefined;
    } catch (error) {
      if (error instanceof LuaSyntaxError) return byteText(textBytes(error.message));
      throw error;
    }
  }

  // Statements.

  /** Runs a statement or a command and gives the answer; undefined for `\quit`. */
  *evaluate(statement: string): Task<string> {
    if (statement.startsWith('\\')) return this.#command(statement.slice(1));
    if (this.#language === 'sql') {
      return this.#answer(failure('SQL is not available: Bee has the Lua language only'));
    }
    let outcome = yield* this.#outcome(statement);
    try {
      // Nothing is shown before everything that it can show is written (DESIGN D2).
      yield* this.#runtime.instance.durable();
    } catch (error) {
      outcome = { ok: false, error: this.#thrown(error) };
    }
    return this.#answer(outcome);
  }

  *#outcome(statement: string): Task<Outcome> {
    const code = this.#compile(statement);
    if ('ok' in code) return code;
    try {
      const f = { type: Tag.LUA_CLOSURE, value: code };
      const results = yield* this.#runtime.vm.call(f, []);
      return { ok: true, results };
    } catch (error) {
      return { ok: false, error: this.#thrown(error) };
    }
  }

  /** As an expression first, then as a statement. */
  #compile(statement: string): LClosure | (Outcome & { ok: false }) {
    const { vm } = this.#runtime;
    for (const code of [`return ${statement}`, statement]) {
      try {
        return vm.compile(utf8(code), utf8(code));
      } catch (error) {
        if (!(error instanceof LuaSyntaxError)) throw error;
        if (code === statement) return { ok: false, error: this.#thrown(error) };
      }
    }
    return failure('');
  }

  /** What was raised, as a Lua value. A bug in Bee goes on up. */
  #thrown(error: unknown): TValue {
    if (error instanceof LuaThrow) return error.thrown;
    if (error instanceof LuaSyntaxError) {
      return bytesValue(textBytes(error.message));
    }
    if (error instanceof LuaError) return string(error.message);
    const value = convertError(error);
    if (value === undefined) throw error;
    return value instanceof LuaError ? string(value.message) : value;
  }

  // Answers.

  #answer(outcome: Outcome): string {
    return this.#format === 'yaml' ? this.#yaml(outcome) : this.#lua(outcome);
  }

  #yaml(outcome: Outcome): string {
    const reader = new FieldReader(this.#runtime.vm, consoleOptions(), true);
    if (outcome.ok) {
      try {
        return emitResults(outcome.results.map((value) => new NodeBuilder(reader).build(value)));
      } catch (error) {
        const message = text(plainText(this.#thrown(error)));
        const what = `console: an exception occurred when formatting the output: ${message}`;
        return this.#yaml(failure(what));
      }
    }
    const error = new NodeBuilder(reader).build(outcome.error);
    return emitResults([yamlMapping([[yamlText('error'), error]])]);
  }

  #lua(outcome: Outcome): string {
    const reader = new FieldReader(this.#runtime.vm, consoleOptions(), false);
    const isBlock = this.#format === 'lua,block';
    if (!outcome.ok) return `${formatLua(reader, errorTable(outcome.error), isBlock)};\n`;
    return `${outcome.results.map((value) => formatLua(reader, value, isBlock)).join(', ')};\n`;
  }

  #command(line: string): string {
    const words = line.split(/\s+/).filter((word) => word !== '');
    const [command, parameter, value] = words;
    switch (command) {
      case undefined:
      case 'help':
      case 'h':
        return this.#yamlHelp();
      case 'set':
      case 's':
        return this.#set(parameter, value);
      case 'quit':
      case 'q':
        this.endOfInput();
        return '';
      default:
        return this.#answer(failure(`Invalid command \\${line}. Type \\help for help.`));
    }
  }

  #yamlHelp(): string {
    return emitResults([{ kind: 'sequence', items: [yamlText(helpText)] }]);
  }

  #set(parameter: string | undefined, value: string | undefined): string {
    switch (parameter) {
      case undefined:
        return this.#answer(failure('Invalid set syntax, type \\help for help'));
      case 'output':
      case 'o':
        return this.#setOutput(value);
      case 'delimiter':
      case 'delim':
      case 'd':
        this.delimiter = value ?? '';
        return this.#answer({ ok: true, results: [] });
      case 'language':
      case 'lang':
      case 'l':
        return this.#setLanguage(value);
      default:
        return this.#answer(failure(`Unknown parameter: ${parameter}`));
    }
  }

  #setOutput(value: string | undefined): string {
    if (value === undefined) return this.#answer(failure('Specify output format: lua or yaml.'));
    const [format, option] = value.split(',');
    if (format === 'lua' && option !== undefined && option !== 'line' && option !== 'block') {
      return this.#answer(failure(`Wrong option "${option}", expecting: line or block.`));
    }
    if (format !== 'yaml' && format !== 'lua') {
      const words = `Invalid format "${value}", supported languages: lua and yaml.`;
      return this.#answer(failure(words));
    }
    this.#format = format === 'yaml' ? 'yaml' : option === 'block' ? 'lua,block' : 'lua';
    return this.#answer({ ok: true, results: [{ type: Tag.BOOLEAN, value: true }] });
  }

  #setLanguage(value: string | undefined): string {
    if (value !== 'lua' && value !== undefined) {
      const words =
        value === 'sql'
          ? 'SQL is not available: Bee has the Lua language only'
          : `Invalid language "${value}", supported languages: lua and sql.`;
      return this.#answer(failure(words));
    }
    return this.#answer({ ok: true, results: [{ type: Tag.BOOLEAN, value: true }] });
  }

  // For the page.

  /** Words that may stand where the cursor is, from the live state, and where they begin. */
  complete(line: string, cursor: number): { from: number; words: string[] } {
    const before = line.slice(0, cursor);
    const path = /[A-Za-z_][\w]*(?:[.:][A-Za-z_]\w*)*[.:]?$/.exec(before)?.[0] ?? '';
    const last = Math.max(path.lastIndexOf('.'), path.lastIndexOf(':'));
    const prefix = path.slice(last + 1);
    let holder: TValue = { type: Tag.TABLE, value: this.#runtime.vm.globals };
    if (last >= 0) {
      for (const part of path.slice(0, last).split(/[.:]/)) holder = fieldOf(holder, part);
    }
    const words = [...namesIn(holder, path.charAt(last) === ':')];
    if (last < 0) words.push(...keywords);
    const fitting = words.filter((word) => word.startsWith(prefix));
    return { from: cursor - prefix.length, words: [...new Set(fitting)].sort() };
  }
}

const keywords =
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  );

function fieldOf(holder: TValue, name: string): TValue {
  for (let object = holder, steps = 0; steps < 10 && isTable(object); steps++) {
    const own = getField(object.value, name);
    if (own.type !== Tag.NIL) return own;
    const { metatable } = object.value;
    if (metatable === null) break;
    object = getField(metatable, '__index');
  }
  return { type: Tag.NIL, value: null };
}

function* namesIn(holder: TValue, onlyMethods: boolean): Generator<string> {
  const key: Slot = string('');
  const value: Slot = string('');
  for (let object = holder, steps = 0; steps < 10 && isTable(object); steps++) {
    key.type = Tag.NIL;
    key.value = null;
    while (object.value.next(key, value)) {
      const name = stringText(key);
      const isMethod = (value.type & 15) === Tag.FUNCTION;
      if (name === undefined || (onlyMethods && !isMethod)) continue;
      if (/^[A-Za-z_]\w*$/.test(name)) yield isMethod ? `${name}(` : name;
    }
    const { metatable } = object.value;
    if (metatable === null) return;
    object = getField(metatable, '__index');
  }
}

function failure(message: string): Outcome & { ok: false } {
  return { ok: false, error: string(message) };
}

function errorTable(error: TValue): TValue {
  return { type: Tag.TABLE, value: record({ error }) };
}
