/** Reading values from memory into Lua, and storing Lua's values there, with LuaJIT's rules of conversion. */
import { asCData, type CData, Int64, operandName, Pointer, truncated } from '../vm/cdata.ts';
import { getField } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TString, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, LuaError, Tag, text } from '../vm/value.ts';
import {
  type CType,
  charType,
  isNumeric,
  isSameType,
  type PlainType,
  pointerSize,
  type RecordType,
  sizeOf,
  typeText,
  unqualified,
} from './ctype.ts';
import { CNumber, type NumericType } from './ffi-number.ts';
import { Block, Place } from './memory.ts';
import { CTypeData, EnumData, MemoryData, MemoryPointer, placeOf, targetType } from './values.ts';

export interface Bits {
  readonly offset: number;
  readonly width: number;
}

/** Reads a value of a type from memory. */
export function load(type: CType, place: Place, out: TValue, bits?: Bits): void {
  const plain = unqualified(type);
  if (isNumeric(plain)) {
    loadNumber(plain, place, out, bits);
    return;
  }
  out.type = Tag.USERDATA;
  switch (plain.kind) {
    case 'array':
    case 'record':
      out.value = new MemoryData(type, place, true);
      return;
    case 'pointer': {
      const to = place.blockOf(pointerSize).pointer(place.offset);
      out.value = new MemoryPointer(plain, to);
      return;
    }
    case 'enum':
      out.value = new EnumData(plain, place.blockOf(4).view.getInt32(place.offset, true));
      return;
    default:
      throw new LuaError('size of C type is unknown or too large');
  }
}

function loadNumber(type: NumericType, place: Place, out: TValue, bits: Bits | undefined): void {
  const block = place.blockOf(Math.min(type.size, 8));
  const { view } = block;
  out.type = Tag.NUMBER;
  if (type.kind === 'double') out.value = view.getFloat64(place.offset, true);
  else if (type.kind === 'float') out.value = view.getFloat32(place.offset, true);
  else if (type.kind === 'bool') {
    out.type = Tag.BOOLEAN;
    out.value = view.getUint8(place.offset) !== 0;
  } else {
    const whole = readInteger(view, place.offset, type, bits);
    if (type.size === 8) {
      out.type = Tag.USERDATA;
      out.value = new Int64(whole, type.isUnsigned);
    } else out.value = Number(whole);
  }
}

function readInteger(
  view: DataView,
  at: number,
  type: NumericType,
  bits: Bits | undefined,
): bigint {
  let raw = 0n;
  for (let n = type.size - 1; n >= 0; n--) raw = (raw << 8n) | BigInt(view.getUint8(at + n));
  const width = bits?.width ?? type.size * 8;
  const cut = raw >> BigInt(bits?.offset ?? 0);
  return type.isUnsigned ? BigInt.asUintN(width, cut) : BigInt.asIntN(width, cut);
}

/** Stores a Lua value as a value of a type. @throws LuaError "cannot convert 'string' to 'int'" */
export function store(type: CType, place: Place, value: TValue, bits?: Bits): void {
  const plain = unqualified(type);
  if (type.kind === 'qualified' && type.words.includes('const')) {
    throw new LuaError('attempt to write to constant location');
  }
  initialize(plain, place, value, bits);
}

/** As `store`, for values that are made: constants too get their value so. */
export function initialize(type: CType, place: Place, value: TValue, bits?: Bits): void {
  const plain = unqualified(type);
  if (isNumeric(plain)) storeNumber(plain, place, numberFor(plain, value), bits);
  else if (plain.kind === 'pointer') {
    place.blockOf(pointerSize).setPointer(place.offset, pointerFor(plain, value));
  } else if (plain.kind === 'enum') {
    place.blockOf(4).view.setInt32(place.offset, enumFor(plain, value), true);
  } else if (plain.kind === 'array') storeArray(plain, place, value);
  else if (plain.kind === 'record') storeRecord(plain, place, value);
  else throw cannotConvert(value, plain);
}

/** "cannot convert 'string' to 'int'". */
export function cannotConvert(value: TValue, type: CType): LuaError {
  return new LuaError(`cannot convert '${operandName(value)}' to '${typeText(type)}'`);
}

/** The number that a value is as a value of a numeric type. @throws LuaError */
export function numberFor(type: NumericType, value: TValue): number | bigint {
  if (isNumber(value)) return value.value;
  if (value.type === Tag.BOOLEAN) return value.value === true ? 1 : 0;
  const data = asCData(value);
  if (data instanceof Int64) return data.value;
  const n = data?.toNumber();
  if (n === undefined) throw cannotConvert(value, type);
  return n;
}

/** A number as an integer of some bytes: what does not fit in 32 bits becomes the smallest one, as a processor does it. */
export function integerOf(type: NumericType, n: number | bigint): bigint {
  let whole: bigint;
  if (typeof n === 'bigint') whole = n;
  else if (type.size < 8 && !(type.size === 4 && type.isUnsigned)) {
    whole = n > -2147483649 && n < 2147483648 ? BigInt(Math.trunc(n)) : -2147483648n;
  } else whole = truncated(n);
  const bits = type.size * 8;
  return type.isUnsigned ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole);
}

function storeNumber(type: NumericType, place: Place, n: number | bigint, bits?: Bits): void {
  const { view } = place.blockOf(type.size);
  const at = place.offset;
  if (type.kind === 'double') view.setFloat64(at, Number(n), true);
  else if (type.kind === 'float') view.setFloat32(at, Number(n), true);
  else if (type.kind === 'bool') view.setUint8(at, Number(n) === 0 ? 0 : 1);
  else {
    let raw = BigInt.asUintN(type.size * 8, integerOf(type, n));
    if (bits !== undefined) {
      const mask = ((1n << BigInt(bits.width)) - 1n) << BigInt(bits.offset);
      const old = readInteger(view, at, { ...type, isUnsigned: true }, undefined);
      raw = (old & ~mask) | ((raw << BigInt(bits.offset)) & mask);
    }
    for (let n = 0; n < type.size; n++)
      view.setUint8(at + n, Number((raw >> BigInt(8 * n)) & 255n));
  }
}

/** Bytes of strings as C sees them, with a zero behind; one block for each string. */
const stringBlocks = new WeakMap<TString, Block>();

/** The memory of a string as C sees it: its bytes and a zero. One string has one block. */
export function blockOfString(string: TString): Block {
  let block = stringBlocks.get(string);
  if (block === undefined) {
    block = new Block(string.realstring.length + 1);
    block.bytes.set(string.realstring);
    stringBlocks.set(string, block);
  }
  return block;
}

/** Where a pointer of a type leads that a value becomes. @throws LuaError when the types do not go together */
export function pointerFor(type: PlainType & { kind: 'pointer' }, value: TValue): Place {
  if (value.type === Tag.NIL) return new Place(undefined, 0);
  const wanted = unqualified(type.to);
  if (isString(value)) {
    const isConst = type.to.kind === 'qualified' && type.to.words.includes('const');
    const isBytes = wanted.kind === 'void' || (isNumeric(wanted) && wanted.size === 1);
    if (!isConst || !isBytes) throw cannotConvert(value, type);
    return new Place(blockOfString(value.value), 0);
  }
  const data = asCData(value);
  const place = placeOf(data);
  if (data === undefined || place === undefined) throw cannotConvert(value, type);
  const given = targetType(data);
  const isFitting =
    given === undefined ||
    wanted.kind === 'void' ||
    unqualified(given).kind === 'void' ||
    isSameType(given, wanted);
  if (!isFitting) throw cannotConvert(value, type);
  return place;
}

/** The number that a value is as a value of an enum: a name of one of its members, or a number. @throws LuaError */
export function enumFor(type: PlainType & { kind: 'enum' }, value: TValue): number {
  const named = isString(value) ? type.values.get(text(value.value.realstring)) : undefined;
  const n = named ?? (isNumber(value) ? value.value : asCData(value)?.toNumber());
  if (n === undefined) throw cannotConvert(value, type);
  return n | 0;
}

function storeArray(type: PlainType & { kind: 'array' }, place: Place, value: TValue): void {
  const one = sizeOf(type.of) ?? 0;
  const length = type.length ?? (one === 0 ? 0 : Math.floor(place.rest / one));
  if (isString(value) && isNumeric(unqualified(type.of)) && one === charType.size) {
    const bytes = value.value.realstring;
    const { bytes: into } = place.blockOf(length);
    into.set(bytes.subarray(0, length), place.offset);
    if (bytes.length < length) into[place.offset + bytes.length] = 0;
    return;
  }
  if (isTable(value)) {
    initializeElements(type, place, elementsOf(value.value), length);
    return;
  }
  copyWhole(type, place, value);
}

function elementsOf(table: LuaTable): TValue[] {
  const elements: TValue[] = [];
  const first = table.getNumber(0).type === Tag.NIL ? 1 : 0;
  for (let n = first; table.getNumber(n).type !== Tag.NIL; n++) elements.push(table.getNumber(n));
  return elements;
}

/** Gives an array its elements; a single one is meant for all. */
export function initializeElements(
  type: PlainType & { kind: 'array' },
  place: Place,
  values: readonly TValue[],
  length: number,
): void {
  if (values.length > length)
    throw new LuaError(`too many initializers for '${typeText(type)}'`, 'none');
  const one = sizeOf(type.of) ?? 0;
  const [only] = values;
  const count = values.length === 1 ? length : values.length;
  for (let n = 0; n < count; n++) {
    const value = values[n] ?? only;
    if (value !== undefined) initialize(type.of, place.plus(n * one), value);
  }
}

function storeRecord(type: RecordType, place: Place, value: TValue): void {
  if (!isTable(value)) {
    copyWhole(type, place, value);
    return;
  }
  const table = value.value;
  const first = table.getNumber(0).type === Tag.NIL ? 1 : 0;
  const isByPlace = table.getNumber(first).type !== Tag.NIL;
  let at = first;
  for (const { name, type: one, offset, bits } of leavesOf(type)) {
    const given = isByPlace ? table.getNumber(at++) : getField(table, name);
    if (given.type === Tag.NIL) {
      if (isByPlace) return;
      continue;
    }
    initialize(one, place.plus(offset), given, bits);
    if (type.keyword === 'union') return;
  }
}

/** The named members in order, those of unnamed structs in their place. */
export function leavesOf(
  type: RecordType,
): { name: string; type: CType; offset: number; bits?: Bits | undefined }[] {
  return (type.members ?? []).flatMap((member) => {
    if (member.name !== undefined) {
      return [{ name: member.name, type: member.type, offset: member.offset, bits: member.bits }];
    }
    const inner = unqualified(member.type);
    if (inner.kind !== 'record') return [];
    return leavesOf(inner).map((leaf) => ({ ...leaf, offset: leaf.offset + member.offset }));
  });
}

/** Copies a struct or an array from another one of the same type. */
function copyWhole(type: PlainType, place: Place, value: TValue): void {
  const data = asCData(value);
  const isFitting =
    (data instanceof MemoryData && isSameType(data.type, type)) ||
    (type.kind === 'record' && data instanceof MemoryPointer && isSameType(data.to, type));
  if (!isFitting) throw cannotConvert(value, type);
  const size = sizeOf(type) ?? Math.min(place.rest, data.place.rest);
  place.blockOf(size).copyFrom(data.place.blockOf(size), data.place.offset, place.offset, size);
}

/** Whether a value is a struct, an array or a pointer to one of a type. */
export function isWholeOf(value: TValue, type: CType): boolean {
  const data = asCData(value);
  if (data instanceof MemoryData) return isSameType(data.type, type);
  return data instanceof MemoryPointer && isSameType(data.to, type);
}

/** The type of any cdata, as far as the FFI knows it. */
export function typeOf(data: CData): CType | undefined {
  if (data instanceof MemoryData || data instanceof MemoryPointer) return data.type;
  if (data instanceof CTypeData || data instanceof EnumData) return data.type;
  if (data instanceof CNumber) return data.ctype;
  if (data instanceof Pointer) return { kind: 'pointer', to: { kind: 'void' } };
  return undefined;
}
