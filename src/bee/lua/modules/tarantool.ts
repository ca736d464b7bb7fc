/** The module `tarantool`, also `bee`: what the server is. */
import { serverVersion } from '../../server/instance.ts';
import type { LuaRuntime } from '../runtime.ts';
import { library, pushNumber, record, setField, string, table } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';

/** The `tarantool` module, which is `bee` as well. */
export function makeTarantoolModule(runtime: LuaRuntime): LuaTable {
  const { instance } = runtime;
  const module = library({
    uptime: (L) => pushNumber(L, instance.uptime),
    pid: (L) => pushNumber(L, instance.env.process.pid),
  });
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
  return module;
}
