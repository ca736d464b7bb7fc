/**
 * What a console does with a statement, wherever it is: at the terminal (`console.ts`), on an admin socket
 * (`modules/console-listener.ts`), or nowhere, when a client asks for `console.eval`.
 *
 * 1. `Consoles.evaluate` takes a whole statement. A backslash makes it a command of the console's own.
 * 2. Anything else is compiled, first as an expression, then as a statement, and run in the asking fiber.
 * 3. When all that its results can show is written (`durable`), they become a text in the session's output format.
 * 4. A console that is connected to another server (`Repl.remote`) hands the statement to that one as it stands.
 */
import type { Fiber, Task } from '../base/fiber.ts';
import type { Session } from '../box/session.ts';
import { emitResults } from '../yaml/emitter.ts';
import { yamlMapping, yamlText } from '../yaml/node.ts';
import type { Completions } from './completion.ts';
import { runCommand } from './console-commands.ts';
import { convertError } from './error-data.ts';
import { textBytes } from './front/chunk-id.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import { plainText } from './lib/tostring.ts';
import { formatLua } from './lua-output.ts';
import type { LuaRuntime } from './runtime.ts';
import { FieldReader } from './serializer/field.ts';
import { consoleOptions } from './serializer/options.ts';
import { encodeYaml, NodeBuilder } from './serializer/yaml-encode.ts';
import { boolean, bytesValue, record, string, table } from './vm/host.ts';
import type { LClosure, TValue } from './vm/types.ts';
import { LuaError, LuaThrow, nilObject, Tag, text, utf8 } from './vm/value.ts';

/** What a statement came to: its results, or what it raised. */
export type Outcome =
  | { readonly ok: true; readonly results: readonly TValue[] }
  | { readonly ok: false; readonly error: TValue };

/** What `\set output` says: `yaml`, `lua`, `lua,line`, `lua,block`. */
export interface OutputFormat {
  readonly fmt: 'yaml' | 'lua';
  readonly opts: string | undefined;
}

/** The server that a console's statements go to instead of its own. */
export interface RemoteConsole {
  /** For the prompt, `localhost:3301`. */
  readonly address: string;
  /** False once the connection is over. */
  readonly isActive: boolean;
  /** Why it is over, as the answer to the next statement says. */
  readonly error: string | undefined;
  /** Sends a statement. @returns its answer; @throws LuaError, ClientError when the connection broke or refused it */
  evaluate(statement: Uint8Array): Task<string>;
  /** Words of the other server that may stand where the cursor is; none when it cannot be asked or does not answer. */
  complete(line: string, cursor: number): Task<Completions>;
  close(): void;
}

/** One console: what it keeps between statements. */
export class Repl {
  /** Ends a statement together with the line's end; '' where a line, or a whole piece of Lua, is one. */
  delimiter = '';
  /** False after `\quit`. */
  isRunning = true;
  /** False after `console.ac(false)`. */
  isCompleting = true;
  remote: RemoteConsole | undefined;
  /** Prints what a statement pushes before its answer. */
  readonly print: (text: string) => void;

  constructor(print: (text: string) => void) {
    this.print = print;
  }
}

/** Bytes without which there would be no end of a statement from another server's console. */
export const wireDelimiter = '$EOF$';

/** The consoles of one server, and how each session wants its answers. */
export class Consoles {
  readonly #runtime: LuaRuntime;
  readonly #byFiber = new WeakMap<Fiber, Repl>();
  readonly #outputs = new WeakMap<Session, OutputFormat>();
  /** What `console.set_default_output` was given: consoles that are connected elsewhere begin with it. */
  defaultOutput: OutputFormat = { fmt: 'yaml', opts: undefined };
  /** What ends an answer in Lua form (`console.eos`). */
  luaEnd = ';';
  /** Hooks of `console.on_start` and `console.on_client_disconnect`. */
  onStart: TValue = nilObject;
  onClientDisconnect: TValue = nilObject;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  /** The console that the running fiber serves. */
  get current(): Repl | undefined {
    const fiber = this.#runtime.instance.scheduler.current;
    return fiber === undefined ? undefined : this.#byFiber.get(fiber);
  }

  /** The output format of the running fiber's session. */
  get output(): OutputFormat {
    return this.#outputs.get(this.#session) ?? { fmt: 'yaml', opts: undefined };
  }

  set output(format: OutputFormat) {
    this.#outputs.set(this.#session, format);
  }

  get #session(): Session {
    return this.#runtime.instance.contexts.current.session;
  }

  /**
   * Serves a console in the running fiber until it ends.
   * @param read gives the next whole statement; undefined at the end of input
   * @param print shows an answer
   */
  *serve(
    repl: Repl,
    read: () => Task<Uint8Array | undefined>,
    print: (answer: string) => Task<void>,
  ): Task<void> {
    const fiber = this.#runtime.instance.scheduler.current;
    if (fiber === undefined) throw new Error('a console outside a fiber');
    const outer = this.#byFiber.get(fiber);
    this.#byFiber.set(fiber, repl);
    try {
      if (this.onStart.type !== Tag.NIL) yield* this.#runtime.vm.call(this.onStart, []);
      while (repl.isRunning) {
        const statement = yield* read();
        const answer = yield* this.evaluate(statement, repl);
        if (answer === undefined) return;
        yield* print(answer);
      }
    } finally {
      repl.remote?.close();
      if (outer === undefined) this.#byFiber.delete(fiber);
      else this.#byFiber.set(fiber, outer);
    }
  }

  /**
   * Runs a statement or a command.
   * @param statement undefined for the end of input
   * @returns the answer; undefined when the console is to end
   */
  *evaluate(statement: Uint8Array | undefined, repl = this.current): Task<string | undefined> {
    if (repl?.remote !== undefined) return yield* this.#evaluateThere(repl, repl.remote, statement);
    if (statement === undefined) return undefined;
    if (statement[0] === backslash) return runCommand(this, repl, text(statement.subarray(1)));
    let outcome = yield* this.#outcome(statement);
    try {
      // Nothing is shown before everything that it can show is written (DESIGN D2).
      yield* this.#runtime.instance.durable();
    } catch (error) {
      outcome = { ok: false, error: this.thrown(error) };
    }
    return this.answer(outcome);
  }

  *#evaluateThere(
    repl: Repl,
    remote: RemoteConsole,
    statement: Uint8Array | undefined,
  ): Task<string> {
    if (statement !== undefined && remote.isActive) {
      let answer: string;
      try {
        answer = yield* remote.evaluate(statement);
      } catch (error) {
        answer = this.answer({ ok: false, error: this.thrown(error) });
      }
      if (remote.isActive) return answer;
    }
    const { error } = remote;
    remote.close();
    repl.remote = undefined;
    if (this.onClientDisconnect.type !== Tag.NIL) {
      yield* this.#runtime.vm.call(this.onClientDisconnect, []);
    }
    return error === undefined ? '' : this.failure(error);
  }

  *#outcome(statement: Uint8Array): Task<Outcome> {
    const code = this.#compile(statement);
    if ('ok' in code) return code;
    try {
      const f = { type: Tag.LUA_CLOSURE, value: code };
      return { ok: true, results: yield* this.#runtime.vm.call(f, []) };
    } catch (error) {
      return { ok: false, error: this.thrown(error) };
    }
  }

  /** As an expression first, then as a statement. */
  #compile(statement: Uint8Array): LClosure | (Outcome & { ok: false }) {
    const expression = new Uint8Array(returnBytes.length + statement.length);
    expression.set(returnBytes);
    expression.set(statement, returnBytes.length);
    return this.#compiled(expression) ?? this.#compileStatement(statement);
  }

  #compiled(code: Uint8Array): LClosure | undefined {
    try {
      return this.#runtime.vm.compile(code, code);
    } catch (error) {
      if (error instanceof LuaSyntaxError) return undefined;
      throw error;
    }
  }

  #compileStatement(code: Uint8Array): LClosure | (Outcome & { ok: false }) {
    try {
      return this.#runtime.vm.compile(code, code);
    } catch (error) {
      if (!(error instanceof LuaSyntaxError)) throw error;
      return { ok: false, error: this.thrown(error) };
    }
  }

  /** What was raised, as a Lua value. A bug in Bee goes on up. */
  thrown(error: unknown): TValue {
    if (error instanceof LuaThrow) return error.thrown;
    if (error instanceof LuaSyntaxError) return bytesValue(textBytes(error.message));
    if (error instanceof LuaError) return string(error.message);
    const value = convertError(error);
    if (value === undefined) throw error;
    return value instanceof LuaError ? string(value.message) : value;
  }

  // Answers.

  answer(outcome: Outcome): string {
    return this.output.fmt === 'yaml' ? this.#yaml(outcome) : this.#lua(outcome);
  }

  /** The answer that is an error with these words. */
  failure(message: string): string {
    return this.answer({ ok: false, error: string(message) });
  }

  /** The answer `true`. */
  success(): string {
    return this.answer({ ok: true, results: [boolean(true)] });
  }

  /** What `db.session.push` shows of a value before the answer. */
  pushed(value: TValue): string {
    if (this.output.fmt === 'lua') {
      return `-- Push\n${this.#luaValue(value, this.output.opts === 'block')};`;
    }
    const document = encodeYaml(new FieldReader(this.#runtime.vm, consoleOptions(), true), value);
    return `%TAG !push! tag:tarantool.io/push,2018\n${document}`;
  }

  #yaml(outcome: Outcome): string {
    const reader = new FieldReader(this.#runtime.vm, consoleOptions(), true);
    if (outcome.ok) {
      try {
        return emitResults(new NodeBuilder(reader).buildAll(outcome.results));
      } catch (error) {
        const message = text(plainText(this.thrown(error)));
        return this.failure(
          `console: an exception occurred when formatting the output: ${message}`,
        );
      }
    }
    const error = new NodeBuilder(reader).build(outcome.error);
    return emitResults([yamlMapping([[yamlText('error'), error]])]);
  }

  #lua(outcome: Outcome): string {
    const isBlock = this.output.opts === 'block';
    const values = outcome.ok ? outcome.results : [errorTable(outcome.error)];
    return values.map((value) => this.#luaValue(value, isBlock)).join(', ') + this.luaEnd;
  }

  #luaValue(value: TValue, isBlock: boolean): string {
    const reader = new FieldReader(this.#runtime.vm, consoleOptions(), false);
    try {
      return formatLua(reader, value, isBlock);
    } catch (error) {
      const message = text(plainText(this.thrown(error)));
      const words = `console: exception while formatting output: "${message}"`;
      return formatLua(reader, errorTable(string(words)), isBlock);
    }
  }
}

const backslash = 0x5c;
const returnBytes = utf8('return ');

function errorTable(error: TValue): TValue {
  return table(record({ error }));
}
