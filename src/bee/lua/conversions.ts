/**
 * Lua values to MessagePack and back, without JavaScript values in between: an insert passes here, and a select's every tuple.
 *
 * Tables become arrays or maps by the rules of `serializer/field.ts`; the plain case, a list of scalars, is done here at once.
 * Arrays and maps that come back carry `__serialize` metatables, as the real server's do, so that they print on one line and an
 * empty map stays a map.
 */
import { ClientError, clientError } from '../box/error.ts';
import type { Tuple } from '../box/tuple.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { bigEndian, skip } from '../wire/msgpack-scan.ts';
import { asTuple } from './db/tuple-data.ts';
import { DecimalData, UuidData } from './extension-data.ts';
import { FieldReader } from './serializer/field.ts';
import { defaultOptions, type SerializerOptions } from './serializer/options.ts';
import { asCData, type CData, Int64, Pointer } from './vm/cdata.ts';
import { arg, builtinError, callerError, createTable, isAbsent } from './vm/host.ts';
import { LuaTable } from './vm/table.ts';
import type { LuaState, TString, TValue } from './vm/types.ts';
import { internString, isTable, LuaError, newString, nilObject, Slot, Tag } from './vm/value.ts';
import { activeVm, type LuaVm } from './vm/vm.ts';

/** Arrays within arrays deeper than this are refused. */
const depthMax = 128;

const serializeKey = new Slot(Tag.STRING, internString('__serialize'));

/** Metatables of what MessagePack arrays and maps become. */
export class SerializeMetatables {
  readonly seq = hint('seq');
  readonly map = hint('map');
  /** A map that prints a pair a line, also when its keys look like a list's. */
  readonly mapping = hint('mapping');
}

function hint(word: string): LuaTable {
  const metatable = new LuaTable(0, 1);
  metatable.set(serializeKey, new Slot(Tag.STRING, internString(word)));
  return metatable;
}

/** `db.NULL`, of which there is one. */
export const nullPointer = new Pointer(0);

/** A cdata that has a MessagePack form of its own. */
export interface MsgpackData {
  writeMsgpack(writer: MsgpackWriter): void;
}

/** `msgpack.cfg`. */
export const msgpackOptions: SerializerOptions = defaultOptions();
export const metatables = new SerializeMetatables();
const sharedWriter = new MsgpackWriter();

/** How tuples are made by themselves, not in a space: a list with however many holes is a list. */
const tupleOptions: SerializerOptions = { ...defaultOptions(), encode_sparse_ratio: 0 };

/**
 * Writes any Lua value.
 * @param options which tables are lists; `__serialize` functions are called in the state whose code runs now
 * @throws LuaError when it cannot be written
 */
export function encodeValue(
  writer: MsgpackWriter,
  slot: TValue,
  depth = 0,
  options: SerializerOptions = msgpackOptions,
): void {
  switch (slot.type) {
    case Tag.NUMBER:
      writeNumber(writer, slot.value as number); // tag says so
      return;
    case Tag.STRING:
      writer.str((slot.value as TString).realstring); // tag says so
      return;
    case Tag.NIL:
      writer.nil();
      return;
    case Tag.BOOLEAN:
      writer.bool(slot.value === true);
      return;
    case Tag.TABLE: {
      const table = slot.value as LuaTable; // tag says so
      if (table.metatable === null && encodeList(writer, table, depth, options)) return;
      break;
    }
    default:
      if (encodeData(writer, slot)) return;
  }
  encodeField(writer, slot, depth, options);
}

/** A table that is a list without holes and nothing else: the shape of nearly every tuple. */
function encodeList(
  writer: MsgpackWriter,
  table: LuaTable,
  depth: number,
  options: SerializerOptions,
): boolean {
  if (table.hashMask !== 0 || depth >= depthMax) return false;
  const { array } = table;
  let count = Math.min(array.length, table.arraySize) - 1;
  while (count > 0 && (array[count]?.type ?? Tag.NIL) === Tag.NIL) count--;
  if (count < 1 || (array[0]?.type ?? Tag.NIL) !== Tag.NIL) return false;
  for (let at = 1; at <= count; at++) {
    if ((array[at]?.type ?? Tag.NIL) === Tag.NIL) return false;
  }
  writer.array(count);
  for (let at = 1; at <= count; at++) {
    encodeValue(writer, array[at] ?? nilObject, depth + 1, options);
  }
  return true;
}

function encodeData(writer: MsgpackWriter, slot: TValue): boolean {
  const cdata = asCData(slot);
  if (cdata === undefined) return false;
  if (cdata instanceof Int64) {
    writer.int(cdata.value);
    return true;
  }
  if (cdata instanceof Pointer && cdata.isNull) {
    writer.nil();
    return true;
  }
  const tuple = asTuple(slot);
  if (tuple !== undefined) {
    writer.raw(tuple.slab, tuple.start, tuple.end);
    return true;
  }
  if (!writesMsgpack(cdata)) return false;
  cdata.writeMsgpack(writer);
  return true;
}

function encodeField(
  writer: MsgpackWriter,
  slot: TValue,
  depth: number,
  options: SerializerOptions,
): void {
  const field = new FieldReader(activeVm(), options, false).read(slot);
  switch (field.kind) {
    case 'array': {
      if (depth >= depthMax) return tooDeep(writer);
      writer.array(field.size);
      for (let at = 1; at <= field.size; at++) {
        encodeValue(writer, field.table.getNumber(at), depth + 1, options);
      }
      return;
    }
    case 'map': {
      if (depth >= depthMax) return tooDeep(writer);
      writer.map(field.size);
      const key = new Slot(Tag.NIL, null);
      const value = new Slot(Tag.NIL, null);
      while (field.table.next(key, value)) {
        encodeValue(writer, key, depth + 1, options);
        encodeValue(writer, value, depth + 1, options);
      }
      return;
    }
    case 'nil':
      writer.nil();
      return;
    case 'boolean':
      writer.bool(field.value);
      return;
    case 'integer':
      writer.int(field.value);
      return;
    case 'double':
      writer.double(field.value);
      return;
    case 'float':
      writer.float(field.value);
      return;
    case 'string':
      writer.str(field.bytes);
      return;
    case 'binary':
      writer.bin(field.bytes);
      return;
    case 'extension':
      writer.ext(field.data.extensionType, field.data.extensionBytes());
  }
}

const deepWords = 'Too high nest level';

function tooDeep(writer: MsgpackWriter): void {
  if (!msgpackOptions.encode_deep_as_nil) throw callerError(`${deepWords} - ${depthMax + 1}`);
  writer.nil();
}

/** The MessagePack of a value, in a copy of its own. */
export function valueBytes(slot: TValue): Uint8Array<ArrayBuffer> {
  const writer = new MsgpackWriter(256);
  encodeValue(writer, slot);
  return writer.finish();
}

/**
 * Argument `n` as a tuple: a table that is a list, or a tuple.
 * @returns bytes that are good until the next call
 * @throws ClientError ER_TUPLE_NOT_ARRAY
 */
export function tupleBytes(L: LuaState, n: number): Uint8Array {
  const slot = arg(L, n);
  const tuple = asTuple(slot);
  if (tuple !== undefined) return tuple.bytes();
  const bytes = write(slot);
  if (!isArray(bytes[0])) throw clientError('TUPLE_NOT_ARRAY');
  return bytes;
}

/** MessagePack of a table that a tuple is to be made of. @throws ClientError ER_TUPLE_NOT_ARRAY */
export function newTupleBytes(slot: TValue): Uint8Array<ArrayBuffer> {
  const writer = new MsgpackWriter(256);
  encodeValue(writer, slot, 0, tupleOptions);
  const bytes = writer.finish();
  if (!isArray(bytes[0])) throw clientError('TUPLE_NOT_ARRAY');
  return bytes;
}

/** Argument `n` as a key: nothing and nil are an empty one, a scalar is one part. */
export function keyBytes(L: LuaState, n: number): Uint8Array {
  const slot = arg(L, n);
  if (isAbsent(L, n) || asCData(slot) === nullPointer) return Uint8Array.of(0x90);
  const tuple = asTuple(slot);
  if (tuple !== undefined) return tuple.bytes();
  if (slot.type === Tag.TABLE) {
    const bytes = write(slot);
    if (!isArray(bytes[0])) throw clientError('TUPLE_NOT_ARRAY');
    return bytes;
  }
  const writer = sharedWriter;
  writer.reset();
  writer.array(1);
  encodeValue(writer, slot);
  return writer.finish();
}

/**
 * Argument `n` as a key, as the real server's own Lua code writes it for reads: of a table only the list counts, `db.NULL` is an
 * empty key, and what cannot be written is said in other words.
 */
export function readKeyBytes(L: LuaState, n: number): Uint8Array {
  const slot = arg(L, n);
  if (isAbsent(L, n) || asCData(slot) === nullPointer) return Uint8Array.of(0x90);
  try {
    const isList = isTable(slot) && slot.value.metatable === null;
    if (!isList && slot.type !== Tag.NUMBER) return keyBytes(L, n);
    const writer = sharedWriter;
    writer.reset();
    const count = isList ? slot.value.length() : 1;
    writer.array(count);
    for (let at = 1; at <= count; at++) {
      encodeReadPart(writer, isList ? slot.value.getNumber(at) : slot);
    }
    return writer.finish();
  } catch (error) {
    throw error instanceof LuaError ? inLuaWords(error) : error;
  }
}

/** Whole numbers beyond 64 bits become what an x86 processor makes integers of them. */
function encodeReadPart(writer: MsgpackWriter, slot: TValue): void {
  const n = slot.type === Tag.NUMBER ? Number(slot.value) : 0;
  const isBeyond = (n >= two64 && n < 1e64) || (n < -two63 && n > -1e63);
  if (isBeyond) writer.int(n > 0 ? 2n ** 63n : -(2n ** 63n));
  else encodeValue(writer, slot);
}

/** Refusals of the writer in C, as the one in Lua says them. */
function inLuaWords(error: LuaError): LuaError {
  const unsupported = /^unsupported Lua type (.*)$/.exec(error.message);
  if (unsupported !== null) {
    return builtinError('msgpackffi', 292, `can not encode Lua type: ${unsupported[1]}`);
  }
  return error.message.startsWith(deepWords)
    ? builtinError('msgpackffi', 234, error.message)
    : error;
}

/** Arguments from `n` on as an array. */
export function argumentBytes(L: LuaState, n: number): Uint8Array {
  const count = Math.max(0, L.top - L.ci.funcOff - n);
  const writer = new MsgpackWriter(256);
  writer.array(count);
  for (let at = 0; at < count; at++) encodeValue(writer, arg(L, n + at));
  return writer.finish();
}

function write(slot: TValue): Uint8Array {
  const writer = sharedWriter;
  writer.reset();
  encodeValue(writer, slot);
  return writer.finish();
}

/**
 * Reads the value at `pos` into a slot. Returns where the next one begins.
 * @param grows whether the tables of maps begin empty, as the real server's reader in Lua makes them, or with room for all
 *   pairs, as the one in C does: it decides the order in which `pairs` walks them
 */
export function decodeTo(bytes: Uint8Array, pos: number, out: TValue, grows = false): number {
  const head = bytes[pos] ?? 0xc1;
  if (head < 0x80) return number(out, head, pos + 1);
  if (head >= 0xe0) return number(out, head - 0x100, pos + 1);
  if (head >= 0xa0 && head < 0xc0) return string(out, bytes, pos + 1, head & 31);
  if (head < 0x90) return decodeMapInto(out, bytes, pos + 1, head & 15, grows);
  if (head < 0xa0) return decodeArrayInto(out, bytes, pos + 1, head & 15, grows);
  return decodeLong(bytes, pos, head, out, grows);
}

function decodeLong(
  bytes: Uint8Array,
  pos: number,
  head: number,
  out: TValue,
  grows: boolean,
): number {
  switch (head) {
    case 0xc0:
      out.type = Tag.USERDATA;
      out.value = nullPointer;
      return pos + 1;
    case 0xc2:
    case 0xc3:
      out.type = Tag.BOOLEAN;
      out.value = head === 0xc3;
      return pos + 1;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(bytes, pos, 1 << (head - 0xc4), (at, size) => string(out, bytes, at, size));
    case 0xca:
      return number(out, view(bytes).getFloat32(pos + 1), pos + 5);
    case 0xcb:
      return number(out, view(bytes).getFloat64(pos + 1), pos + 9);
    case 0xcc:
    case 0xcd:
    case 0xce: {
      const width = 1 << (head - 0xcc);
      return number(out, bigEndian(bytes, pos + 1, width), pos + 1 + width);
    }
    case 0xcf:
      return wide(out, view(bytes).getBigUint64(pos + 1), true, pos + 9);
    case 0xd0:
      return number(out, view(bytes).getInt8(pos + 1), pos + 2);
    case 0xd1:
      return number(out, view(bytes).getInt16(pos + 1), pos + 3);
    case 0xd2:
      return number(out, view(bytes).getInt32(pos + 1), pos + 5);
    case 0xd3:
      return wide(out, view(bytes).getBigInt64(pos + 1), false, pos + 9);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(bytes, pos, 1 << (head - 0xd9), (at, size) => string(out, bytes, at, size));
    case 0xdc:
    case 0xdd:
      return sized(bytes, pos, 2 << (head - 0xdc), (at, size) =>
        decodeArrayInto(out, bytes, at, size, grows),
      );
    case 0xde:
    case 0xdf:
      return sized(bytes, pos, 2 << (head - 0xde), (at, size) =>
        decodeMapInto(out, bytes, at, size, grows),
      );
    default:
      return extension(out, bytes, pos, head);
  }
}

function decodeArrayInto(
  out: TValue,
  bytes: Uint8Array,
  pos: number,
  size: number,
  grows: boolean,
): number {
  const table = createTable(size);
  table.metatable = metatables.seq;
  let at = pos;
  for (let n = 1; n <= size; n++) {
    const slot = new Slot(Tag.NIL, null);
    at = decodeTo(bytes, at, slot, grows);
    table.setNumber(n, slot);
  }
  out.type = Tag.TABLE;
  out.value = table;
  return at;
}

function decodeMapInto(
  out: TValue,
  bytes: Uint8Array,
  pos: number,
  size: number,
  grows: boolean,
): number {
  const table = createTable(0, grows ? 0 : size);
  table.metatable = metatables.map;
  let at = pos;
  for (let n = 0; n < size; n++) {
    const key = new Slot(Tag.NIL, null);
    const value = new Slot(Tag.NIL, null);
    at = decodeTo(bytes, at, key, grows);
    at = decodeTo(bytes, at, value, grows);
    if (key.type !== Tag.NIL && !Number.isNaN(key.value)) table.set(key, value);
  }
  out.type = Tag.TABLE;
  out.value = table;
  return at;
}

/** The fields of a tuple as a list that prints on one line (`tuple:totable()`). */
export function tupleTable(tuple: Tuple): LuaTable {
  const out = new Slot(Tag.NIL, null);
  decodeTo(tuple.slab, tuple.start, out, true);
  return out.value as LuaTable; // a tuple is an array
}

/** All values of a MessagePack array. */
export function decodeArray(bytes: Uint8Array): Slot[] {
  const out = new Slot(Tag.NIL, null);
  decodeTo(bytes, 0, out);
  if (out.type !== Tag.TABLE) throw clientError('TUPLE_NOT_ARRAY');
  const table = out.value as LuaTable; // as just seen
  const count = table.arraySize > 0 ? table.arraySize - 1 : 0;
  return Array.from({ length: count }, (_, at) => {
    const slot = table.getNumber(at + 1);
    return new Slot(slot.type, slot.value);
  });
}

function isArray(head: number | undefined): boolean {
  return head !== undefined && ((head >= 0x90 && head < 0xa0) || head === 0xdc || head === 0xdd);
}

function writesMsgpack(cdata: CData): cdata is CData & MsgpackData {
  return 'writeMsgpack' in cdata;
}

const two63 = 2 ** 63;
const two64 = 2 ** 64;

/** Whole numbers within 64 bits are integers, whatever made them. */
function writeNumber(writer: MsgpackWriter, n: number): void {
  if (Number.isInteger(n) && n >= -two63 && n < two64) writer.int(n === 0 ? 0 : n);
  else writer.double(n);
}

function number(out: TValue, n: number, next: number): number {
  out.type = Tag.NUMBER;
  out.value = n;
  return next;
}

/** 64-bit integers become numbers when doubles hold them exactly, and below 1e14, as the real server's do. */
function wide(out: TValue, n: bigint, isUnsigned: boolean, next: number): number {
  if (n < exactBelow && n > -exactBelow) return number(out, Number(n), next);
  out.type = Tag.USERDATA;
  out.value = new Int64(n, isUnsigned);
  return next;
}

/** From here on the real server shows 64-bit cdata (DBL_INT_MAX of `luaL_pushuint64`). */
const exactBelow = 100_000_000_000_000n;

function string(out: TValue, bytes: Uint8Array, pos: number, size: number): number {
  out.type = Tag.STRING;
  out.value = newString(bytes.slice(pos, pos + size));
  return pos + size;
}

function sized(
  bytes: Uint8Array,
  pos: number,
  width: number,
  read: (at: number, size: number) => number,
): number {
  return read(pos + 1 + width, bigEndian(bytes, pos + 1, width));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const decimalType = 1;
const uuidType = 2;

function extension(out: TValue, bytes: Uint8Array, pos: number, head: number): number {
  const end = skip(bytes, pos);
  const isFixed = head >= 0xd4;
  const typeAt = isFixed ? pos + 1 : pos + 1 + (1 << (head - 0xc7));
  const type = ((bytes[typeAt] ?? 0) << 24) >> 24;
  const content = bytes.slice(typeAt + 1, end);
  out.type = Tag.USERDATA;
  if (type === uuidType) out.value = new UuidData(content);
  else if (type === decimalType) out.value = DecimalData.fromMsgpack(content);
  else throw new ClientError(0, `unsupported MessagePack extension: ${type}`);
  return end;
}

/** Reads a value that is known to be there. Always true, for whoever asks whether there was one. */
export function decodeInto(out: TValue, bytes: Uint8Array, pos: number): boolean {
  decodeTo(bytes, pos, out);
  return true;
}

export function decodeValue(bytes: Uint8Array, pos: number): { value: Slot; end: number } {
  const value = new Slot(Tag.NIL, null);
  return { value, end: decodeTo(bytes, pos, value) };
}

/** The conversions of one Lua state, as its bindings are handed them. */
export class Converter {
  readonly vm: LuaVm;
  readonly options = msgpackOptions;
  readonly metatables = metatables;

  constructor(vm: LuaVm) {
    this.vm = vm;
  }

  encode(writer: MsgpackWriter, slot: TValue): void {
    encodeValue(writer, slot);
  }

  bytes(slot: TValue): Uint8Array<ArrayBuffer> {
    return valueBytes(slot);
  }

  tupleBytes(L: LuaState, n: number): Uint8Array {
    return tupleBytes(L, n);
  }

  keyBytes(L: LuaState, n: number): Uint8Array {
    return keyBytes(L, n);
  }

  argumentBytes(L: LuaState, n: number): Uint8Array {
    return argumentBytes(L, n);
  }

  decode(bytes: Uint8Array, pos: number, out: TValue): number {
    return decodeTo(bytes, pos, out);
  }

  tupleTable(tuple: Tuple): LuaTable {
    return tupleTable(tuple);
  }

  decodeArray(bytes: Uint8Array): Slot[] {
    return decodeArray(bytes);
  }
}
