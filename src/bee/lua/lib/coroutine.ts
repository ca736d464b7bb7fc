/**
 * Coroutines. When a host function inside one has to wait, the whole fiber waits: the coroutine that was resumed yields to here, and
 * here the resuming thread yields in turn, until the fiber's own thread does (`vm.ts`).
 */

import { ldo } from '../vm/engine.ts';
import { joined } from '../vm/errors.ts';
import {
  arg,
  argCount,
  argError,
  argTypeError,
  bytesValue,
  callerError,
  library,
  push,
  pushBoolean,
  pushNil,
  pushText,
  pushValue,
  reserve,
  setField,
  table,
} from '../vm/host.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { isFunction, isString, isThread, LuaThrow, nilObject, Tag } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { noteBuiltin } from './builtin-numbers.ts';
import { where } from './frames.ts';

const statusOk = 0;
const statusYield = 1;

/** What goes on after a coroutine that waited for something was resumed by its fiber. */
interface Resumption {
  readonly co: LuaState;
  readonly isWrapped: boolean;
}

/** LuaJIT's number of what `coroutine.wrap` gives. */
const wrappedNumber = 36;

/** Opens the `coroutine` library. */
export function openCoroutine(vm: LuaVm): void {
  const create = (L: LuaState): LuaState => {
    const f = arg(L, 1);
    if (!isFunction(f)) throw argTypeError(L, 1, 'function');
    const co = vm.newThread();
    push(co, f.type, f.value);
    return co;
  };
  const functions = library({
    create: (L) => {
      push(L, Tag.THREAD, create(L));
      return 1;
    },
    isyieldable: (L) => pushBoolean(L, !vm.isBase(L) && L.nny === 0),
    resume: (L) => {
      const co = checkThread(L);
      const given = Array.from({ length: argCount(L) - 1 }, (_, at) => arg(L, at + 2));
      return resume(vm, L, { co, isWrapped: false }, given);
    },
    running: (L) => {
      if (vm.isBase(L) && L === vm.main) return pushNil(L);
      push(L, Tag.THREAD, L);
      return 1;
    },
    status: (L) => pushText(L, statusOf(vm, L, checkThread(L))),
    wrap: (L) => {
      const co = create(L);
      const resumed = (caller: LuaState): number => {
        const given = Array.from({ length: argCount(caller) }, (_, at) => arg(caller, at + 1));
        return resume(vm, caller, { co, isWrapped: true }, given);
      };
      noteBuiltin(resumed, wrappedNumber);
      push(L, Tag.HOST_FUNCTION, resumed);
      return 1;
    },
    yield: (L) => {
      if (vm.isBase(L) || L.nny > 0) {
        throw callerError('attempt to yield across C-call boundary');
      }
      return ldo.lua_yieldk(L, argCount(L), null, null);
    },
  });
  setField(vm.globals, 'coroutine', table(functions));
}

function checkThread(L: LuaState): LuaState {
  const given = arg(L, 1);
  if (!isThread(given)) throw argError(L, 1, 'coroutine expected');
  return given.value;
}

function statusOf(vm: LuaVm, L: LuaState, co: LuaState): string {
  if (co === L) return 'running';
  if (vm.isRunning(co)) return 'normal';
  if (co.status === statusYield) return 'suspended';
  if (co.status !== statusOk) return 'dead';
  if (co.ci !== co.base_ci) return 'normal';
  return co.top === co.ci.funcOff + 1 ? 'dead' : 'suspended';
}

/** Why a coroutine cannot be resumed; undefined when it can. */
function obstacle(vm: LuaVm, co: LuaState): string | undefined {
  if (vm.isRunning(co) || vm.isBase(co)) return 'cannot resume running coroutine';
  if (co.status > statusYield) return 'cannot resume dead coroutine';
  if (co.status === statusOk && co.top === co.base_ci.funcOff + 1) {
    return 'cannot resume dead coroutine';
  }
  return undefined;
}

function resume(vm: LuaVm, L: LuaState, it: Resumption, given: readonly TValue[]): number {
  const problem = obstacle(vm, it.co);
  if (problem !== undefined) {
    if (it.isWrapped) throw callerError(problem);
    pushBoolean(L, false);
    return 1 + pushText(L, problem);
  }
  reserve(it.co, given.length);
  for (const value of given) push(it.co, value.type, value.value);
  return goOn(vm, L, it, given.length);
}

function goOn(vm: LuaVm, L: LuaState, it: Resumption, args: number): number {
  const { co } = it;
  const status = vm.resume(co, L, args);
  if (status === statusYield && vm.isSuspending) {
    return ldo.lua_yieldk(
      L,
      0,
      it,
      (thread, _status, context) =>
        // The fiber goes on: so does the coroutine inside.
        goOn(vm, thread, context as Resumption, 0), // what was passed above
    );
  }
  if (status > statusYield) return fail(L, it, co.stack[co.top - 1] ?? nilObject);
  const first = co.ci.funcOff + 1;
  const results = co.stack.slice(first, co.top);
  ldo.adjust_top(co, first);
  reserve(L, results.length + 1);
  if (!it.isWrapped) pushBoolean(L, true);
  for (const value of results) pushValue(L, value);
  return results.length + (it.isWrapped ? 0 : 1);
}

function fail(L: LuaState, it: Resumption, error: TValue): number {
  if (!it.isWrapped) {
    pushBoolean(L, false);
    return 1 + pushValue(L, error);
  }
  if (!isString(error)) throw new LuaThrow(error);
  const message = joined(where(L, 1), error.value.realstring);
  throw new LuaThrow(bytesValue(message));
}
