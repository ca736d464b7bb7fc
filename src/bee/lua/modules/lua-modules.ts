/** Modules that are written in Lua. */
import type { LuaRuntime } from '../runtime.ts';
import { LuaTable } from '../vm/table.ts';
import { isTable, Tag, utf8 } from '../vm/value.ts';
import { feedbackSource } from './feedback-source.ts';
import { funSource } from './fun-source.ts';
import { argparseSource, triggerSource } from './internal-source.ts';
import { tapSource } from './tap-source.ts';

/** Makes a module of a program that returns a table. */
function fromLua(name: string, source: string): (runtime: LuaRuntime) => LuaTable {
  return (runtime: LuaRuntime): LuaTable => {
    const f = runtime.vm.compile(utf8(source), utf8(`@builtin/${name}.lua`));
    const [result] = runtime.vm.callNow({ type: Tag.LUA_CLOSURE, value: f }, []);
    return result !== undefined && isTable(result) ? result.value : new LuaTable(0, 0);
  };
}

/** `internal.trigger` and `internal.argparse`: the real server's own, which programs require all the same. */
export const makeTriggerModule = fromLua('internal.trigger', triggerSource);
export const makeArgparseModule = fromLua('internal.argparse', argparseSource);
export const makeFunModule = fromLua('fun', funSource);
export const makeTapModule = fromLua('tap', tapSource);
/** `db.feedback` */
export const makeFeedback = fromLua('box/feedback_daemon', feedbackSource);
