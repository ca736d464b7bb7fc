/** The module `tarantool`, also `bee`: what the server is. */
import { serverVersion } from '../../server/instance.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  hostFunction,
  library,
  pushNil,
  pushNumber,
  pushValue,
  record,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';

/** The `tarantool` module, which is `bee` as well. */
export function makeTarantoolModule(runtime: LuaRuntime): LuaTable {
  const { instance } = runtime;
  const module = library({ uptime: (L) => pushNumber(L, instance.uptime) });
  setField(module, 'package', string('Bee'));
  setField(module, 'version', string(serverVersion));
  const build = record({
    target: string('JavaScript'),
    options: string(''),
    mod_format: string('so'),
    flags: string(''),
    compiler: string('TypeScript'),
  });
  setField(module, 'build', table(build));
  module.metatable = new LuaTable(0, 0);
  setField(
    module.metatable,
    '__index',
    hostFunction((L) => {
      if (stringText(arg(L, 2)) === 'pid') {
        return pushValue(
          L,
          hostFunction((state) => pushNumber(state, instance.env.process.pid)),
        );
      }
      return pushNil(L);
    }),
  );
  return module;
}
