import type { Task } from '../base/fiber.ts';
import { ClientError, typedError } from '../box/error.ts';
import type { SessionTriggers } from '../server/iproto-host.ts';
import { ErrorData } from './error-data.ts';
import { plainText } from './lib/tostring.ts';
import type { LuaRuntime } from './runtime.ts';
import { asCData } from './vm/cdata.ts';
import { resourceWords } from './vm/errors.ts';
import { boolean, string } from './vm/host.ts';
import type { TValue } from './vm/types.ts';
import { LuaError, LuaThrow, type Slot, text } from './vm/value.ts';
import type { LuaVm } from './vm/vm.ts';

/** `db.session.on_connect` and its like: functions that run at a session's events, the newest first. */
export class SessionHooks implements SessionTriggers {
  readonly connect: TValue[] = [];
  readonly disconnect: TValue[] = [];
  readonly auth: TValue[] = [];
  /** Called with the kind of access, of object, and its name, before somebody is refused it. */
  readonly accessDenied: TValue[] = [];
  readonly #runtime: LuaRuntime;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  get onConnect(): (() => Task<void>) | undefined {
    return this.connect.length === 0 ? undefined : () => this.#run(this.connect, []);
  }

  get onDisconnect(): (() => Task<void>) | undefined {
    return this.disconnect.length === 0 ? undefined : () => this.#run(this.disconnect, []);
  }

  get onAuth(): ((user: string, isAuthenticated: boolean) => Task<void>) | undefined {
    if (this.auth.length === 0) return undefined;
    return (user, isAuthenticated) =>
      this.#run(this.auth, [string(user), boolean(isAuthenticated)]);
  }

  *#run(triggers: readonly TValue[], args: readonly TValue[]): Task<void> {
    for (const trigger of [...triggers].reverse()) {
      try {
        yield* this.#runtime.vm.call(trigger, args);
      } catch (error) {
        throw clientErrorOf(error);
      }
    }
  }
}

/**
 * Calls a function for the box, which is in the middle of a request: a trigger, a functional index.
 * @throws ClientError whatever it throws: who asked may be a client or a master, who know nothing of Lua's errors
 */
export function callForBox(vm: LuaVm, f: TValue, args: readonly TValue[]): Slot[] {
  try {
    return vm.callNow(f, args);
  } catch (error) {
    throw clientErrorOf(error);
  }
}

/** What a Lua function threw, as an error that a client can be told. */
export function clientErrorOf(error: unknown): unknown {
  if (error instanceof LuaError) return typedError('LuajitError', error.message);
  // The JavaScript engine's stack or memory came to its end; the server's data did not.
  if (error instanceof RangeError) return typedError('LuajitError', resourceWords(error));
  if (!(error instanceof LuaThrow)) return error;
  const cdata = asCData(error.thrown);
  if (cdata instanceof ErrorData) return cdata.error;
  if (error.thrown.value instanceof ClientError) return error.thrown.value;
  return typedError('LuajitError', text(plainText(error.thrown)));
}
