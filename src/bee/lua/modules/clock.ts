/** The `clock` module. Processor time is what the host knows of it. */
import type { LuaRuntime } from '../runtime.ts';
import { asCData, Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  builtinError,
  library,
  list,
  number,
  pushData,
  pushNumber,
  pushTable,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { copy, isFunction } from '../vm/value.ts';

/** The `clock` module: the host's clocks. */
export function makeClockModule(runtime: LuaRuntime): LuaTable {
  const { clock } = runtime.instance.env;
  const sources: Readonly<Record<string, () => number>> = {
    time: () => clock.now(),
    realtime: () => clock.now(),
    monotonic: () => clock.monotonic(),
    proc: () => clock.cpu(),
    thread: () => clock.cpu(),
  };
  const functions: Record<string, Parameters<typeof library>[0][string]> = {
    bench: (L) => {
      const f = copy(arg(L, 1));
      if (!isFunction(f)) {
        const data = asCData(f);
        const what =
          data === undefined
            ? `attempt to call local 'fun' (a ${typeName(f)} value)`
            : `'${data.typeName}' is not callable`;
        throw builtinError('clock', 35, what);
      }
      const args = [];
      for (let n = 2; n <= argCount(L); n++) args.push(copy(arg(L, n)));
      const start = clock.cpu();
      const results = runtime.vm.callNow(f, args);
      return pushTable(L, list([number(clock.cpu() - start), ...results]));
    },
  };
  for (const [name, read] of Object.entries(sources)) {
    functions[name] = (L) => pushNumber(L, read());
    functions[`${name}64`] = (L) => pushData(L, new Int64(BigInt(Math.floor(read() * 1e9)), true));
  }
  return library(functions);
}
