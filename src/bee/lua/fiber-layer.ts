import type { Fiber, Task } from '../base/fiber.ts';
import type { FiberContext } from '../server/fiber-context.ts';
import { convertError } from './error-data.ts';
import { plainText } from './lib/tostring.ts';
import type { LuaRuntime } from './runtime.ts';
import { LuaTable } from './vm/table.ts';
import type { TValue } from './vm/types.ts';
import { LuaError, LuaThrow, type Slot, text } from './vm/value.ts';

/** What the Lua layer keeps of a fiber. */
export interface LuaFiber {
  /** `fiber.self().storage`. */
  readonly storage: LuaTable;
  /** True after `fiber:set_joinable(true)`: the end waits for `join`. */
  isJoinable: boolean;
  results: readonly Slot[];
  /** What it ended with, when that was an error. */
  failure: TValue | undefined;
  isFinished: boolean;
  /** Somebody has had its results; nobody can have them again. */
  isJoined: boolean;
}

/** Fibers as Lua code makes them. */
export class FiberLayer {
  readonly #runtime: LuaRuntime;
  readonly #states = new WeakMap<Fiber, LuaFiber>();

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  /** The Lua side of a fiber, whoever made it. */
  of(fiber: Fiber): LuaFiber {
    let state = this.#states.get(fiber);
    if (state === undefined) {
      state = {
        storage: new LuaTable(0, 0),
        isJoinable: false,
        results: [],
        failure: undefined,
        isFinished: false,
        isJoined: false,
      };
      this.#states.set(fiber, state);
    }
    return state;
  }

  /** Makes a fiber that runs a function; it inherits the session of the one that makes it. */
  make(f: TValue, args: readonly TValue[], runsAtOnce: boolean): Fiber {
    const { instance } = this.#runtime;
    const { scheduler, contexts } = instance;
    const parent = scheduler.current;
    const session = parent === undefined ? undefined : contexts.of(parent).session;
    const context: FiberContext = contexts.make(session ?? contexts.makeSession('background'));
    if (parent !== undefined) context.credentials = contexts.of(parent).credentials;
    const body = (fiber: Fiber): Task<void> => this.#body(fiber, context, f, args);
    return runsAtOnce
      ? scheduler.start('lua', body, context)
      : scheduler.spawn('lua', body, context);
  }

  *#body(fiber: Fiber, context: FiberContext, f: TValue, args: readonly TValue[]): Task<void> {
    const state = this.of(fiber);
    try {
      state.results = yield* this.#runtime.vm.call(f, args);
    } catch (error) {
      this.#failed(fiber, state, error);
    } finally {
      state.isFinished = true;
      this.#runtime.instance.box.onFiberStop(context);
    }
  }

  #failed(fiber: Fiber, state: LuaFiber, error: unknown): void {
    const thrown = error instanceof LuaThrow ? error.thrown : convertError(error);
    if (thrown === undefined || thrown instanceof LuaError) throw error;
    state.failure = thrown;
    if (state.isJoinable || fiber.isCancelled) return;
    this.#runtime.instance.log.write('E', text(plainText(thrown)));
  }
}
