import type { LuaTable } from './table.ts';
import { newObjectId } from './table.ts';
import type { LuaState, TValue, Udata } from './types.ts';
import { isString, isUserdata, LuaError, Tag, text } from './value.ts';

/**
 * What LuaJIT's FFI calls cdata: values that are not of Lua's own types. `type()` says 'cdata' of them. To the engine they
 * are userdata; what they do when they are indexed, compared or printed is said by their class here.
 */
export abstract class CData implements Udata {
  readonly id = newObjectId();

  /** What programs gave values of the type with `ffi.metatype`. */
  get metatable(): LuaTable | null {
    return null;
  }

  /** The C type's name as LuaJIT's messages show it: `uint64_t`, `struct tt_uuid`. */
  abstract get typeName(): string;

  /** The type as messages about operators show it: what a reference refers to. */
  get operandName(): string {
    return this.typeName.replace(/^(?:const )?(.*) &$/, '$1');
  }

  /** The type as messages about what it cannot do show it. */
  get plainName(): string {
    return this.typeName.replace(/ [&*]$/, '');
  }

  /** What `tostring` gives. */
  abstract toText(): string;

  /**
   * `==` with a value of any type. Of tuples and decimals it is an error with what cannot be one.
   * @param _isLeft whether this value is the left operand
   */
  equals(other: TValue, _isLeft?: boolean): boolean {
    return other.type === Tag.USERDATA && other.value === this;
  }

  /**
   * Reads `self[key]` into `out`. Used before any metatable.
   * @returns false when the class knows nothing of the key
   */
  index(_L: LuaState, _key: TValue, _out: TValue): boolean {
    return false;
  }

  /** Stores `self[key] = value`; returns false when there is no such place. */
  newIndex(_L: LuaState, _key: TValue, _value: TValue): boolean {
    return false;
  }

  /** Why a key cannot be read or written. */
  indexError(key: TValue): string {
    return isString(key)
      ? `'${this.operandName}' has no member named '${text(key.value.realstring)}'`
      : `'${this.operandName}' cannot be indexed with '${operandName(key)}'`;
  }

  /** `#self`; undefined when it has none. */
  length(): number | undefined {
    return undefined;
  }

  /** `self < other`, `self <= other`, or with the sides changed; undefined when they cannot be compared. */
  compare(_other: TValue, _orEqual: boolean, _isLeft: boolean): boolean | undefined {
    return undefined;
  }

  /** Arithmetic with this value on either side; undefined when it has none with the other. */
  arithmetic(
    _operator: ArithmeticOperator,
    _left: TValue,
    _right: TValue,
  ): CData | number | undefined {
    return undefined;
  }

  /** The value as an operand of 64-bit arithmetic; undefined when it is none. */
  toInteger(): Integer | undefined {
    return undefined;
  }

  /** The value for `tonumber`; undefined when it is no number. */
  toNumber(): number | undefined {
    return undefined;
  }
}

/** The value as cdata, or undefined. */
export function asCData(slot: TValue): CData | undefined {
  return isUserdata(slot) && slot.value instanceof CData ? slot.value : undefined;
}

/** An operand of 64-bit arithmetic. */
export interface Integer {
  readonly value: bigint;
  readonly isUnsigned: boolean;
}

/** A 64-bit integer: what `1LL` and `1ULL` make, and what large integers of tuples become. */
export class Int64 extends CData {
  readonly isUnsigned: boolean;
  /** In the range of its type. */
  readonly value: bigint;

  constructor(value: bigint, isUnsigned: boolean) {
    super();
    this.isUnsigned = isUnsigned;
    this.value = isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
  }

  override get typeName(): string {
    return this.isUnsigned ? 'uint64_t' : 'int64_t';
  }

  override toText(): string {
    return `${this.value}${this.isUnsigned ? 'ULL' : 'LL'}`;
  }

  override toNumber(): number {
    return Number(this.value);
  }

  override toInteger(): Integer {
    return this;
  }

  override indexError(): string {
    return `'${this.typeName}' cannot be indexed`;
  }

  override equals(other: TValue): boolean {
    return isSameInteger(this, other);
  }

  override compare(other: TValue, orEqual: boolean, isLeft: boolean): boolean | undefined {
    return compareInteger(this, other, orEqual, isLeft);
  }
}

/** `==` of numeric cdata: both sides are cut to 64-bit integers, as LuaJIT's FFI does it. */
export function isSameInteger(own: Integer, other: TValue): boolean {
  const right = asInteger(other);
  if (right === undefined) return false;
  return BigInt.asUintN(64, own.value) === BigInt.asUintN(64, right.value);
}

/** `<` and `<=` of numeric cdata, as 64-bit integers; undefined when the other is no number. */
export function compareInteger(
  own: Integer,
  other: TValue,
  orEqual: boolean,
  isLeft: boolean,
): boolean | undefined {
  const right = asInteger(other);
  if (right === undefined) return undefined;
  const isUnsigned = own.isUnsigned || right.isUnsigned;
  const first = isUnsigned ? BigInt.asUintN(64, own.value) : own.value;
  const second = isUnsigned ? BigInt.asUintN(64, right.value) : right.value;
  const [a, b] = isLeft ? [first, second] : [second, first];
  return orEqual ? a <= b : a < b;
}

/** An operand of 64-bit arithmetic: cdata that is one, or a number cut to an integer as C does it. */
export function asInteger(slot: TValue): Integer | undefined {
  if (slot.type === Tag.NUMBER)
    return { value: truncated(slot.value as number), isUnsigned: false }; // tag says so
  return asCData(slot)?.toInteger();
}

/** A double as a C cast makes an int64 of it; what does not fit becomes the smallest one. */
export function truncated(n: number): bigint {
  if (!(n > -9.3e18 && n < 1.85e19)) return -(2n ** 63n);
  return BigInt(Math.trunc(n));
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'unm';

/** Arithmetic with at least one cdata among the operands; undefined when one of them is no number. */
export function int64Arithmetic(
  operator: ArithmeticOperator,
  left: TValue,
  right: TValue,
): Int64 | undefined {
  const a = asInteger(left);
  const b = asInteger(right);
  if (a === undefined || b === undefined) return undefined;
  const isUnsigned = a.isUnsigned || b.isUnsigned;
  const wrap = isUnsigned ? BigInt.asUintN : BigInt.asIntN;
  return new Int64(combine(operator, wrap(64, a.value), wrap(64, b.value), isUnsigned), isUnsigned);
}

function combine(operator: ArithmeticOperator, a: bigint, b: bigint, isUnsigned: boolean): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? byZero(isUnsigned) : a / b;
    case '%':
      return b === 0n ? byZero(isUnsigned) : a % b;
    case '^':
      return power(a, b, isUnsigned);
    case 'unm':
      return -a;
  }
}

/** What LuaJIT gives where C leaves it open. */
function byZero(isUnsigned: boolean): bigint {
  return isUnsigned ? 2n ** 64n - 1n : -(2n ** 63n);
}

function power(base: bigint, exponent: bigint, isUnsigned: boolean): bigint {
  if (exponent < 0n) {
    if (base === 0n) return 2n ** 63n - 1n;
    if (base === 1n) return 1n;
    return base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : 0n;
  }
  const wrap = isUnsigned ? BigInt.asUintN : BigInt.asIntN;
  let result = 1n;
  let factor = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = wrap(64, result * factor);
    factor = wrap(64, factor * factor);
  }
  return result;
}

/** A C pointer; `db.NULL` is the null one, which equals nil. */
export class Pointer extends CData {
  readonly address: number;
  readonly pointee: string;

  constructor(address: number, pointee = 'void') {
    super();
    this.address = address;
    this.pointee = pointee;
  }

  override get typeName(): string {
    return `${this.pointee} *`;
  }

  /** What serializers take for nil: a null pointer to nothing in particular. */
  get isNull(): boolean {
    return this.address === 0 && this.pointee === 'void';
  }

  override indexError(key: TValue): string {
    return this.pointee === 'void' ? `'${this.typeName}' cannot be indexed` : super.indexError(key);
  }

  override toText(): string {
    const where = this.address === 0 ? 'NULL' : `0x${this.address.toString(16).padStart(8, '0')}`;
    return `cdata<${this.typeName}>: ${where}`;
  }

  override equals(other: TValue): boolean {
    if (other.type === Tag.NIL) return this.address === 0;
    const data = asCData(other);
    return data instanceof Pointer && data.address === this.address;
  }
}

/** The error of an operation that a cdata does not know. */
export function badArithmetic(left: TValue, right: TValue): LuaError {
  return new LuaError(
    `attempt to perform arithmetic on '${operandName(left)}' and '${operandName(right)}'`,
  );
}

/** How messages about cdata name an operand. */
export function operandName(slot: TValue): string {
  return asCData(slot)?.operandName ?? typeNames.get(slot.type) ?? 'userdata';
}

const typeNames = new Map<number, string>([
  [Tag.NIL, 'nil'],
  [Tag.BOOLEAN, 'boolean'],
  [Tag.LIGHT_USERDATA, 'userdata'],
  [Tag.NUMBER, 'number'],
  [Tag.STRING, 'string'],
  [Tag.TABLE, 'table'],
  [Tag.LUA_CLOSURE, 'function'],
  [Tag.HOST_FUNCTION, 'function'],
  [Tag.HOST_CLOSURE, 'function'],
  [Tag.USERDATA, 'userdata'],
  [Tag.THREAD, 'thread'],
]);

/** What `type()` says of a value. */
export function typeName(slot: TValue): string {
  if (slot.type === Tag.USERDATA && slot.value instanceof CData) return 'cdata';
  return typeNames.get(slot.type) ?? 'userdata';
}
