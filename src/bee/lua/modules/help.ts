/** The globals `help` and `tutorial`. */
import { helpText } from '../help.ts';
import type { LuaRuntime } from '../runtime.ts';
import { createTable, hostFunction, list, pushTable, setField, string, table } from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';

/** Values that print the help text when they are named, and when they are called. */
export function openHelp(runtime: LuaRuntime): void {
  const answer = (): LuaTable => list([string(helpText)]);
  for (const name of ['help', 'tutorial']) {
    const value = createTable();
    value.metatable = new LuaTable(0, 0);
    const show = hostFunction((L) => pushTable(L, answer()));
    setField(value.metatable, '__call', show);
    setField(value.metatable, '__serialize', show);
    setField(runtime.vm.globals, name, table(value));
  }
}
