/** Values of tuples that are MessagePack extensions: uuids and decimals, as cdata. */

import { Decimal } from '../base/decimal.ts';
import { clientError } from '../box/error.ts';
import { CNumber } from './ffi/ffi-number.ts';
import { power } from './lib/decimal-functions.ts';
import { divide, multiply, negate, remainder } from './lib/decimal-math.ts';
import { formatUuid } from './lib/uuid.ts';
import { type ArithmeticOperator, asCData, CData, Int64, Pointer } from './vm/cdata.ts';
import { getField } from './vm/host.ts';
import type { LuaTable } from './vm/table.ts';
import type { LuaState, TValue } from './vm/types.ts';
import { isNumber, isString, LuaError, Tag, text } from './vm/value.ts';

/** Methods of a cdata class, by Lua state. */
export type MethodTables = WeakMap<object, LuaTable>;

/** Reads a method into `out`; false when there is none of that name. */
export function methodOf(tables: MethodTables, L: LuaState, key: TValue, out: TValue): boolean {
  if (!isString(key)) return false;
  const methods = tables.get(L.l_G);
  const method = methods === undefined ? undefined : getField(methods, text(key.value.realstring));
  if (method === undefined || method.type === 0) return false;
  out.type = method.type;
  out.value = method.value;
  return true;
}

/** `struct tt_uuid`. */
export class UuidData extends CData {
  static readonly methods: MethodTables = new WeakMap();
  readonly extensionType = 2;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.bytes = bytes;
  }

  override get typeName(): string {
    return 'struct tt_uuid';
  }

  override toText(): string {
    return formatUuid(this.bytes);
  }

  extensionBytes(): Uint8Array {
    return this.bytes;
  }

  override equals(other: TValue): boolean {
    const data = asCData(other);
    return data instanceof UuidData && data.bytes.every((byte, at) => byte === this.bytes[at]);
  }

  override index(L: LuaState, key: TValue, out: TValue): boolean {
    return methodOf(UuidData.methods, L, key, out);
  }
}

/** `decimal_t`. */
export class DecimalData extends CData {
  static readonly methods: MethodTables = new WeakMap();
  readonly extensionType = 1;
  readonly decimal: Decimal;

  constructor(decimal: Decimal) {
    super();
    this.decimal = decimal;
  }

  static fromMsgpack(bytes: Uint8Array): DecimalData {
    const decimal = Decimal.unpack(bytes);
    if (decimal === undefined) throw clientError('INVALID_MSGPACK', 'invalid decimal');
    return new DecimalData(decimal);
  }

  override get typeName(): string {
    return 'struct 107';
  }

  override toText(): string {
    return this.decimal.toString();
  }

  extensionBytes(): Uint8Array {
    return this.decimal.pack();
  }

  override index(L: LuaState, key: TValue, out: TValue): boolean {
    return methodOf(DecimalData.methods, L, key, out);
  }

  override equals(other: TValue, isLeft = true): boolean {
    const data = asCData(other);
    if (other.type === Tag.NIL || (data instanceof Pointer && data.isNull)) return false;
    // A left operand of another kind has been asked already.
    if (!isLeft && data !== undefined && decimalOf(other) === undefined) return false;
    // LuaJIT puts a text on the right, wherever it stands.
    return this.decimal.compare(toDecimal(other, isLeft || isString(other) ? 2 : 1)) === 0;
  }

  override compare(other: TValue, orEqual: boolean, isLeft: boolean): boolean {
    if (other.type === Tag.NIL) throw new LuaError('attempt to compare decimal with nil');
    const right = toDecimal(other, isLeft ? 2 : 1);
    const order = this.decimal.compare(right) * (isLeft ? 1 : -1);
    return orEqual ? order <= 0 : order < 0;
  }

  override arithmetic(operator: ArithmeticOperator, left: TValue, right: TValue): DecimalData {
    const a = toDecimal(left, 1);
    if (operator === 'unm') return new DecimalData(negate(a));
    const result = operations[operator](a, toDecimal(right, 2));
    if (result === undefined) throw new LuaError('decimal operation failed');
    return new DecimalData(result);
  }
}

const operations: Readonly<
  Record<Exclude<ArithmeticOperator, 'unm'>, (a: Decimal, b: Decimal) => Decimal | undefined>
> = {
  '+': (a, b) => a.add(b),
  '-': (a, b) => a.subtract(b),
  '*': multiply,
  '/': divide,
  '%': remainder,
  '^': power,
};

/** The decimal that a value is or reads as; undefined when it is none. */
export function decimalOf(slot: TValue): Decimal | undefined {
  if (isNumber(slot)) return Decimal.fromDouble(slot.value);
  if (isString(slot)) return Decimal.fromString(text(slot.value.realstring));
  const data = asCData(slot);
  if (data instanceof DecimalData) return data.decimal;
  if (data instanceof CNumber) return Decimal.fromDouble(data.value);
  return data instanceof Int64 ? Decimal.fromInteger(data.value) : undefined;
}

/** The same, for an operand. @throws LuaError in the real server's words */
export function toDecimal(slot: TValue, position: number): Decimal {
  const decimal = decimalOf(slot);
  if (decimal !== undefined) return decimal;
  const data = asCData(slot);
  if (isNumber(slot) || isString(slot) || data instanceof Int64 || data instanceof CNumber) {
    throw new LuaError(`incorrect value to convert to decimal as ${position} argument`, 'caller');
  }
  throw new LuaError(`expected decimal, number or string as ${position} argument`, 'caller');
}
