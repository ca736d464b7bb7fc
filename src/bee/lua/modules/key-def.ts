/** The `key_def` module: key definitions that belong to no index, to compare tuples by and to take their keys out. */
import { clientError, typedError } from '../../box/error.ts';
import { type FieldType, fieldTypeByName } from '../../box/field-type.ts';
import { noCollation } from '../../box/format-field.ts';
import { type PathToken, parsePath } from '../../box/json-path.ts';
import { KeyDef, type KeyPart } from '../../box/key-def.ts';
import type { Schema } from '../../box/schema.ts';
import type { Tuple } from '../../box/tuple.ts';
import { extractKey, keyComparatorOf, keyParts, tupleComparatorOf } from '../../box/tuple-order.ts';
import { pushTuple } from '../db/context.ts';
import { arrayBytes, tupleFrom } from '../db/tuple-argument.ts';
import { type MethodTables, methodOf } from '../extension-data.ts';
import { addressText } from '../ffi/values.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, CData, typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  boolean,
  callerError,
  createTable,
  getField,
  library,
  list,
  number,
  pushData,
  pushNumber,
  pushTable,
  pushText,
  setField,
  string,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isString, isTable, LuaError, Tag, text } from '../vm/value.ts';

const usageOfNew =
  'Bad params, use: key_def.new({{fieldno = fieldno, type = type[, is_nullable = <boolean>]' +
  '[, path = <string>][, collation_id = <number>][, collation = <string>]}, ...}';

/** A key definition in Lua. */
export class KeyDefData extends CData {
  static readonly methods: MethodTables = new WeakMap();
  readonly keyDef: KeyDef;

  constructor(keyDef: KeyDef) {
    super();
    this.keyDef = keyDef;
  }

  override get typeName(): string {
    return 'struct key_def &';
  }

  override get metatable(): LuaTable {
    return named;
  }

  override toText(): string {
    return `cdata<${this.typeName}>: ${addressText(this.id)}`;
  }

  /** Serializers show the parts. */
  toSerialized(): TValue {
    return table(partsTable(this.keyDef));
  }

  override index(L: LuaState, key: TValue, out: TValue): boolean {
    if (!methodOf(KeyDefData.methods, L, key, out)) {
      out.type = Tag.NIL;
      out.value = null;
    }
    return true;
  }
}

/** The metatable of all key definitions of all states. */
const named = library({ __tostring: (L) => pushText(L, '<struct key_def &>') });

/** The key definition in a slot; undefined when it holds something else. */
export function asKeyDef(slot: TValue): KeyDef | undefined {
  const data = asCData(slot);
  return data instanceof KeyDefData ? data.keyDef : undefined;
}

/** The `key_def` module: `new`, and the methods as functions. */
export function makeKeyDefModule(runtime: LuaRuntime): LuaTable {
  const { box } = runtime.instance;
  const make: HostFunction = (L) => {
    const parts = arg(L, 1);
    if (argCount(L) !== 1 || !isTable(parts)) throw callerError(usageOfNew);
    return pushData(L, new KeyDefData(keyDefOf(box.schema, parts.value)));
  };
  /** A method: the definition, with as many arguments behind it as there must be. */
  const method =
    (usage: string, count: number, body: (L: LuaState, keyDef: KeyDef) => number): HostFunction =>
    (L) => {
      const keyDef = asKeyDef(arg(L, 1));
      if (keyDef === undefined || argCount(L) !== count + 1) {
        throw callerError(`Usage: key_def:${usage}`);
      }
      return body(L, keyDef);
    };
  /** A tuple argument whose fields fit the parts. */
  const fitting = (L: LuaState, n: number, keyDef: KeyDef): Tuple => {
    const tuple = tupleFrom(box, arg(L, n));
    keyDef.validateTuple(tuple);
    return tuple;
  };
  const methods = {
    extract_key: method('extract_key(tuple)', 1, (L, keyDef) =>
      pushTuple(L, box.newTuple(extractKey(fitting(L, 2, keyDef), keyDef))),
    ),
    compare_with_key: method('compare_with_key(tuple, key)', 2, (L, keyDef) => {
      const tuple = fitting(L, 2, keyDef);
      const key = arrayBytes(arg(L, 3));
      const { count, pos } = keyParts(key);
      // What a key has beyond the parts is not looked at.
      const compared = Math.min(count, keyDef.parts.length);
      keyDef.validateParts(key, pos, compared, true);
      return pushNumber(L, keyComparatorOf(keyDef)(tuple, key, pos, compared));
    }),
    compare: method('compare(tuple_a, tuple_b)', 2, (L, keyDef) => {
      const [a, b] = [tupleFrom(box, arg(L, 2)), tupleFrom(box, arg(L, 3))];
      keyDef.validateTuple(a);
      keyDef.validateTuple(b);
      return pushNumber(L, tupleComparatorOf(keyDef)(a, b));
    }),
    merge: method('merge(second_key_def)', 1, (L, keyDef) => {
      const second = asKeyDef(arg(L, 2));
      if (second === undefined) throw callerError('Usage: key_def:merge(second_key_def)');
      return pushData(L, new KeyDefData(keyDef.merge(second)));
    }),
    totable: method('totable()', 0, (L, keyDef) => pushTable(L, partsTable(keyDef))),
  };
  KeyDefData.methods.set(runtime.vm.main.l_G, library(methods));
  return library({ ...methods, new: make });
}

/** Reads the parts that a program gave. @throws LuaError, ClientError */
function keyDefOf(schema: Schema, parts: LuaTable): KeyDef {
  const count = parts.length();
  if (count === 0) {
    throw illegal('Key definition can only be constructed by using at least 1 key_part');
  }
  const described = Array.from({ length: count }, (_, at) =>
    partOf(schema, parts.getNumber(at + 1)),
  );
  for (const [at, part] of described.entries()) {
    if (part.collationId !== noCollation && part.collation === undefined) {
      throw clientError('WRONG_INDEX_OPTIONS', at + 1, 'collation was not found by ID');
    }
  }
  return new KeyDef(described);
}

function partOf(schema: Schema, slot: TValue): KeyPart {
  if (!isTable(slot) && !isString(slot)) {
    throw new LuaError(`attempt to index a ${typeName(slot)} value`, 'none');
  }
  // A string can be indexed too, and has none of the fields.
  const part = isTable(slot) ? slot.value : new LuaTable(0, 0);
  const fieldNo = fieldNoOf(part);
  const type = typeOf(part);
  const isNullable = toBoolean(getField(part, 'is_nullable'));
  const collationId = collationIdOf(schema, part);
  const pathText = textOrAbsent(part, 'path');
  return {
    fieldNo,
    type,
    collationId,
    collation: collationId === noCollation ? undefined : schema.collation(collationId),
    nullableAction: isNullable ? 'none' : 'default',
    isNullable,
    path: pathText === undefined ? undefined : pathOf(pathText),
    pathText,
  };
}

function fieldNoOf(part: LuaTable): number {
  const [one, other] = [getField(part, 'fieldno'), getField(part, 'field')];
  if (one.type === Tag.NIL && other.type === Tag.NIL) {
    throw illegal('fieldno or field must not be nil');
  }
  if (one.type !== Tag.NIL && other.type !== Tag.NIL) {
    throw illegal('Conflicting options: fieldno and field');
  }
  // An unsigned number of 32 bits: the field before the first one is the last of all.
  return (Math.trunc(toNumber(one.type === Tag.NIL ? other : one) ?? 0) - 1) >>> 0;
}

/** Types that tuples cannot be sorted by. */
const unsupported: readonly FieldType[] = ['any', 'varbinary', 'array', 'map'];

function typeOf(part: LuaTable): FieldType {
  const slot = getField(part, 'type');
  if (slot.type === Tag.NIL) throw illegal('type must not be nil');
  const name = text(toBytes(slot) ?? new Uint8Array(0));
  const type = fieldTypeByName(name);
  if (type === undefined) throw illegal(`Unknown field type: ${name}`);
  if (unsupported.includes(type)) throw illegal(`Unsupported field type: ${name}`);
  return type;
}

function collationIdOf(schema: Schema, part: LuaTable): number {
  const id = getField(part, 'collation_id');
  const name = textOrAbsent(part, 'collation');
  if (id.type !== Tag.NIL) {
    if (name !== undefined) throw illegal('Conflicting options: collation_id and collation');
    return Math.trunc(toNumber(id) ?? noCollation) >>> 0;
  }
  if (name === undefined) return noCollation;
  const collation = schema.collationByName(name);
  if (collation === undefined) throw illegal(`Unknown collation: "${name}"`);
  return collation.id;
}

function pathOf(pathText: string): readonly PathToken[] {
  const path = parsePath(pathText);
  if (typeof path === 'number') throw illegal('invalid path');
  if (path.some((token) => token.kind === 'any')) throw illegal('multikey path is unsupported');
  return path;
}

function textOrAbsent(part: LuaTable, name: string): string | undefined {
  const slot = getField(part, name);
  return slot.type === Tag.NIL ? undefined : text(toBytes(slot) ?? new Uint8Array(0));
}

function illegal(message: string): Error {
  return typedError('IllegalParams', message);
}

/** The parts as `totable` and serializers show them. */
function partsTable(keyDef: KeyDef): LuaTable {
  const parts = keyDef.parts.map((part) => {
    // Grown field by field, which decides the order of its listing.
    const described = createTable();
    setField(described, 'type', string(part.type));
    setField(described, 'fieldno', number((part.fieldNo + 1) >>> 0));
    if (part.pathText !== undefined) setField(described, 'path', string(part.pathText));
    setField(described, 'is_nullable', boolean(part.isNullable));
    if (part.collation !== undefined) {
      setField(described, 'collation', string(part.collation.name));
    }
    return table(described);
  });
  return list(parts);
}
