/**
 * How a Lua value is to be written, by the rules that YAML, JSON and MessagePack share: which tables are arrays, what `__serialize`
 * says, what cannot be written.
 */

import type { Tuple } from '../../box/tuple.ts';
import { tupleTable } from '../conversions.ts';
import { asTuple } from '../db/tuple-data.ts';
import { CNumber } from '../ffi/ffi-number.ts';
import { metamethod, textOf } from '../lib/tostring.ts';
import { asCData, type CData, Int64, Pointer } from '../vm/cdata.ts';
import { getField, stringText } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TString, TValue } from '../vm/types.ts';
import { isFunction, isTable, LuaError, nilObject, Slot, Tag } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import type { SerializerOptions } from './options.ts';

export type Field =
  | { readonly kind: 'nil' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** An integer that fits 64 bits, signed or unsigned. */
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'array';
      readonly table: LuaTable;
      readonly size: number;
      readonly isCompact: boolean;
    }
  | {
      readonly kind: 'map';
      readonly table: LuaTable;
      readonly size: number;
      readonly isCompact: boolean;
    }
  /** A value with a printed form and a MessagePack extension: decimal, uuid. */
  | { readonly kind: 'extension'; readonly data: SerializableData };

/** A cdata that knows its own form in text and in MessagePack. */
export interface SerializableData extends CData {
  readonly extensionType: number;
  extensionBytes(): Uint8Array;
}

/** What of a cdata the serializers ask. */
export interface Serializes {
  /** The value to be written instead, as its type's `__serialize` would give it. */
  toSerialized?(): TValue;
  readonly extensionType?: number;
}

const nilField: Field = { kind: 'nil' };
const two63 = 2 ** 63;
const two64 = 2 ** 64;

/** Says of each value what kind of thing a serializer writes for it. */
export class FieldReader {
  readonly vm: LuaVm;
  readonly options: SerializerOptions;
  /** YAML prints `__serialize = 'seq'` and `'map'` on one line. */
  readonly hasCompact: boolean;

  constructor(vm: LuaVm, options: SerializerOptions, hasCompact: boolean) {
    this.vm = vm;
    this.options = options;
    this.hasCompact = hasCompact;
  }

  /** Says how to write a value. The value may be replaced on the way: what counts is in the result. */
  read(slot: TValue): Field {
    switch (slot.type) {
      case Tag.NIL:
        return nilField;
      case Tag.BOOLEAN:
        return { kind: 'boolean', value: slot.value === true };
      case Tag.NUMBER:
        return this.#number(Number(slot.value));
      case Tag.STRING:
        return { kind: 'string', bytes: (slot.value as TString).realstring }; // tag says so
      default:
        break;
    }
    if (isTable(slot)) return this.#table(slot);
    const cdata = asCData(slot);
    return cdata === undefined ? this.#unknown(slot) : this.#data(slot, cdata);
  }

  #number(n: number): Field {
    if (Number.isFinite(n) && !Number.isInteger(n)) return { kind: 'double', value: n };
    if (n >= -two63 && n < two64) return { kind: 'integer', value: n === 0 ? 0 : n };
    return this.#double(n);
  }

  #double(n: number): Field {
    if (Number.isFinite(n) || this.options.encode_invalid_numbers) {
      return { kind: 'double', value: n };
    }
    if (this.options.encode_invalid_as_nil) return nilField;
    throw new LuaError('number must not be NaN or Inf', 'none');
  }

  #data(slot: TValue, cdata: CData): Field {
    if (cdata instanceof Int64) return { kind: 'integer', value: cdata.value };
    if (cdata instanceof Pointer && cdata.isNull) return nilField;
    const own: Serializes = cdata as CData & Serializes; // every part of Serializes is optional
    const tuple = asTuple(slot);
    if (tuple !== undefined) return this.#tuple(tuple);
    if (cdata instanceof CNumber) return this.#cNumber(cdata);
    if (own.extensionType !== undefined) {
      return { kind: 'extension', data: cdata as SerializableData }; // it says so
    }
    if (this.options.encode_load_metatables && own.toSerialized !== undefined) {
      return this.read(own.toSerialized());
    }
    return this.#unknown(slot);
  }

  #cNumber(data: CNumber): Field {
    const { kind } = data.ctype;
    if (kind === 'bool') return { kind: 'boolean', value: data.value !== 0 };
    return kind === 'integer' ? { kind, value: data.value } : { kind, value: data.value };
  }

  /** A tuple is a list on one line. */
  #tuple(tuple: Tuple): Field {
    return this.read(new Slot(Tag.TABLE, tupleTable(tuple)));
  }

  #unknown(slot: TValue): Field {
    const L = this.vm.current;
    if (this.options.encode_load_metatables && slot.type === Tag.USERDATA) {
      const serialize = this.#serializeOf(L, slot);
      if (isFunction(serialize))
        return this.read(this.vm.callNow(serialize, [slot])[0] ?? nilObject);
    }
    if (this.options.encode_use_tostring) {
      return { kind: 'string', bytes: textOf(this.vm, L, slot) };
    }
    if (this.options.encode_invalid_as_nil) return nilField;
    throw new LuaError(`unsupported Lua type '${this.#typeName(slot)}'`, 'none');
  }

  #typeName(slot: TValue): string {
    if (asCData(slot) !== undefined) return 'cdata';
    if (isFunction(slot)) return 'function';
    return slot.type === Tag.THREAD ? 'thread' : 'userdata';
  }

  /** `__serialize` of a userdata: through its metatable's `__index`. */
  #serializeOf(L: LuaState, slot: TValue): TValue {
    const direct = metamethod(L, slot, '__serialize');
    if (direct.type !== Tag.NIL) return direct;
    const index = metamethod(L, slot, '__index');
    return isTable(index) ? getField(index.value, '__serialize') : nilObject;
  }

  #table(slot: TValue & { value: LuaTable }): Field {
    const { metatable } = slot.value;
    if (metatable !== null && this.options.encode_load_metatables) {
      const serialize = getField(metatable, '__serialize');
      if (serialize.type !== Tag.NIL) return this.#serialized(slot, serialize);
    }
    return this.#plainTable(slot.value);
  }

  #serialized(slot: TValue & { value: LuaTable }, serialize: TValue): Field {
    if (isFunction(serialize)) {
      return this.read(this.vm.callNow(serialize, [slot])[0] ?? nilObject);
    }
    const hint = stringText(serialize);
    const table = slot.value;
    const isCompact = this.hasCompact && (hint === 'seq' || hint === 'map');
    if (hint === 'array' || hint === 'seq' || hint === 'sequence') {
      return { kind: 'array', table, size: arrayLength(table), isCompact };
    }
    if (hint === 'map' || hint === 'mapping') {
      return { kind: 'map', table, size: countPairs(table), isCompact };
    }
    throw new LuaError('invalid __serialize value', 'none');
  }

  #plainTable(table: LuaTable): Field {
    const key = new Slot(Tag.NIL, null);
    const value = new Slot(Tag.NIL, null);
    let size = 0;
    let max = 0;
    while (table.next(key, value)) {
      size++;
      const k = key.type === Tag.NUMBER ? Number(key.value) : Number.NaN;
      if (!(k === size || (k >= 1 && Math.floor(k) === k))) {
        return { kind: 'map', table, size: countPairs(table), isCompact: false };
      }
      if (k > max) max = k;
    }
    const { encode_sparse_ratio: ratio, encode_sparse_safe: safe } = this.options;
    if (ratio > 0 && max > size * ratio && max > safe) {
      if (!this.options.encode_sparse_convert) {
        throw new LuaError('excessively sparse array', 'none');
      }
      return { kind: 'map', table, size, isCompact: false };
    }
    return { kind: 'array', table, size: max, isCompact: false };
  }
}

/** The largest positive integer key. */
function arrayLength(table: LuaTable): number {
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  let max = 0;
  while (table.next(key, value)) {
    const k = key.type === Tag.NUMBER ? Number(key.value) : 0;
    if (Math.floor(k) === k && k > max) max = k;
  }
  return max;
}

function countPairs(table: LuaTable): number {
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  let count = 0;
  while (table.next(key, value)) count++;
  return count;
}
