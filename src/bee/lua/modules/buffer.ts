/** The `buffer` module: input buffers for MessagePack. */

import { charType, type PointerType } from '../ffi/ctype.ts';
import { Ibuf, ibufType, readaheadBytes } from '../ffi/ibuf.ts';
import { Block, Place as MemoryPlace, type Place } from '../ffi/memory.ts';
import { MemoryPointer } from '../ffi/values.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, operandName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  data,
  hostFunction,
  isAbsent,
  library,
  number,
  pushData,
  pushNumber,
  pushText,
  record,
  setField,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isNumber } from '../vm/value.ts';

const bytePointer: PointerType = { kind: 'pointer', to: charType };

/** The `buffer` module. Its errors name the lines at which the real one, which is written in Lua, raises them. */
export function makeBufferModule(runtime: LuaRuntime): LuaTable {
  const type = ibufType(runtime.vm);
  type.metatable ??= makeMetatable();
  const module = library({
    ibuf: (L) => {
      const size = arg(L, 1);
      if (!isAbsent(L, 1) && !isNumber(size)) throw usage('Usage: ibuf([size])');
      const made = Ibuf.make(runtime.vm, readaheadBytes);
      if (isNumber(size) && size.value > 0) Ibuf.of(data(made))?.reserve(size.value);
      return pushData(L, made);
    },
    static_alloc: (L) => {
      const size = Math.trunc(count(L, 2, 229, 'size'));
      return pushPlace(L, new MemoryPlace(new Block(size), 0));
    },
  });
  setField(module, 'IBUF_SHARED', data(Ibuf.make(runtime.vm, readaheadBytes)));
  setField(module, 'READAHEAD', number(readaheadBytes));
  return module;
}

function makeMetatable(): LuaTable {
  const own =
    (name: string, body: (L: LuaState, buffer: Ibuf) => number): HostFunction =>
    (L) => {
      const buffer = Ibuf.of(arg(L, 1));
      if (buffer === undefined) {
        throw usage(`Attempt to call method without object, use ibuf:${name}()`);
      }
      return body(L, buffer);
    };
  const bodies: Record<string, (L: LuaState, buffer: Ibuf) => number> = {
    recycle: (_L, buffer) => {
      buffer.recycle();
      return 0;
    },
    reset: (_L, buffer) => {
      buffer.reset();
      return 0;
    },
    reserve: (L, buffer) => pushPlace(L, buffer.reserve(count(L, 2, 124))),
    alloc: (L, buffer) => pushPlace(L, buffer.alloc(count(L, 2, 133))),
    checksize: (L, buffer) => {
      checkSize(buffer, count(L, 2, 143));
      return pushPlace(L, buffer.readPlace);
    },
    read: (L, buffer) => {
      const bytes = count(L, 2, 143);
      checkSize(buffer, bytes);
      return pushPlace(L, buffer.read(bytes));
    },
    size: (L, buffer) => pushNumber(L, buffer.size),
    capacity: (L, buffer) => pushNumber(L, buffer.capacity),
    unused: (L, buffer) => pushNumber(L, buffer.unused),
    pos: (L, buffer) => pushNumber(L, buffer.position),
  };
  const methods: Record<string, HostFunction> = {};
  for (const [name, body] of Object.entries(bodies)) methods[name] = own(name, body);
  return record({
    __index: table(library(methods)),
    __tostring: hostFunction((L) => pushText(L, '<ibuf>')),
    __serialize: hostFunction((L) => serialized(L)),
  });
}

/** What a console shows of a buffer: where it is read and written. */
function serialized(L: LuaState): number {
  const buffer = Ibuf.of(arg(L, 1));
  if (buffer === undefined) return pushText(L, '<ibuf>');
  const at = (place: Place) => data(new MemoryPointer(bytePointer, place));
  const written = buffer.readPlace.plus(buffer.size);
  const positions = record({ rpos: at(buffer.readPlace), wpos: at(written) });
  L.stack[L.top++] = table(record({ ibuf: table(positions) }));
  return 1;
}

function usage(message: string) {
  return builtinError('buffer', 74, message);
}

function pushPlace(L: LuaState, place: Place): number {
  return pushData(L, new MemoryPointer(bytePointer, place));
}

/** A number of bytes; the real module adds it to a pointer, and LuaJIT says what is wrong with that. */
function count(L: LuaState, n: number, line: number, name?: string): number {
  const value = arg(L, n);
  const given = isNumber(value) ? value.value : asCData(value)?.toNumber();
  if (given === undefined) {
    const type = operandName(value);
    const what =
      name === undefined ? `'char *' and '${type}'` : `local '${name}' (a ${type} value)`;
    throw builtinError('buffer', line, `attempt to perform arithmetic on ${what}`);
  }
  if (!(given >= 0)) throw usage(`Attempt to take a negative number of bytes: ${given}`);
  return Math.trunc(given);
}

function checkSize(buffer: Ibuf, needed: number): void {
  const { size } = buffer;
  if (needed > size) {
    throw usage(`Attempt to read out of range bytes: needed=${needed} size=${size}`);
  }
}
