/** The real server's additions to the string library. */
import { LibError } from '../lib/lib-error.ts';
import {
  center,
  endsWith,
  fromHex,
  hex,
  ljust,
  rjust,
  split,
  startsWith,
  strip,
} from '../lib/string-extensions.ts';
import type { LuaRuntime } from '../runtime.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  bytesValue,
  getField,
  hostFunction,
  isAbsent,
  list,
  pushBoolean,
  pushBytes,
  pushTable,
  pushText,
  setField,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, type Slot, text } from '../vm/value.ts';

/** Adds the real server's own functions to `string`. */
export function extendString(runtime: LuaRuntime): void {
  const string = getField(runtime.vm.globals, 'string').value as LuaTable; // the library is a table
  const define = (name: string, f: HostFunction): void => setField(string, name, hostFunction(f));
  define('split', (L) => {
    const subject = stringArgument(L, 1, 'split');
    const separator = isAbsent(L, 2) ? undefined : stringArgument(L, 2, 'split');
    const max = numberArgument(L, 3, 'split');
    const parts = split(subject, separator, max);
    return pushTable(L, list(parts.map(slotOf)));
  });
  for (const [name, f] of [
    ['ljust', ljust],
    ['rjust', rjust],
    ['center', center],
  ] as const) {
    define(name, (L) => {
      const subject = stringArgument(L, 1, name);
      const width = widthArgument(L, name);
      const fill = isAbsent(L, 3) ? undefined : charArgument(L, 3, name);
      return pushBytes(L, f(subject, width, fill));
    });
  }
  define('startswith', (L) =>
    pushBoolean(
      L,
      startsWith(
        stringArgument(L, 1, 'startswith'),
        stringArgument(L, 2, 'startswith'),
        numberArgument(L, 3, 'startswith'),
        numberArgument(L, 4, 'startswith'),
      ),
    ),
  );
  define('endswith', (L) => {
    // The real one asks for the lengths first, and tables have one.
    for (const [n, name] of [
      [2, 'tail'],
      [1, 'inp'],
    ] as const) {
      const slot = arg(L, n);
      if (isString(slot) || isTable(slot)) continue;
      const what = `attempt to get length of local '${name}' (a ${typeName(slot)} value)`;
      throw builtinError('string', 248, what);
    }
    return pushBoolean(
      L,
      endsWith(
        stringArgument(L, 1, 'endswith'),
        stringArgument(L, 2, 'endswith'),
        numberArgument(L, 3, 'endswith'),
        numberArgument(L, 4, 'endswith'),
      ),
    );
  });
  define('hex', (L) => pushText(L, hex(stringArgument(L, 1, 'hex'))));
  define('fromhex', (L) => pushBytes(L, fromHex(text(stringArgument(L, 1, 'fromhex')))));
  for (const [name, ends] of [
    ['strip', 'both'],
    ['lstrip', 'left'],
    ['rstrip', 'right'],
  ] as const) {
    define(name, (L) => {
      const subject = stringArgument(L, 1, name);
      const chars = isAbsent(L, 2) ? undefined : stringArgument(L, 2, name);
      return pushBytes(L, strip(subject, chars, ends));
    });
  }
}

function slotOf(bytes: Uint8Array): Slot {
  return bytesValue(bytes.slice());
}

function fail(name: string, n: number, expected: string, got: TValue): never {
  throw new LibError(
    `bad argument #${n} to 'string.${name}' (${expected} expected, got ${typeName(got)})`,
  );
}

function stringArgument(L: LuaState, n: number, name: string): Uint8Array {
  const slot = arg(L, n);
  return isString(slot) ? slot.value.realstring : fail(name, n, 'string', slot);
}

function numberArgument(L: LuaState, n: number, name: string): number | undefined {
  if (isAbsent(L, n)) return undefined;
  const slot = arg(L, n);
  return isNumber(slot) ? slot.value : fail(name, n, 'number', slot);
}

function widthArgument(L: LuaState, name: string): number {
  const slot = arg(L, 2);
  const isWidth = isNumber(slot) && Number.isInteger(slot.value) && slot.value >= 0;
  return isWidth ? slot.value : fail(name, 2, 'positive integer', slot);
}

function charArgument(L: LuaState, n: number, name: string): number {
  const bytes = stringArgument(L, n, name);
  if (bytes.length !== 1) fail(name, n, 'char', arg(L, n));
  return bytes[0] ?? 32;
}
