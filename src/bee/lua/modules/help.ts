/** The globals `help` and `tutorial`. */
import { helpText } from '../help.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  builtinError,
  hostFunction,
  list,
  pushTable,
  pushText,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction } from '../vm/types.ts';
import { isNumber, Tag } from '../vm/value.ts';
import { firstScreens } from './tutorial-screens.ts';
import { laterScreens } from './tutorial-screens-more.ts';

const screens = [...firstScreens, ...laterScreens];

/** Sets the globals: each prints the help text when it is named; called, `tutorial` shows a screen. */
export function openHelp(runtime: LuaRuntime): void {
  const show: HostFunction = (L) => pushTable(L, list([string(helpText)]));
  const make = (name: string, call: HostFunction): void => {
    const value = list([string(helpText)]);
    value.metatable = new LuaTable(0, 0);
    setField(value.metatable, '__call', hostFunction(call));
    setField(runtime.vm.globals, name, table(value));
    setField(module, name, table(value));
  };
  const module = new LuaTable(0, 0);
  make('help', show);
  make('tutorial', tutorialCall());
  setField(runtime.modules.loaded, 'help', table(module));
}

/** `tutorial("start" | "next" | "prev" | number)`: each state has its own place in the tutorial. */
function tutorialCall(): HostFunction {
  let at = 1;
  return (L) => {
    const action = arg(L, 2);
    const word = stringText(action);
    if (word === 'start') at = 1;
    else if (word === 'next' || word === 'more') at++;
    else if (word === 'prev') at--;
    else if (isNumber(action) && Number.isInteger(action.value)) at = action.value;
    else if (action.type !== Tag.NIL) {
      const usage = `Usage: tutorial("start" | "next" | "prev" | 1 .. ${screens.length})`;
      throw builtinError('help', 32, usage);
    }
    at = Math.min(Math.max(at, 1), screens.length);
    return pushText(L, screens[at - 1] ?? '');
  };
}
