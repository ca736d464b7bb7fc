/** `debug.getlocal` and `debug.setlocal`: the local variables of calls that are under way. */
import { lfunc } from '../vm/engine.ts';
import {
  arg,
  argError,
  checkAny,
  checkInteger,
  checkNumber,
  pushBytes,
  pushNil,
  pushValue,
} from '../vm/host.ts';
import type { CallInfo, LuaState, TValue } from '../vm/types.ts';
import { isFunction, isLuaClosure, isThread } from '../vm/value.ts';
import { frameAt, luaFunctionOf } from './frames.ts';

interface Local {
  readonly name: Uint8Array;
  readonly slot: TValue;
}

const varargName = new TextEncoder().encode('(*vararg)');

/** `getlocal([thread,] level, n)`, or the n-th parameter's name of a function. */
export function getLocal(L: LuaState): number {
  const first = isThread(arg(L, 1)) ? 2 : 1;
  const target = arg(L, first);
  const n = checkInteger(L, first + 1);
  if (isFunction(target)) {
    const p = isLuaClosure(target) ? target.value.p : undefined;
    const name = p === undefined || n < 1 ? null : lfunc.luaF_getlocalname(p, n, 0);
    return name === null ? pushNil(L) : pushBytes(L, name);
  }
  const local = localOf(L, first, n);
  if (local === undefined) return pushNil(L);
  pushBytes(L, local.name);
  return 1 + pushValue(L, local.slot);
}

/** `setlocal([thread,] level, n, value)` */
export function setLocal(L: LuaState): number {
  const first = isThread(arg(L, 1)) ? 2 : 1;
  checkNumber(L, first);
  const n = checkInteger(L, first + 1);
  const value = checkAny(L, first + 2);
  const local = localOf(L, first, n);
  if (local === undefined) return pushNil(L);
  local.slot.type = value.type;
  local.slot.value = value.value;
  return pushBytes(L, local.name);
}

function localOf(L: LuaState, first: number, n: number): Local | undefined {
  const thread = arg(L, 1);
  const level = checkInteger(L, first);
  const of = isThread(thread) ? thread.value : L;
  const frame = frameAt(of, level);
  if (frame !== undefined) return localAt(of, frame, n);
  // Above the program are the real server's own calls, which have no variables to show.
  if (isThread(thread) || level > consoleCallsMax) {
    throw argError(L, first, 'level out of range');
  }
  return undefined;
}

/** So many calls stand above what is typed at a console of the real server. */
const consoleCallsMax = 6;

/** The n-th variable that is in scope, or the -n-th further argument. */
function localAt(L: LuaState, frame: CallInfo, n: number): Local | undefined {
  const f = luaFunctionOf(frame);
  if (f === undefined) return undefined;
  if (n < 0) {
    const { numparams } = f.p;
    if (-n >= frame.l_base - frame.funcOff - numparams) return undefined;
    return localIn(L, varargName, frame.funcOff + numparams - n);
  }
  const name = n === 0 ? null : lfunc.luaF_getlocalname(f.p, n, frame.l_savedpc - 1);
  return name === null ? undefined : localIn(L, name, frame.l_base + n - 1);
}

function localIn(L: LuaState, name: Uint8Array, at: number): Local | undefined {
  const slot = L.stack[at];
  return slot === undefined ? undefined : { name, slot };
}
