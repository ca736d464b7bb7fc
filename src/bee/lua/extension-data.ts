/** Values of tuples that are MessagePack extensions: uuids and decimals, as cdata. */
import { Decimal } from '../base/decimal.ts';
import { clientError } from '../box/error.ts';
import { formatUuid } from './lib/uuid.ts';
import { asCData, CData } from './vm/cdata.ts';
import { getField } from './vm/host.ts';
import type { LuaTable } from './vm/table.ts';
import type { LuaState, TValue } from './vm/types.ts';
import { isString, text } from './vm/value.ts';

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
}
