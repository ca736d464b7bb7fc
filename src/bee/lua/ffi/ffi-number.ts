/** Numbers of C's types as cdata. A `double` is written as one even when it is whole. */
import type { MsgpackWriter } from '../../wire/msgpack.ts';
import { CData, compareInteger, type Integer, isSameInteger, truncated } from '../vm/cdata.ts';
import type { TValue } from '../vm/types.ts';

export interface NumericType {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly kind: 'integer' | 'double' | 'float' | 'bool';
  readonly isUnsigned: boolean;
}

function type(
  name: string,
  size: number,
  kind: NumericType['kind'],
  isUnsigned = false,
): NumericType {
  return { name, size, kind, isUnsigned };
}

/** Types by the names under which C knows them. */
export const numericTypes: ReadonlyMap<string, NumericType> = new Map([
  ...['char', 'int8_t', 'signed char'].map((n) => [n, type(n, 1, 'integer')] as const),
  ...['uint8_t', 'unsigned char'].map(
    (n) => [n, type('unsigned char', 1, 'integer', true)] as const,
  ),
  ...['short', 'int16_t'].map((n) => [n, type('short', 2, 'integer')] as const),
  ...['unsigned short', 'uint16_t'].map(
    (n) => [n, type('unsigned short', 2, 'integer', true)] as const,
  ),
  ...['int', 'int32_t', 'signed', 'signed int'].map((n) => [n, type('int', 4, 'integer')] as const),
  ...['unsigned', 'unsigned int', 'uint32_t'].map(
    (n) => [n, type('unsigned int', 4, 'integer', true)] as const,
  ),
  ...['long', 'long long', 'int64_t', 'ssize_t', 'intptr_t'].map(
    (n) => [n, type('int64_t', 8, 'integer')] as const,
  ),
  ...['unsigned long', 'unsigned long long', 'uint64_t', 'size_t', 'uintptr_t'].map(
    (n) => [n, type('uint64_t', 8, 'integer', true)] as const,
  ),
  ['double', type('double', 8, 'double')],
  ['float', type('float', 4, 'float')],
  ['bool', type('bool', 1, 'bool')],
  ['long double', type('long double', 16, 'double')],
]);

/** A number of one of C's types. It does not change: nothing in Lua can write to it. */
export class CNumber extends CData {
  readonly ctype: NumericType;
  readonly value: number;

  constructor(ctype: NumericType, value: number) {
    super();
    this.ctype = ctype;
    this.value = ctype.kind === 'float' ? Math.fround(value) : value;
  }

  override get typeName(): string {
    return this.ctype.name;
  }

  override toText(): string {
    return `cdata<${this.typeName}>: 0x${this.id.toString(16).padStart(8, '0')}`;
  }

  override toNumber(): number {
    return this.value;
  }

  override toInteger(): Integer {
    return { value: truncated(this.value), isUnsigned: false };
  }

  override equals(other: TValue): boolean {
    return isSameInteger(this.toInteger(), other);
  }

  override compare(other: TValue, orEqual: boolean, isLeft: boolean): boolean | undefined {
    return compareInteger(this.toInteger(), other, orEqual, isLeft);
  }

  writeMsgpack(writer: MsgpackWriter): void {
    if (this.ctype.kind === 'double') writer.double(this.value);
    else if (this.ctype.kind === 'float') writer.float(this.value);
    else if (this.ctype.kind === 'bool') writer.bool(this.value !== 0);
    else writer.int(this.value);
  }
}
