/**
 * `getfenv` and `setfenv`. A function's globals are its upvalue _ENV; one that uses none has its environment remembered here.
 */
import {
  arg,
  argError,
  callerError,
  checkInteger,
  checkTable,
  optInteger,
  pushTable,
  pushValue,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LClosure, LuaState, TValue } from '../vm/types.ts';
import { isFunction, isLuaClosure, isTable, Slot, Tag, text } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { frameAt, luaFunctionOf } from './frames.ts';

const environments = new WeakMap<LClosure, LuaTable>();

function environmentSlot(f: LClosure): number {
  return f.p.upvalues.findIndex(
    (upvalue) => upvalue.name !== null && isEnvName(upvalue.name.realstring),
  );
}

function isEnvName(name: Uint8Array): boolean {
  return name.length === 4 && text(name) === '_ENV';
}

function functionOrLevel(L: LuaState, level: number): TValue {
  const given = arg(L, 1);
  if (isFunction(given)) return given;
  const frame = frameAt(L, level);
  if (frame === undefined) throw argError(L, 1, 'invalid level');
  return frame.func;
}

/** `getfenv(f)`: the globals of a function, or of the one at a level. */
export function getEnvironment(vm: LuaVm, L: LuaState): number {
  const level = isFunction(arg(L, 1)) ? 1 : optInteger(L, 1, 1);
  if (level === 0) return pushTable(L, vm.globals);
  const f = functionOrLevel(L, level);
  if (!isLuaClosure(f)) return pushTable(L, vm.globals);
  const slot = f.value.upvals[environmentSlot(f.value)];
  if (slot !== undefined && isTable(slot)) return pushTable(L, slot.value);
  return pushTable(L, environments.get(f.value) ?? vm.globals);
}

/** `setfenv(f, table)`: gives a function other globals. */
export function setEnvironment(L: LuaState): number {
  const environment = checkTable(L, 2);
  const level = isFunction(arg(L, 1)) ? 1 : checkInteger(L, 1);
  if (level === 0) return 0;
  // Above the first Lua function are the real server's own ones.
  const f =
    level <= 3 && frameAt(L, level) === undefined && !isFunction(arg(L, 1))
      ? arg(L, 2)
      : functionOrLevel(L, level);
  if (!isLuaClosure(f)) {
    throw callerError("'setfenv' cannot change environment of given object");
  }
  setFunctionEnvironment(f.value, environment);
  return pushValue(L, f);
}

/** Gives one function globals of its own; those that share its present ones keep them. */
export function setFunctionEnvironment(f: LClosure, environment: LuaTable): void {
  const at = environmentSlot(f);
  if (at >= 0) f.upvals[at] = new Slot(Tag.TABLE, environment);
  else environments.set(f, environment);
}

/** For `module`: the Lua function at a level. */
export function luaFunctionAt(L: LuaState, level: number): LClosure | undefined {
  return luaFunctionOf(frameAt(L, level));
}
