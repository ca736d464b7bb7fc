/** Walks the calls of a thread as LuaJIT counts them: a function that was tail-called has no caller. */
import { place } from '../vm/errors.ts';
import { isTailCalled } from '../vm/slot-names.ts';
import type { CallInfo, LClosure, LuaState } from '../vm/types.ts';

const statusIsLua = 2;

/** The call at a level: 0 is the running function, 1 who called it. Undefined above the first. */
export function frameAt(L: LuaState, level: number): CallInfo | undefined {
  if (level < 0) return undefined;
  let ci: CallInfo | null = L.ci;
  for (let left = level; left > 0 && ci !== null && ci !== L.base_ci; left--) {
    ci = isTailCalled(ci) ? (ci.previous?.previous ?? null) : ci.previous;
  }
  return ci === null || ci === L.base_ci ? undefined : ci;
}

/** `chunk:line: ` of the call at a level; nothing when it is not a Lua function. */
export function where(L: LuaState, level: number): Uint8Array {
  return place(frameAt(L, level) ?? null);
}

/** The Lua function of a call; undefined when it is a host function. */
export function luaFunctionOf(ci: CallInfo | undefined): LClosure | undefined {
  if (ci === undefined || !(ci.callstatus & statusIsLua)) return undefined;
  return ci.func.value as LClosure; // a Lua call runs a Lua closure
}
