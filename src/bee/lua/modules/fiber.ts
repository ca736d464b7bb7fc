/** The `fiber` module: fibers, channels and condition variables. */
import { Cond, type Fiber, type Task } from '../../base/fiber.ts';
import { ClientError, typedError } from '../../box/error.ts';
import { ErrorData } from '../error-data.ts';
import { plainText } from '../lib/tostring.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argTypeError,
  callerError,
  checkNumber,
  checkString,
  data,
  getField,
  isAbsent,
  library,
  number,
  push,
  pushBoolean,
  pushData,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  pushValue,
  record,
  setField,
  stringText,
  table,
  toBoolean,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable, newObjectId } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue, Udata } from '../vm/types.ts';
import {
  copy,
  internString,
  isFunction,
  isNumber,
  isTable,
  isUserdata,
  LuaError,
  type Slot,
  Tag,
  text,
} from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { openChannel } from './fiber-channel.ts';

const nothing: Push = () => 0;

/** A fiber as a Lua value. */
export class FiberData implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null;
  readonly fiber: Fiber;

  constructor(fiber: Fiber, metatable: LuaTable) {
    this.fiber = fiber;
    this.metatable = metatable;
  }
}

/** A condition variable as a Lua value. */
class CondData implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null;
  readonly cond: Cond;

  constructor(cond: Cond, metatable: LuaTable) {
    this.cond = cond;
    this.metatable = metatable;
  }
}

/** The `fiber` module. */
export function makeFiberModule(runtime: LuaRuntime): LuaTable {
  return new FiberModule(runtime).make();
}

class FiberModule {
  readonly #runtime: LuaRuntime;
  readonly #metatable = new LuaTable(0, 0);
  readonly #condMetatable = new LuaTable(0, 0);
  readonly #handles = new WeakMap<Fiber, FiberData>();

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  make(): LuaTable {
    const { instance, vm } = this.#runtime;
    const { clock } = instance.env;
    const methods = this.#methods();
    let isTopEnabled = false;
    setField(this.#metatable, '__tostring', getField(methods, '__tostring'));
    setField(this.#metatable, '__serialize', getField(methods, '__serialize'));
    const module = library({
      create: (L) => this.#make(L, true),
      new: (L) => this.#make(L, false),
      self: (L) => this.#push(L, this.#current()),
      id: (L) => pushNumber(L, this.#target(L).id),
      find: (L) => {
        if (argCount(L) !== 1) throw callerError('fiber.find(id): bad arguments');
        const id = Math.trunc(toNumber(arg(L, 1)) ?? 0);
        const fiber = instance.scheduler.fibers.get(id);
        return fiber === undefined ? pushNil(L) : this.#push(L, fiber);
      },
      sleep: vm.task((L) => this.#sleep(L)),
      yield: vm.task(() => this.#yield()),
      status: (L) => pushText(L, this.#status(this.#target(L))),
      name: (L) => this.#name(L),
      cancel: vm.task((L) => this.#cancel(L)),
      kill: vm.task((L) => this.#cancel(L)),
      testcancel: () => {
        instance.scheduler.testCancel();
        return 0;
      },
      join: vm.task((L) => this.#join(L)),
      set_joinable: (L) => this.#setJoinable(L),
      wakeup: (L) => {
        instance.scheduler.wakeup(this.#given(L, 1));
        return 0;
      },
      time: (L) => pushNumber(L, clock.now()),
      time64: (L) => pushMicroseconds(L, clock.now()),
      clock: (L) => pushNumber(L, clock.monotonic()),
      clock64: (L) => pushMicroseconds(L, clock.monotonic()),
      info: (L) => pushTable(L, this.#info()),
      top: (L) => {
        if (!isTopEnabled) {
          throw callerError('fiber.top() is disabled. Enable it with fiber.top_enable() first');
        }
        const cpu = table(new LuaTable(0, 0));
        return pushTable(L, record({ cpu, cpu_misses: number(0) }));
      },
      top_enable: () => {
        isTopEnabled = true;
        return 0;
      },
      top_disable: () => {
        isTopEnabled = false;
        return 0;
      },
      cond: (L) => {
        push(L, Tag.USERDATA, new CondData(new Cond(instance.scheduler), this.#condMetatable));
        return 1;
      },
    });
    this.#makeCond();
    openChannel(this.#runtime, module);
    return module;
  }

  #methods(): LuaTable {
    const { instance, vm } = this.#runtime;
    const methods = library({
      id: (L) => pushNumber(L, this.#target(L).id),
      name: (L) => this.#name(L),
      status: (L) => pushText(L, this.#status(this.#target(L))),
      cancel: vm.task((L) => this.#cancel(L)),
      testcancel: () => {
        instance.scheduler.testCancel();
        return 0;
      },
      wakeup: (L) => {
        instance.scheduler.wakeup(this.#given(L, 1));
        return 0;
      },
      join: vm.task((L) => this.#join(L)),
      set_joinable: (L) => this.#setJoinable(L),
      __tostring: (L) => pushText(L, this.#text(this.#given(L, 1))),
      __serialize: (L) => this.#serialize(L),
    });
    const index: HostFunction = (L) => {
      const key = stringText(arg(L, 2));
      if (key !== 'storage') return pushValue(L, methods.get(arg(L, 2)));
      return pushTable(L, this.#runtime.fibers.of(this.#given(L, 1)).storage);
    };
    const wrapper = new LuaTable(0, 0);
    for (const name of ['__tostring', '__serialize'])
      setField(wrapper, name, getField(methods, name));
    wrapper.metatable = new LuaTable(0, 0);
    setField(wrapper.metatable, '__index', { type: Tag.HOST_FUNCTION, value: index });
    setField(this.#metatable, '__index', { type: Tag.HOST_FUNCTION, value: index });
    return methods;
  }

  #current(): Fiber {
    const { current } = this.#runtime.instance.scheduler;
    if (current === undefined) throw new LuaError('fiber is not found', 'none');
    return current;
  }

  /** The fiber of an argument: a fiber or an id. */
  #given(L: LuaState, n: number): Fiber {
    const slot = arg(L, n);
    if (isUserdata(slot) && slot.value instanceof FiberData) {
      if (this.#isGone(slot.value.fiber)) throw callerError('the fiber is dead');
      return slot.value.fiber;
    }
    if (isNumber(slot)) {
      const fiber = this.#runtime.instance.scheduler.fibers.get(slot.value);
      if (fiber === undefined) throw new LuaError('the fiber is dead', 'none');
      return fiber;
    }
    throw argTypeError(L, n, 'fiber');
  }

  /** Over, and nobody can ask how it ended. */
  #isGone(fiber: Fiber): boolean {
    const { isFinished, isJoinable } = this.#runtime.fibers.of(fiber);
    return isFinished && !isJoinable;
  }

  /** The first argument's fiber, or the running one where there is none. An id is not taken. */
  #target(L: LuaState): Fiber {
    if (argCount(L) === 0) return this.#current();
    const slot = arg(L, 1);
    if (isUserdata(slot) && slot.value instanceof FiberData) return slot.value.fiber;
    throw argTypeError(L, 1, 'fiber');
  }

  #push(L: LuaState, fiber: Fiber): number {
    let handle = this.#handles.get(fiber);
    if (handle === undefined) {
      handle = new FiberData(fiber, this.#metatable);
      this.#handles.set(fiber, handle);
    }
    push(L, Tag.USERDATA, handle);
    return 1;
  }

  #make(L: LuaState, runsAtOnce: boolean): number {
    if (!isFunction(arg(L, 1))) {
      const name = runsAtOnce ? 'create' : 'new';
      throw new LuaError(`fiber.${name}(function, ...): bad arguments`, 'none');
    }
    const f = copy(arg(L, 1));
    const args: Slot[] = [];
    for (let n = 2; n <= argCount(L); n++) args.push(copy(arg(L, n)));
    return this.#push(L, this.#runtime.fibers.make(f, args, runsAtOnce));
  }

  #status(fiber: Fiber): string {
    if (this.#isGone(fiber)) return 'dead';
    // One that waits to be joined is not running, and that is all the real server looks at.
    return this.#runtime.fibers.of(fiber).isFinished ? 'suspended' : fiber.status;
  }

  #text(fiber: Fiber): string {
    return `fiber: ${fiber.id}`;
  }

  #serialize(L: LuaState): number {
    const slot = arg(L, 1);
    if (slot.value instanceof FiberData && this.#isGone(slot.value.fiber)) {
      return pushText(L, 'the fiber is dead');
    }
    const fiber = this.#given(L, 1);
    const shown = new LuaTable(0, 0);
    setField(shown, 'id', number(fiber.id));
    setField(shown, 'name', { type: Tag.STRING, value: nameString(fiber.name) });
    setField(shown, 'status', { type: Tag.STRING, value: nameString(this.#status(fiber)) });
    return pushTable(L, shown);
  }

  #name(L: LuaState): number {
    const isOfOther = arg(L, 1).value instanceof FiberData;
    const fiber = isOfOther ? this.#given(L, 1) : this.#current();
    const at = isOfOther ? 2 : 1;
    if (argCount(L) < at) return pushText(L, fiber.name);
    const name = checkString(L, at);
    const options = arg(L, at + 1);
    const truncates = isTable(options) && toBoolean(getField(options.value, 'truncate'));
    if (name.length > fiberNameMax && !truncates) throw callerError('Fiber name is too long');
    fiber.name = text(name.subarray(0, fiberNameMax));
    return 0;
  }

  *#sleep(L: LuaState): Task<Push> {
    if (argCount(L) !== 1 || toNumber(arg(L, 1)) === undefined) {
      throw callerError('fiber.sleep(delay): bad arguments');
    }
    yield* this.#runtime.instance.scheduler.sleep(checkNumber(L, 1));
    return nothing;
  }

  *#yield(): Task<Push> {
    yield* this.#runtime.instance.scheduler.reschedule();
    return nothing;
  }

  *#cancel(L: LuaState): Task<Push> {
    const fiber = this.#given(L, 1);
    const { scheduler } = this.#runtime.instance;
    scheduler.cancel(fiber);
    if (fiber === scheduler.current) scheduler.testCancel();
    return nothing;
  }

  #setJoinable(L: LuaState): number {
    if (argCount(L) !== 2) throw callerError('fiber.set_joinable(id, yesno): bad arguments');
    const fiber = this.#given(L, 1);
    this.#runtime.fibers.of(fiber).isJoinable = toBoolean(arg(L, 2));
    return 0;
  }

  *#join(L: LuaState): Task<Push> {
    const fiber = this.#given(L, 1);
    const state = this.#runtime.fibers.of(fiber);
    if (state.isJoined) throw new LuaError('the fiber is dead', 'none');
    if (!state.isJoinable) throw new LuaError('the fiber is not joinable', 'none');
    const { instance, consoles } = this.#runtime;
    yield* instance.scheduler.join(fiber);
    state.isJoinable = false;
    state.isJoined = true;
    try {
      // It may have ended before its rows were written: their loss is its error.
      yield* instance.settled(instance.contexts.of(fiber));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      state.failure ??= consoles.thrown(error);
    }
    const { failure, results } = state;
    return (thread) => {
      pushBoolean(thread, failure === undefined);
      if (failure !== undefined) return 1 + pushValue(thread, asErrorObject(failure));
      for (const result of results) pushValue(thread, result);
      return 1 + results.length;
    };
  }

  #info(): LuaTable {
    const all = new LuaTable(0, 0);
    for (const fiber of this.#runtime.instance.scheduler.fibers.values()) {
      const entry = record({
        fid: number(fiber.id),
        name: { type: Tag.STRING, value: nameString(fiber.name) },
        csw: number(fiber.switches),
        memory: table(record({ used: number(0), total: number(0) })),
        backtrace: table(new LuaTable(0, 0)),
      });
      all.setNumber(fiber.id, table(entry));
    }
    return all;
  }

  // Condition variables.

  #makeCond(): void {
    const { vm } = this.#runtime;
    const methods = library({
      signal: (L) => {
        this.#cond(L, 'signal').signal();
        return 0;
      },
      broadcast: (L) => {
        this.#cond(L, 'broadcast').broadcast();
        return 0;
      },
      wait: vm.task((L) => this.#wait(L)),
    });
    setField(this.#condMetatable, '__index', table(methods));
    const tostring: HostFunction = (L) => pushText(L, 'cond');
    setField(this.#condMetatable, '__tostring', { type: Tag.HOST_FUNCTION, value: tostring });
  }

  #cond(L: LuaState, method: string): Cond {
    const slot = arg(L, 1);
    if (isUserdata(slot) && slot.value instanceof CondData) return slot.value.cond;
    if (argCount(L) === 0) {
      throw callerError(`usage: cond:${method}(${method === 'wait' ? '[timeout]' : ''})`);
    }
    throw argTypeError(L, 1, 'fiber.cond');
  }

  *#wait(L: LuaState): Task<Push> {
    const cond = this.#cond(L, 'wait');
    const given = toNumber(arg(L, 2));
    const isWrong = given === undefined ? !isAbsent(L, 2) : given < 0;
    if (isWrong) throw callerError('usage: cond:wait([timeout])');
    const timeout = given === undefined || given > timeoutMax ? undefined : Math.max(given, 0);
    const isWoken = yield* cond.wait(timeout);
    return (thread) => pushBoolean(thread, isWoken);
  }
}

/** What a fiber ended with is an error object, whatever was raised. */
function asErrorObject(failure: TValue): TValue {
  if (asCData(failure) instanceof ErrorData) return failure;
  return data(ErrorData.of(typedError('LuajitError', text(plainText(failure)))));
}

/** Seconds as a 64-bit number of microseconds. */
function pushMicroseconds(L: LuaState, seconds: number): number {
  return pushData(L, new Int64(BigInt(Math.floor(seconds * 1e6)), true));
}

/** Seconds; who waits longer waits for ever. */
const timeoutMax = 1e8;

/** A fiber's name has at most so many bytes (FIBER_NAME_MAX of the real server, less the end mark). */
const fiberNameMax = 255;

function nameString(name: string): unknown {
  return internString(name);
}

/** A number of seconds; undefined waits for ever. @throws LuaError with the given usage */
export function timeoutArgument(L: LuaState, n: number, usage: string): number | undefined {
  if (isAbsent(L, n)) return undefined;
  const slot = arg(L, n);
  if (!isNumber(slot) || slot.value < 0 || Number.isNaN(slot.value)) throw callerError(usage);
  return slot.value > timeoutMax ? undefined : slot.value;
}
