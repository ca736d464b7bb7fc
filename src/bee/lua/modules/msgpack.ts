/** The `msgpack` and `msgpackffi` modules: to and from strings, buffers, and memory that a pointer leads to. */
import { checkMsgpack } from '../../wire/msgpack.ts';
import { decodeTo, valueBytes } from '../conversions.ts';
import { type CType, charType, isNumeric, unqualified } from '../ffi/ctype.ts';
import { Ibuf } from '../ffi/ibuf.ts';
import type { Place } from '../ffi/memory.ts';
import { MemoryPointer, placeOf, targetType } from '../ffi/values.ts';
import { defaultOptions } from '../serializer/options.ts';
import { asCData, typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  callerError,
  checkNumber,
  hasArg,
  isAbsent,
  pushBytes,
  pushData,
  pushNumber,
  pushValue,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isString, LuaError, Slot, Tag } from '../vm/value.ts';
import { serializer } from './serializers.ts';

/** Where MessagePack is read: a string, or memory with the type of the pointer to it. */
interface Source {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly pointer: { readonly type: CType; readonly place: Place } | undefined;
}

/** The `msgpack` module. */
export function makeMsgpackModule(): LuaTable {
  return serializer(defaultOptions(), () => ({
    encode,
    decode: (L) => decode(L, true, false),
    decode_unchecked: (L) => decode(L, false, false),
    ibuf_decode: decodeBuffer,
    decode_array_header: (L) => header(L, 'array'),
    decode_map_header: (L) => header(L, 'map'),
  }));
}

/** The `msgpackffi` module: the same, with the errors of its own. */
export function makeMsgpackFfiModule(): LuaTable {
  const usage =
    'msgpackffi.decode_unchecked(str, offset) -> res, new_offset | ' +
    'msgpackffi.decode_unchecked([const] char *buf) -> res, new_buf';
  const decodeUnchecked: HostFunction = (L) => {
    if (sourceOf(arg(L, 1)) === undefined) throw builtinError('msgpackffi', 626, usage);
    return decode(L, false, true);
  };
  return serializer(defaultOptions(), () => ({
    encode: (L) => pushBytes(L, encodeAs(arg(L, 1))),
    decode: decodeUnchecked,
    decode_unchecked: decodeUnchecked,
  }));
}

function encodeAs(value: TValue): Uint8Array {
  try {
    return valueBytes(value);
  } catch (error) {
    if (!(error instanceof LuaError) || !error.message.startsWith('unsupported Lua type')) {
      throw error;
    }
    const what = `can not encode Lua type: '${typeName(value)}'`;
    throw builtinError('msgpackffi', 292, what);
  }
}

function encode(L: LuaState): number {
  if (!hasArg(L, 1)) throw callerError('msgpack.encode: a Lua object expected');
  if (!hasArg(L, 2)) return pushBytes(L, valueBytes(arg(L, 1)));
  const buffer = Ibuf.of(arg(L, 2));
  if (buffer === undefined) {
    throw callerError("msgpack.encode: argument 2 must be of type 'struct ibuf'");
  }
  return pushNumber(L, buffer.append(valueBytes(arg(L, 1))));
}

/** Bytes that an argument gives: a string's, or those from where a `char *` points to the end of their block. */
function sourceOf(value: TValue): Source | undefined {
  if (isString(value)) return { bytes: value.value.realstring, start: 0, pointer: undefined };
  const data = asCData(value);
  const place = placeOf(data);
  const target = data === undefined ? undefined : targetType(data);
  if (data === undefined || place?.block === undefined || target === undefined) return undefined;
  const plain = unqualified(target);
  if (!isNumeric(plain) || plain.size !== charType.size) return undefined;
  const type: CType = data instanceof MemoryPointer ? data.type : { kind: 'pointer', to: target };
  return { bytes: place.block.bytes, start: place.offset, pointer: { type, place } };
}

/** @param grows as `decodeTo` has it */
function decode(L: LuaState, isChecked: boolean, grows: boolean): number {
  const source = sourceOf(arg(L, 1));
  if (source === undefined) throw callerError("msgpack.decode: a Lua string or 'char *' expected");
  const { bytes, start, pointer } = source;
  const range =
    pointer === undefined
      ? { from: stringOffset(L, bytes), end: bytes.length }
      : { from: start, end: isChecked ? start + pointerSize(L, pointer.place) : bytes.length };
  if (bytes[range.from] === 0xc1) throw callerError('Unsuported MsgPack extension type: 0');
  if (checkMsgpack(bytes, range.from, range.end) < 0) {
    throw callerError('msgpack.decode: invalid MsgPack');
  }
  const out = new Slot(Tag.NIL, null);
  const end = decodeTo(bytes, range.from, out, grows);
  pushValue(L, out);
  if (pointer === undefined) return 1 + pushNumber(L, end + 1);
  return 1 + pushData(L, new MemoryPointer(pointer.type, pointer.place.plus(end - start)));
}

function stringOffset(L: LuaState, bytes: Uint8Array): number {
  const offset = isAbsent(L, 2) ? 0 : checkNumber(L, 2) - 1;
  // An empty string is no MessagePack, wherever one looks.
  if (offset !== 0 && (offset < 0 || offset >= bytes.length)) {
    throw callerError('msgpack.decode: offset is out of bounds');
  }
  return offset;
}

function pointerSize(L: LuaState, place: Place): number {
  const size = checkNumber(L, 2);
  if (size < 0) throw callerError("msgpack.decode: size can't be negative");
  return Math.min(size, place.rest);
}

/** `ibuf_decode(pointer)`: the place behind the value, and the value. */
function decodeBuffer(L: LuaState): number {
  const source = sourceOf(arg(L, 1));
  if (source?.pointer === undefined) {
    throw callerError("msgpack.ibuf_decode: 'char *' expected");
  }
  const { bytes, start, pointer } = source;
  if (checkMsgpack(bytes, start, bytes.length) < 0) {
    throw callerError('msgpack.decode: invalid MsgPack');
  }
  const out = new Slot(Tag.NIL, null);
  const end = decodeTo(bytes, start, out);
  pushData(L, new MemoryPointer(pointer.type, pointer.place.plus(end - start)));
  return 1 + pushValue(L, out);
}

/** The count in the head of an array or map, and what follows it. */
function header(L: LuaState, kind: 'array' | 'map'): number {
  const name = `msgpack.decode_${kind}_header`;
  const source = sourceOf(arg(L, 1));
  if (source?.pointer === undefined || !hasArg(L, 2)) {
    throw callerError(`Usage: ${name}(ptr, size)`);
  }
  const { bytes, start, pointer } = source;
  const size = checkNumber(L, 2);
  if (size <= 0 || start >= bytes.length) throw callerError(`${name}: unexpected end of buffer`);
  const [short, long] = kind === 'array' ? [0x90, 0xdc] : [0x80, 0xde];
  const head = bytes[start] ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let found: { count: number; size: number } | undefined;
  if ((head & 0xf0) === short) found = { count: head & 15, size: 1 };
  else if (head === long && size >= 3) found = { count: view.getUint16(start + 1), size: 3 };
  else if (head === long + 1 && size >= 5) found = { count: view.getUint32(start + 1), size: 5 };
  else if (head === long || head === long + 1) {
    throw callerError(`${name}: unexpected end of buffer`);
  } else throw callerError(`${name}: unexpected msgpack type`);
  pushNumber(L, found.count);
  return 1 + pushData(L, new MemoryPointer(pointer.type, pointer.place.plus(found.size)));
}
