/** The `strict` module: globals that were not declared are errors. */

import { frameAt, luaFunctionOf } from '../lib/frames.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  callerError,
  hostFunction,
  library,
  pushNil,
  setField,
  stringText,
} from '../vm/host.ts';
import { store } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';

/** The `strict` module: reading a global that nobody assigned is an error while it is on. */
export function makeStrictModule(runtime: LuaRuntime): LuaTable {
  const { globals } = runtime.vm;
  const declared = new Set<string>();
  const on = (): number => {
    const metatable = new LuaTable(0, 0);
    setField(
      metatable,
      '__newindex',
      hostFunction((L) => {
        const name = stringText(arg(L, 2)) ?? '';
        if (!declared.has(name)) {
          const caller = luaFunctionOf(frameAt(L, 1));
          if (caller !== undefined && caller.p.linedefined !== 0) {
            throw callerError(`assign to undeclared variable '${name}'`);
          }
          declared.add(name);
        }
        store(globals, arg(L, 2), arg(L, 3));
        return 0;
      }),
    );
    setField(
      metatable,
      '__index',
      hostFunction((L) => {
        const name = stringText(arg(L, 2)) ?? '';
        if (!declared.has(name) && luaFunctionOf(frameAt(L, 1)) !== undefined) {
          throw callerError(`variable '${name}' is not declared`);
        }
        return pushNil(L);
      }),
    );
    globals.metatable = metatable;
    return 0;
  };
  return library({
    on,
    off: () => {
      globals.metatable = null;
      return 0;
    },
  });
}
