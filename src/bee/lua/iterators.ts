/** What `pairs` methods give: an iterator of the `fun` module, so that it can be walked and also mapped, filtered and the like. */
import type { LuaRuntime } from './runtime.ts';
import { createTable, getField, nil, pushTable, pushValue, setField } from './vm/host.ts';
import { LuaTable } from './vm/table.ts';
import type { LuaState, TValue } from './vm/types.ts';
import { isTable } from './vm/value.ts';
import type { LuaVm } from './vm/vm.ts';

const runtimes = new WeakMap<LuaVm, LuaRuntime>();
const metatables = new WeakMap<LuaVm, LuaTable>();

export function openIterators(runtime: LuaRuntime): void {
  runtimes.set(runtime.vm, runtime);
}

/** The metatable of the module's iterators: that of the first one it makes. */
function metatableOf(vm: LuaVm): LuaTable {
  const known = metatables.get(vm);
  if (known !== undefined) return known;
  const fun = runtimes.get(vm)?.modules.builtin('fun');
  const wrap = fun !== undefined && isTable(fun) ? getField(fun.value, 'wrap') : undefined;
  const [made] = wrap === undefined ? [] : vm.callNow(wrap, [nil(), nil(), nil()]);
  const metatable =
    made !== undefined && isTable(made) && made.value.metatable !== null
      ? made.value.metatable
      : new LuaTable(0, 0);
  metatables.set(vm, metatable);
  return metatable;
}

/** Pushes iterator, parameter and state, as a `for` loop wants them. */
export function pushIterator(
  vm: LuaVm,
  L: LuaState,
  gen: TValue,
  param: TValue,
  state: TValue,
): number {
  // Grown field by field as LuaJIT grows a constructor's table, which decides the order of its listing.
  const iterator = createTable();
  setField(iterator, 'gen', gen);
  setField(iterator, 'param', param);
  // A state of nil has its place all the same.
  setField(iterator, 'state', param);
  setField(iterator, 'state', state);
  iterator.metatable = metatableOf(vm);
  pushTable(L, iterator);
  pushValue(L, param);
  return 2 + pushValue(L, state);
}
