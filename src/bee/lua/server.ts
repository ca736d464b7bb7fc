/** A whole server as its host sees it: the instance, its Lua side, its console. */

import type { Task } from '../base/fiber.ts';
import { ClientError } from '../box/error.ts';
import type { Env } from '../env/index.ts';
import type {
  InstanceStatus,
  ProbeResult,
  Server,
  ServerHost,
  ServerOptions,
} from '../server/host.ts';
import { statusOf } from '../server/info.ts';
import { Instance } from '../server/instance.ts';
import type { Completions } from './completion.ts';
import { Console } from './console.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import { plainText } from './lib/tostring.ts';
import { LuaRuntime } from './runtime.ts';
import { FieldReader } from './serializer/field.ts';
import { consoleOptions } from './serializer/options.ts';
import type { TValue } from './vm/types.ts';
import { LuaThrow, nilObject, Slot, Tag, text, utf8 } from './vm/value.ts';

/** Makes a server; its console starts with the first turn. */
export function createServer(env: Env, host: ServerHost, options: ServerOptions): Server {
  return new LuaServer(env, host, options);
}

class LuaServer implements Server {
  readonly #instance: Instance;
  readonly #runtime: LuaRuntime;
  readonly #console: Console;

  constructor(env: Env, host: ServerHost, options: ServerOptions) {
    this.#instance = new Instance(env, host, options);
    this.#runtime = new LuaRuntime(this.#instance);
    this.#console = new Console(this.#runtime);
    this.#console.start();
  }

  turn(): 'idle' | 'more' {
    return this.#instance.turn();
  }

  line(entered: string): void {
    this.#instance.post({ kind: 'console', deliver: () => this.#console.line(entered) });
  }

  interrupt(): void {
    this.#instance.post({ kind: 'console', deliver: () => this.#console.interrupt() });
  }

  endOfInput(): void {
    this.#instance.post({ kind: 'console', deliver: () => this.#console.endOfInput() });
  }

  terminate(): void {
    this.#instance.post({ kind: 'stop', deliver: () => this.#console.terminate() });
  }

  complete(
    line: string,
    cursor: number,
    done: (from: number, words: readonly string[]) => void,
  ): void {
    this.#instance.post({
      kind: 'console',
      deliver: () => {
        const there = this.#console.completeThere(line, cursor);
        if (there === undefined) {
          const { from, words } = this.#console.complete(line, cursor);
          done(from, words);
          return;
        }
        const { contexts } = this.#instance;
        const context = contexts.make(contexts.makeSession('background'));
        this.#instance.spawn('completion', context, () => this.#completeThere(there, cursor, done));
      },
    });
  }

  *#completeThere(
    there: Task<Completions>,
    cursor: number,
    done: (from: number, words: readonly string[]) => void,
  ): Task<void> {
    try {
      const { from, words } = yield* there;
      done(from, words);
    } catch (error) {
      // It is gone, or does not let us ask: the next statement is told so.
      if (!(error instanceof ClientError)) throw error;
      done(cursor, []);
    }
  }

  probe(code: string, done: (result: ProbeResult) => void): void {
    const { contexts } = this.#instance;
    this.#instance.post({
      kind: 'console',
      deliver: () => {
        const context = contexts.make(contexts.makeSession('background'));
        this.#instance.spawn('probe', context, () => this.#probe(code, done));
      },
    });
  }

  *#probe(code: string, done: (result: ProbeResult) => void): Task<void> {
    try {
      const [value] = yield* this.#runtime.run(utf8(`return ${code}`), '=probe');
      yield* this.#instance.durable();
      const reader = new FieldReader(this.#runtime.vm, consoleOptions(), false);
      done({ ok: true, value: toPlain(reader, value ?? nilObject, 0) });
    } catch (error) {
      done({ ok: false, error: errorText(error) });
    }
  }

  status(): InstanceStatus {
    return statusOf(this.#instance);
  }
}

function errorText(error: unknown): string {
  if (error instanceof LuaThrow) return text(plainText(error.thrown));
  if (error instanceof LuaSyntaxError || error instanceof Error) return error.message;
  return String(error);
}

/** A value as plain data that can be posted to the page. */
function toPlain(reader: FieldReader, value: TValue, depth: number): unknown {
  if (depth > 32) return null;
  const field = reader.read(value);
  switch (field.kind) {
    case 'nil':
      return null;
    case 'boolean':
    case 'integer':
    case 'double':
    case 'float':
      return field.value;
    case 'string':
    case 'binary':
      return text(field.bytes);
    case 'extension':
      return field.data.toText();
    case 'array':
      return Array.from({ length: field.size }, (_, at) =>
        toPlain(reader, field.table.getNumber(at + 1), depth + 1),
      );
    case 'map': {
      const result: Record<string, unknown> = {};
      const key = new Slot(Tag.NIL, null);
      const item = new Slot(Tag.NIL, null);
      while (field.table.next(key, item)) {
        result[text(plainText(key))] = toPlain(reader, item, depth + 1);
      }
      return result;
    }
  }
}
