/** The `json` and `yaml` modules, and what they have in common with `msgpack`, each of which can be copied with options of its own (`new`). */

import { metatables, nullPointer } from '../conversions.ts';
import { decodeJson, type JsonBuilder } from '../lib/json-decode.ts';
import { JsonWriter } from '../lib/json-encode.ts';
import type { LuaRuntime } from '../runtime.ts';
import { FieldReader } from '../serializer/field.ts';
import { defaultOptions, type SerializerOptions } from '../serializer/options.ts';
import { encodeYaml } from '../serializer/yaml-encode.ts';
import { Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argTypeError,
  boolean,
  bytesValue,
  callerError,
  checkString,
  createTable,
  data,
  getField,
  hasArg,
  hostFunction,
  library,
  number,
  pushBytes,
  pushTable,
  pushText,
  pushValue,
  setField,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isTable, LuaError, Slot, Tag, utf8 } from '../vm/value.ts';
import { decodeYaml } from './yaml-decode.ts';

/** A module with `cfg` over options, `new`, `NULL`, and the functions that use them. */
export function serializer(
  options: SerializerOptions,
  functions: (options: SerializerOptions) => Record<string, HostFunction>,
): LuaTable {
  const module = library({
    ...functions(options),
    new: (L) => pushTable(L, serializer(defaultOptions(), functions)),
  });
  const cfg = new LuaTable(0, 0);
  const fields = options as unknown as Record<string, boolean | number>; // each option is one of these
  for (const [name, value] of Object.entries(fields)) setField(cfg, name, optionSlot(value));
  cfg.metatable = new LuaTable(0, 0);
  const configure: HostFunction = (L) => {
    const given = arg(L, 2);
    if (!isTable(given)) throw argTypeError(L, 2, 'table');
    for (const name of Object.keys(fields)) {
      const value = getField(given.value, name);
      if (value.type === Tag.NIL) continue;
      fields[name] = typeof fields[name] === 'boolean' ? toBoolean(value) : Number(value.value);
      setField(cfg, name, copy(value));
    }
    return 0;
  };
  setField(cfg.metatable, '__call', hostFunction(configure));
  setField(module, 'cfg', table(cfg));
  setField(module, 'NULL', data(nullPointer));
  setField(module, 'array_mt', table(metatables.seq));
  setField(module, 'map_mt', table(metatables.map));
  return module;
}

function optionSlot(value: boolean | number): Slot {
  return typeof value === 'boolean' ? boolean(value) : number(value);
}

// JSON.

/** The `json` module. */
export function makeJsonModule(runtime: LuaRuntime): LuaTable {
  return serializer(defaultOptions(), (options) => ({
    encode: (L) => {
      checkJsonArguments(L);
      const own = withOptions(options, arg(L, 2));
      return pushBytes(L, writeJson(new FieldReader(runtime.vm, own, false), arg(L, 1)));
    },
    decode: (L) => {
      checkJsonArguments(L);
      const own = withOptions(options, arg(L, 2));
      const text = checkString(L, 1);
      const value = decodeJson(text, jsonBuilder, {
        invalidNumbers: own.decode_invalid_numbers,
        maxDepth: own.decode_max_depth,
      });
      return pushValue(L, value);
    },
  }));
}

function checkJsonArguments(L: LuaState): void {
  const count = argCount(L);
  if (count < 1 || count > 2) {
    throw callerError("bad argument #1 to '?' (expected 1 or 2 arguments)");
  }
}

function withOptions(options: SerializerOptions, given: TValue): SerializerOptions {
  if (given.type === Tag.NUMBER || given.type === Tag.BOOLEAN) {
    throw new LuaError(`attempt to index a ${typeName(given)} value`, 'none');
  }
  if (!isTable(given)) return options;
  const own = { ...options };
  const fields = own as unknown as Record<string, boolean | number>; // as above
  for (const name of Object.keys(fields)) {
    const value = getField(given.value, name);
    if (value.type === Tag.NIL) continue;
    fields[name] = typeof fields[name] === 'boolean' ? toBoolean(value) : Number(value.value);
  }
  return own;
}

/** A value as JSON with the default options. */
export function encodeJson(runtime: LuaRuntime, value: TValue): Uint8Array {
  return writeJson(new FieldReader(runtime.vm, defaultOptions(), false), value);
}

function writeJson(reader: FieldReader, value: TValue): Uint8Array {
  const writer = new JsonWriter();
  writeJsonValue(reader, writer, value, 0);
  return writer.finish();
}

function writeJsonValue(
  reader: FieldReader,
  writer: JsonWriter,
  value: TValue,
  depth: number,
): void {
  const field = reader.read(value);
  switch (field.kind) {
    case 'nil':
      writer.raw('null');
      return;
    case 'boolean':
      writer.raw(field.value ? 'true' : 'false');
      return;
    case 'integer':
      writer.number(typeof field.value === 'number' ? BigInt(field.value) : field.value);
      return;
    case 'double':
    case 'float':
      writer.number(field.value, reader.options.encode_number_precision);
      return;
    case 'string':
    case 'binary':
      writer.string(field.bytes);
      return;
    case 'extension':
      if (field.data.extensionType === 2) writer.string(utf8(field.data.toText()));
      else writer.string(utf8(field.data.toText()));
      return;
    case 'array':
    case 'map':
      writeJsonTable(reader, writer, field, depth);
  }
}

function writeJsonTable(
  reader: FieldReader,
  writer: JsonWriter,
  field: { readonly kind: 'array' | 'map'; readonly table: LuaTable; readonly size: number },
  depth: number,
): void {
  if (depth >= reader.options.encode_max_depth) {
    if (!reader.options.encode_deep_as_nil) {
      throw new LuaError('Too high nest level', 'none');
    }
    writer.raw('null');
    return;
  }
  if (field.kind === 'array') {
    writer.raw('[');
    for (let n = 1; n <= field.size; n++) {
      if (n > 1) writer.raw(',');
      writeJsonValue(reader, writer, field.table.getNumber(n), depth + 1);
    }
    writer.raw(']');
    return;
  }
  writer.raw('{');
  const key = new Slot(Tag.NIL, null);
  const item = new Slot(Tag.NIL, null);
  for (let isFirst = true; field.table.next(key, item); isFirst = false) {
    if (!isFirst) writer.raw(',');
    const name = reader.read(key);
    if (name.kind === 'string') writer.string(name.bytes);
    else if (name.kind === 'integer') writer.raw(`"${name.value}"`);
    else if (name.kind === 'double') {
      writer.raw('"');
      writer.number(name.value);
      writer.raw('"');
    } else throw new LuaError('Cannot serialise, table key must be a number or string', 'none');
    writer.raw(':');
    writeJsonValue(reader, writer, item, depth + 1);
  }
  writer.raw('}');
}

const jsonBuilder: JsonBuilder<Slot> = {
  null: () => data(nullPointer),
  boolean,
  integer: (value) => {
    const isExact = value > -100_000_000_000_000n && value < 100_000_000_000_000n;
    return isExact ? number(Number(value)) : data(new Int64(value, value > 0n));
  },
  number,
  string: (bytes) => bytesValue(bytes.slice()),
  array: (items) => {
    const result = createTable(items.length);
    result.metatable = metatables.seq;
    items.forEach((item, at) => result.setNumber(at + 1, item));
    return table(result);
  },
  object: (entries) => {
    const result = new LuaTable(0, 0);
    result.metatable = metatables.map;
    for (const [key, value] of entries) {
      result.set(bytesValue(key.slice()), value);
    }
    return table(result);
  },
};

// YAML.

/** The `yaml` module. */
export function makeYamlModule(runtime: LuaRuntime): LuaTable {
  return serializer(defaultOptions(), (options) => ({
    encode: (L) => {
      const wanted = arg(L, 2);
      if (!hasArg(L, 1) || (wanted.type !== Tag.NIL && !isTable(wanted))) {
        throw callerError('Usage: encode(object, {tag_prefix = <string>, tag_handle = <string>})');
      }
      return pushText(L, encodeYaml(new FieldReader(runtime.vm, options, true), arg(L, 1)));
    },
    decode: (L) => {
      const text = toBytes(arg(L, 1));
      const wanted = arg(L, 2);
      if (text === undefined || (wanted.type !== Tag.NIL && !isTable(wanted))) {
        throw callerError('Usage: yaml.decode(document, [{tag_only = boolean}])');
      }
      const values = decodeYaml(text);
      for (const value of values) pushValue(L, value);
      return values.length;
    },
  }));
}
