import type { Task } from '../../base/fiber.ts';
import type { Tuple } from '../../box/tuple.ts';
import type { Instance } from '../../server/instance.ts';
import { pushData, pushNil } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import type { LuaVm, Push } from '../vm/vm.ts';
import { TupleData } from './tuple-data.ts';

/** What a host function works with that may suspend. */
export interface LuaContext {
  readonly vm: LuaVm;
  readonly instance: Instance;
}

/** What every binding of `db` works with. */
export interface DbContext extends LuaContext {
  /** The table `db`. */
  readonly db: LuaTable;
}

/**
 * Ends a host function that may have committed: takes the yield point of a commit when one is due, then pushes.
 * @param push pushes the results
 */
export function afterWrite(context: DbContext, L: LuaState, push: Push): number {
  const { instance, vm } = context;
  if (instance.box.isInTxn || !instance.wantsCommitPoint || !vm.canSuspend) return push(L);
  return finish(context, L, commitThen(context, push));
}

/**
 * Ends a host function whose effect leaves the server (a printed line, a request to another): the rows that the fiber committed
 * before are written first. Inside a transaction it leaves at once, because a wait would abort it, and so it does where
 * a fiber cannot suspend.
 * @param push does it, and pushes the results
 */
export function leave(context: LuaContext, L: LuaState, push: Push): number {
  const { instance, vm } = context;
  if (instance.box.isInTxn || !vm.canSuspend) return push(L);
  return finish(context, L, settledThen(context, push));
}

function* settledThen(context: LuaContext, push: Push): Task<Push> {
  yield* context.instance.settled();
  return push;
}

/** Runs a task to its first suspension, and suspends the Lua thread when it comes to one. */
export function finish(context: LuaContext, L: LuaState, task: Task<Push>): number {
  const first = task.next();
  return first.done === true ? first.value(L) : context.vm.suspend(L, task);
}

function* commitThen(context: DbContext, push: Push): Task<Push> {
  yield* context.instance.commitPoint();
  return push;
}

/**
 * Calls a function of the program where nobody waits for it: what it raises goes to the log.
 * @param what it is, for the log
 */
export function callLogged(
  context: LuaContext,
  what: string,
  f: TValue,
  args: readonly TValue[],
): void {
  const { instance, vm } = context;
  const call = (): void => {
    try {
      vm.callNow(f, args);
    } catch (error) {
      const reason = instance.lua?.describe(error);
      if (reason === undefined) throw error;
      instance.log.write('E', `${what}: ${reason}`);
    }
  };
  // The log's events come between fibers, and Lua code can ask which one runs it.
  if (instance.scheduler.current !== undefined) call();
  else {
    instance.scheduler.start(what, function* () {
      call();
    });
  }
}

/** Makes a host function of a task that waits and returns nothing. */
export function waiting(context: DbContext, body: (L: LuaState) => Task<void>): HostFunction {
  return context.vm.task(function* (L) {
    yield* body(L);
    return () => 0;
  });
}

/** A tuple as a result; nil where there is none. */
export function pushTuple(L: LuaState, tuple: Tuple | undefined): number {
  return tuple === undefined ? pushNil(L) : pushData(L, new TupleData(tuple));
}

/** A tuple as a result, or no value at all: `get` of a missing key shows an empty answer. */
export function pushTupleIfAny(L: LuaState, tuple: Tuple | undefined): number {
  return tuple === undefined ? 0 : pushData(L, new TupleData(tuple));
}
