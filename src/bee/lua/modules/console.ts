/** The `console` module, as far as a page has consoles. */
import type { LuaRuntime } from '../runtime.ts';
import { callerError, checkString, library, pushText } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { text } from '../vm/value.ts';

export function makeConsoleModule(runtime: LuaRuntime): LuaTable {
  const { vm } = runtime;
  return library({
    eval: vm.task(function* (L) {
      const statement = text(checkString(L, 1));
      const { console } = runtime;
      const answer = console === undefined ? '' : yield* console.evaluate(statement);
      return (state) => pushText(state, answer);
    }),
    ac: () => 0,
    connect: () => {
      throw callerError('console.connect is not available: open another terminal, or use net.box');
    },
    listen: () => {
      throw callerError('console.listen is not available: each server has its terminal');
    },
  });
}
