/** cdata that stands in memory: structs, arrays, pointers, enums; and types as values. */
import { type ArithmeticOperator, asCData, CData, Int64, Pointer } from '../vm/cdata.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, LuaError, Tag, text } from '../vm/value.ts';
import { load, store } from './access.ts';
import {
  type CType,
  type EnumType,
  isSameType,
  metatableFor,
  RecordType,
  referenceText,
  sizeOf,
  typeText,
  unqualified,
} from './ctype.ts';
import { Place } from './memory.ts';

/** A type as a value: `ffi.typeof('int')`. */
export class CTypeData extends CData {
  readonly type: CType;
  readonly #metatable: LuaTable;

  /** @param metatable that of all types of the state: calling a type makes a value */
  constructor(type: CType, metatable: LuaTable) {
    super();
    this.type = type;
    this.#metatable = metatable;
  }

  override get metatable(): LuaTable {
    return this.#metatable;
  }

  override get typeName(): string {
    return typeText(this.type);
  }

  override toText(): string {
    return `ctype<${this.typeName}>`;
  }

  override equals(other: TValue): boolean {
    const data = asCData(other);
    return data instanceof CTypeData && isSameType(data.type, this.type);
  }
}

/** A struct, a union or an array: its own, or a part of another one. */
export class MemoryData extends CData {
  readonly type: CType;
  readonly place: Place;
  /** True for a part of another value: a struct in a struct, an element that is an array. */
  readonly isReference: boolean;

  constructor(type: CType, place: Place, isReference: boolean) {
    super();
    this.type = type;
    this.place = place;
    this.isReference = isReference;
  }

  override get metatable(): LuaTable | null {
    return metatableFor(this.type);
  }

  override get typeName(): string {
    return this.isReference ? referenceText(this.type) : typeText(this.type);
  }

  override toText(): string {
    return `cdata<${this.typeName}>: ${addressText(this.place.address)}`;
  }

  /** Arrays compare by where they stand; structs are compared by nobody. */
  override equals(other: TValue): boolean {
    const data = asCData(other);
    if (data === this) return true;
    return placeOf(data)?.address === this.place.address;
  }

  override compare(other: TValue, orEqual: boolean, isLeft: boolean): boolean | undefined {
    if (unqualified(this.type).kind !== 'array') return undefined;
    return comparePlaces(this.place, other, orEqual, isLeft);
  }

  override index(_L: LuaState, key: TValue, out: TValue): boolean {
    const member = memberAt(this.type, this.place, key);
    if (member === undefined) return false;
    load(member.type, member.place, out, member.bits);
    return true;
  }

  override newIndex(_L: LuaState, key: TValue, value: TValue): boolean {
    const member = memberAt(this.type, this.place, key);
    if (member === undefined) return false;
    store(member.type, member.place, value, member.bits);
    return true;
  }

  override arithmetic(operator: ArithmeticOperator, left: TValue, right: TValue) {
    const plain = unqualified(this.type);
    if (plain.kind !== 'array') return undefined;
    return pointerArithmetic(plain.of, this.place, this, operator, left, right);
  }
}

function isToVoid(type: CType): boolean {
  const plain = unqualified(type);
  return plain.kind === 'pointer' && unqualified(plain.to).kind === 'void';
}

/** A pointer that knows what it points to. */
export class MemoryPointer extends Pointer {
  readonly type: CType;
  readonly to: CType;
  readonly place: Place;

  constructor(type: CType, place: Place) {
    super(place.address, isToVoid(type) ? 'void' : '');
    this.type = type;
    const plain = unqualified(type);
    this.to = plain.kind === 'pointer' ? plain.to : type;
    this.place = place;
  }

  override get metatable(): LuaTable | null {
    return metatableFor(this.type);
  }

  override get typeName(): string {
    return typeText(this.type);
  }

  override equals(other: TValue): boolean {
    if (other.type === Tag.NIL) return this.address === 0;
    const data = asCData(other);
    if (data instanceof Pointer) return data.address === this.address;
    return placeOf(data)?.address === this.address;
  }

  override compare(other: TValue, orEqual: boolean, isLeft: boolean): boolean | undefined {
    return comparePlaces(this.place, other, orEqual, isLeft);
  }

  override index(_L: LuaState, key: TValue, out: TValue): boolean {
    const target = this.#target(key);
    if (target === undefined) return false;
    load(target.type, target.place, out, target.bits);
    return true;
  }

  override newIndex(_L: LuaState, key: TValue, value: TValue): boolean {
    const target = this.#target(key);
    if (target === undefined) return false;
    store(target.type, target.place, value, target.bits);
    return true;
  }

  #target(key: TValue): Target | undefined {
    const n = integerKey(key);
    if (n !== undefined) {
      const size = sizeOf(this.to);
      if (size === undefined) throw new LuaError('size of C type is unknown or too large');
      return { type: this.to, place: this.place.plus(n * size), bits: undefined };
    }
    return unqualified(this.to).kind === 'record' ? memberAt(this.to, this.place, key) : undefined;
  }

  override arithmetic(operator: ArithmeticOperator, left: TValue, right: TValue) {
    return pointerArithmetic(this.to, this.place, this, operator, left, right);
  }
}

/** A value of an enum. */
export class EnumData extends CData {
  readonly type: EnumType;
  readonly value: number;

  constructor(type: EnumType, value: number) {
    super();
    this.type = type;
    this.value = value;
  }

  override get typeName(): string {
    return typeText(this.type);
  }

  override toText(): string {
    return `cdata<${this.typeName}>: ${this.value}`;
  }

  override toNumber(): number {
    return this.value;
  }

  override toInteger() {
    return new Int64(BigInt(this.value), false);
  }

  override equals(other: TValue): boolean {
    if (isString(other)) return this.type.values.get(text(other.value.realstring)) === this.value;
    const n = isNumber(other) ? other.value : asCData(other)?.toNumber();
    return n === this.value;
  }
}

interface Target {
  readonly type: CType;
  readonly place: Place;
  readonly bits: { readonly offset: number; readonly width: number } | undefined;
}

/** The element or member that a key names. */
function memberAt(type: CType, place: Place, key: TValue): Target | undefined {
  const plain = unqualified(type);
  if (plain.kind === 'array') {
    const n = integerKey(key);
    if (n === undefined) return undefined;
    return { type: plain.of, place: place.plus(n * (sizeOf(plain.of) ?? 0)), bits: undefined };
  }
  if (!(plain instanceof RecordType) || !isString(key)) return undefined;
  const member = plain.find(text(key.value.realstring));
  if (member === undefined) return undefined;
  return { type: member.type, place: place.plus(member.offset), bits: member.bits };
}

/** An index: a number cut to an integer, or cdata that is one. */
function integerKey(key: TValue): number | undefined {
  if (isNumber(key)) return Math.trunc(key.value);
  const integer = asCData(key)?.toInteger();
  return integer === undefined ? undefined : Number(integer.value);
}

/** Where a value stands, or points to; undefined for anything else. */
export function placeOf(data: CData | undefined): Place | undefined {
  if (data instanceof MemoryData || data instanceof MemoryPointer) return data.place;
  return data instanceof Pointer ? Place.at(data.address) : undefined;
}

/** What a pointer or an array leads to. */
export function targetType(data: CData): CType | undefined {
  if (data instanceof MemoryPointer) return data.to;
  if (data instanceof Pointer) return { kind: 'void' };
  if (!(data instanceof MemoryData)) return undefined;
  const plain = unqualified(data.type);
  return plain.kind === 'array' ? plain.of : plain;
}

function comparePlaces(own: Place, other: TValue, orEqual: boolean, isLeft: boolean) {
  const place = placeOf(asCData(other));
  if (place === undefined) return undefined;
  const [a, b] = isLeft ? [own.address, place.address] : [place.address, own.address];
  return orEqual ? a <= b : a < b;
}

/** Pointer plus or minus a number; the difference of two pointers is a number of elements. */
function pointerArithmetic(
  to: CType,
  place: Place,
  own: CData,
  operator: ArithmeticOperator,
  left: TValue,
  right: TValue,
): CData | number | undefined {
  if (operator !== '+' && operator !== '-') return undefined;
  const isLeft = left.value === own;
  const other = isLeft ? right : left;
  const size = sizeOf(to);
  const data = asCData(other);
  const from = data === undefined ? undefined : placeOf(data);
  if (from !== undefined) {
    if (operator !== '-' || size === undefined || size === 0) return undefined;
    const bytes = place.address - from.address;
    return Math.trunc((isLeft ? bytes : -bytes) / size);
  }
  const n = integerKey(other);
  if (n === undefined || (operator === '-' && !isLeft)) return undefined;
  if (size === undefined) throw new LuaError('size of C type is unknown or too large');
  return new MemoryPointer({ kind: 'pointer', to }, place.plus((operator === '-' ? -n : n) * size));
}

/** An address as `tostring` shows it. */
export function addressText(address: number): string {
  return address === 0 ? 'NULL' : `0x${Math.max(address, 0).toString(16).padStart(8, '0')}`;
}
