/**
 * One Lua state and the fibers' way into it.
 *
 * How a call that has to wait gets back, in steps:
 * 1. A fiber runs Lua code as a task (`LuaVm.run`): it resumes a Lua thread until that ends or is suspended.
 * 2. A host function that may wait is a generator (`LuaVm.task`). It is run at once, up to its first suspension; most
 *    never suspend, and then it was a plain call.
 * 3. When it does suspend, the Lua thread yields with the rest of the generator set down in `#pending`. A coroutine made by the
 *    program passes that on to whoever resumed it (`lib/coroutine.ts`), so that in the end the fiber's own thread yields.
 * 4. `run` is back in charge, drives the generator as part of the fiber's task, and resumes the thread with what it returned; what it
 *    threw is thrown into the Lua code.
 * 5. Lua code that computes for long is suspended between two instructions (`onLook`): then the fiber takes exclusive hold, so that
 *    the host's events get their turn and no other fiber does.
 *
 * What LuaJIT does and this does not: memory is not counted, weak tables keep their entries, finalizers do not run, and there
 * is no compiler.
 */
import './install.ts';
import { assert } from '../../base/assert.ts';
import type { Fiber, Scheduler, Task } from '../../base/fiber.ts';
import { compile } from '../front/compile.ts';
import { lapi, ldo, lstate } from './engine.ts';
import { type ErrorConverter, errorValue } from './errors.ts';
import { onLook } from './execute.ts';
import { arg, push } from './host.ts';
import type { LuaTable } from './table.ts';
import type { HostFunction, LClosure, LuaState, TValue } from './types.ts';
import { copy, LuaError, LuaThrow, newString, nilObject, type Slot, Tag, utf8 } from './value.ts';

const statusOk = 0;
const statusYield = 1;
const globalsIndex = 2;

/** Pushes a host function's results. */
export type Push = (L: LuaState) => number;

/** A host function's work that is not done yet. */
interface Pending {
  /** Undefined for a pause of the Lua code itself. */
  readonly task: Task<Push> | undefined;
  push: Push | undefined;
  error: unknown;
  hasFailed: boolean;
}

export interface VmOptions {
  readonly scheduler: Scheduler;
  /** Seconds, for the length of a slice. */
  readonly monotonic: () => number;
  readonly convertError: ErrorConverter;
  /** What is thrown where a fiber would have to wait and cannot; undefined for LuaJIT's own words. */
  readonly refuseSuspension: () => Error | undefined;
}

/** Lua code runs this long before the host's events get a turn. A frame of the page is 16 ms. */
const sliceSeconds = 0.008;
/** A clock that stands still (the simulator's) must not keep an endless loop going: 2,500 steps each. */
const looksPerSliceMax = 4000;

/** Vms by their engine's state: the interpreter asks for the clock without knowing whose it is. */
const vms = new WeakMap<object, LuaVm>();
onLook((L) => vms.get(L.l_G)?.look(L) ?? false);

let active: LuaVm | undefined;

/** The state whose code runs now, or ran last. Host code that is given a value alone belongs to it. */
export function activeVm(): LuaVm {
  assert(active !== undefined, 'no Lua state has been made');
  return active;
}

export class LuaVm {
  readonly main: LuaState;
  readonly globals: LuaTable;
  readonly registry: LuaTable;
  readonly scheduler: Scheduler;
  readonly #options: VmOptions;
  /** Threads that run now, each resumed by the one before it. */
  readonly #running: LuaState[] = [];
  /** Threads that belong to a fiber or a call of the host; those of the program's own coroutines are not among them. */
  readonly #bases = new WeakSet<LuaState>();
  #pending: Pending | undefined;
  #sliceStart = 0;
  #looks = 0;
  /** Fibers whose statement is to end with an error (Ctrl-C). */
  /** How often each fiber was interrupted since its statement began. */
  readonly #interrupts = new Map<Fiber, number>();
  /** A bug in Bee that came up inside Lua code. It is thrown as soon as the Lua code is left. */
  #bug: unknown;

  constructor(options: VmOptions) {
    this.#options = options;
    this.scheduler = options.scheduler;
    this.main = lstate.lua_newstate();
    active = this;
    vms.set(this.main.l_G, this);
    this.main.l_G.id_counter = 0x41000000;
    this.registry = this.main.l_G.l_registry.value as LuaTable; // the engine made it
    this.globals = this.registry.getNumber(globalsIndex).value as LuaTable; // as above
    this.main.l_G.atnativeerror = (L) => this.#caught(L);
  }

  /** The Lua thread that runs now. */
  get current(): LuaState {
    return this.#running.at(-1) ?? this.main;
  }

  newThread(): LuaState {
    const thread = lstate.lua_newthread(this.main);
    this.main.top--;
    return thread;
  }

  /** @throws LuaSyntaxError */
  compile(code: Uint8Array, chunkName: Uint8Array, environment = this.globals): LClosure {
    return compile(this.current, code, chunkName, environment);
  }

  /**
   * Calls a Lua or host function from a fiber; it may suspend the fiber.
   * @throws LuaThrow what the function threw
   */
  *call(f: TValue, args: readonly TValue[]): Task<Slot[]> {
    const L = this.newThread();
    push(L, f.type, f.value);
    for (const value of args) push(L, value.type, value.value);
    yield* this.run(L, args.length);
    return results(L);
  }

  /** Runs a thread with a function and its arguments on the stack until it ends; its results are then on its stack. */
  *run(L: LuaState, args: number): Task<void> {
    this.#bases.add(L);
    this.#sliceStart = this.#options.monotonic();
    for (let given = args; ; given = 0) {
      const status = this.resume(L, null, given);
      if (status === statusOk) return;
      if (status !== statusYield) throw new LuaThrow(L.stack[L.top - 1] ?? nilObject);
      const pending = this.#pending;
      this.#pending = undefined;
      if (pending !== undefined) yield* this.#wait(pending);
      this.#sliceStart = this.#options.monotonic();
      this.#looks = 0;
    }
  }

  *#wait(pending: Pending): Task<void> {
    if (pending.task === undefined) {
      this.scheduler.exclusive = this.scheduler.current;
      try {
        yield;
      } finally {
        this.scheduler.exclusive = undefined;
      }
      return;
    }
    // Told once, so that the task can wait while it cleans up; a second Ctrl-C ends that too.
    let told = 0;
    try {
      for (;;) {
        yield;
        const count = this.#interruptCount;
        const isNews = count > told;
        told = count;
        const step = isNews
          ? pending.task.throw(new LuaError('interrupted', 'none'))
          : pending.task.next();
        if (step.done !== true) continue;
        pending.push = step.value;
        return;
      }
    } catch (error) {
      pending.error = error;
      pending.hasFailed = true;
    }
  }

  /** Resumes a thread; bugs in Bee come out as exceptions. */
  resume(L: LuaState, from: LuaState | null, args: number): number {
    this.#running.push(L);
    active = this;
    let status: number;
    try {
      status = ldo.lua_resume(L, from, args);
    } finally {
      this.#running.pop();
    }
    if (this.#bug !== undefined && this.#running.length === 0) throw this.#bug;
    return status;
  }

  /** Makes a host function of a generator. Its arguments are read before it first suspends. */
  task(body: (L: LuaState) => Task<Push>): HostFunction {
    return (L) => {
      const task = body(L);
      const first = task.next();
      return first.done === true ? first.value(L) : this.suspend(L, task);
    };
  }

  /** Suspends the thread until the rest of a task is done. The task has come to its first suspension. */
  suspend(L: LuaState, task: Task<Push>): number {
    if (!this.canSuspend) {
      const fiber = this.scheduler.current;
      fiber?.cancelTimer?.();
      if (fiber !== undefined) {
        fiber.cancelTimer = undefined;
        fiber.isReady = false;
      }
      task.return(() => 0);
      const refusal = this.#options.refuseSuspension();
      if (refusal !== undefined) throw refusal;
      throw new LuaError('attempt to yield across C-call boundary', 'none');
    }
    const pending: Pending = { task, push: undefined, error: undefined, hasFailed: false };
    this.#pending = pending;
    return ldo.lua_yieldk(L, 0, pending, finishPending);
  }

  /** Whether the running Lua code may suspend its fiber: not inside a comparator of table.sort, a trigger and the like. */
  get canSuspend(): boolean {
    return this.#running.length > 0 && this.#running.every((L) => L.nny === 0);
  }

  /** True while a suspended host function waits for the fiber's own thread to yield. */
  get isSuspending(): boolean {
    return this.#pending !== undefined;
  }

  /** Whether a thread runs now, or waits for a coroutine that it resumed. */
  isRunning(L: LuaState): boolean {
    return this.#running.includes(L);
  }

  /** Whether a thread is a fiber's own, not a coroutine of the program. */
  isBase(L: LuaState): boolean {
    return L === this.main || this.#bases.has(L);
  }

  /** Asked by the interpreter every few thousand steps. True suspends the running Lua code. */
  look(L: LuaState): boolean {
    if (this.#bug !== undefined) throw this.#bug;
    if (this.#interruptCount > 0) throw new LuaError('interrupted', 'none');
    const isOver =
      ++this.#looks >= looksPerSliceMax ||
      this.#options.monotonic() - this.#sliceStart >= sliceSeconds;
    if (!isOver || L.nny > 0 || !this.canSuspend) return false;
    this.#pending = { task: undefined, push: undefined, error: undefined, hasFailed: false };
    return true;
  }

  /** Ends the statement that a fiber runs, with an error that comes again until the statement is left. */
  interrupt(fiber: Fiber): void {
    this.#interrupts.set(fiber, (this.#interrupts.get(fiber) ?? 0) + 1);
    this.scheduler.wakeup(fiber);
  }

  /** The statement is over. */
  clearInterrupt(fiber: Fiber): void {
    this.#interrupts.delete(fiber);
  }

  /** How often the running fiber was interrupted. */
  get #interruptCount(): number {
    const fiber = this.scheduler.current;
    if (this.#interrupts.size === 0 || fiber === undefined) return 0;
    return this.#interrupts.get(fiber) ?? 0;
  }

  /**
   * Calls a function at once, from inside a host function or with no Lua code running. It cannot suspend.
   * @throws LuaThrow
   */
  callNow(f: TValue, args: readonly TValue[]): Slot[] {
    const L = this.newThread();
    this.#bases.add(L);
    push(L, f.type, f.value);
    for (const value of args) push(L, value.type, value.value);
    L.nny = 1;
    this.#running.push(L);
    active = this;
    try {
      const status = lapi.lua_pcallk(L, args.length, -1, 0, null, null);
      if (status !== statusOk) throw new LuaThrow(L.stack[L.top - 1] ?? nilObject);
    } finally {
      this.#running.pop();
    }
    if (this.#bug !== undefined && this.#running.length === 0) throw this.#bug;
    return results(L);
  }

  /** The engine caught something that a host function threw: pushes the Lua value that it stands for. */
  #caught(L: LuaState): number {
    const error = arg(L, 1).value;
    const value = errorValue(error, L.ci.previous, this.#options.convertError);
    if (value === undefined) {
      this.#bug ??= error;
      push(L, Tag.STRING, newString(utf8(String(error))));
      return 1;
    }
    push(L, value.type, value.value);
    return 1;
  }
}

function finishPending(L: LuaState, _status: number, context: unknown): number {
  const pending = context as Pending; // `suspend` passed it
  if (pending.hasFailed) throw pending.error;
  return pending.push?.(L) ?? 0;
}

function results(L: LuaState): Slot[] {
  const first = L.ci.funcOff + 1;
  return L.stack.slice(first, L.top).map(copy);
}
