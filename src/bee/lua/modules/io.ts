/** The part of `io` that a terminal has: writing to it. */
import { concat } from '../../base/bytes.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argCount,
  argTypeError,
  callerError,
  hostFunction,
  library,
  pushBoolean,
  pushNil,
  pushText,
  setField,
  table,
  toBytes,
} from '../vm/host.ts';
import { LuaTable, newObjectId } from '../vm/table.ts';
import type { HostFunction, LuaState, Udata } from '../vm/types.ts';
import { Tag } from '../vm/value.ts';

/** `io.stdout` and its like. */
class Stream implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null;
  constructor(metatable: LuaTable) {
    this.metatable = metatable;
  }
}

const noFiles = 'io has only the terminal here: files are in the fio module';

/** The `io` library. */
export function makeIoLibrary(runtime: LuaRuntime): LuaTable {
  const refuse: HostFunction = () => {
    throw callerError(noFiles);
  };
  const writeFrom = (L: LuaState, first: number): number => {
    const parts: Uint8Array[] = [];
    for (let n = first; n <= argCount(L); n++) {
      const bytes = toBytes(arg(L, n));
      if (bytes === undefined) throw argTypeError(L, n, 'string');
      parts.push(bytes);
    }
    return runtime.print(L, concat(parts), (to) => pushBoolean(to, true));
  };
  const metatable = new LuaTable(0, 0);
  const methods = library({
    write: (L) => writeFrom(L, 2),
    flush: (L) => pushBoolean(L, true),
    setvbuf: (L) => pushBoolean(L, true),
    close: refuse,
    read: (L) => pushNil(L),
  });
  setField(metatable, '__index', table(methods));
  setField(
    metatable,
    '__tostring',
    hostFunction((L) => pushText(L, 'file (0x4000f000)')),
  );
  const io = library({
    write: (L) => writeFrom(L, 1),
    flush: (L) => pushBoolean(L, true),
    read: (L) => pushNil(L),
    open: refuse,
    lines: refuse,
    close: refuse,
    input: refuse,
    output: refuse,
    popen: refuse,
    tmpfile: refuse,
    type: (L) => pushNil(L),
  });
  for (const name of ['stdout', 'stderr', 'stdin']) {
    setField(io, name, { type: Tag.USERDATA, value: new Stream(metatable) });
  }
  return io;
}
