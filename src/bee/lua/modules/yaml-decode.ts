/** What a YAML text means, as Lua values. */
import { parseDocuments } from '../../yaml/parser.ts';
import { YamlError, type YamlList, type YamlMap, type YamlValue } from '../../yaml/value.ts';
import { metatables, nullPointer } from '../conversions.ts';
import { Int64 } from '../vm/cdata.ts';
import { boolean, bytesValue, createTable, data, number, string, table } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { LuaError, type Slot, text } from '../vm/value.ts';

/** Pairs that a table has room for from the start. */
const mapRoom = 8;

/** Whole numbers beyond this are 64-bit integers, as everywhere in the real server. */
const exactMax = 100_000_000_000_000n;

/** All documents of a text. @throws LuaError when it is no YAML */
export function decodeYaml(source: Uint8Array): Slot[] {
  try {
    return parseDocuments(text(source)).map((document) => new Builder().slot(document));
  } catch (error) {
    if (error instanceof YamlError) throw new LuaError(error.message, 'none');
    throw error;
  }
}

class Builder {
  /** What an alias repeats is one table. */
  readonly #tables = new Map<YamlList | YamlMap, LuaTable>();

  slot(value: YamlValue): Slot {
    if (value === null) return data(nullPointer);
    if (typeof value === 'boolean') return boolean(value);
    if (typeof value === 'number') return number(value);
    if (typeof value === 'string') return string(value);
    if (value instanceof Uint8Array) return bytesValue(value.slice());
    if (typeof value === 'bigint') {
      const isExact = value > -exactMax && value < exactMax;
      return isExact ? number(Number(value)) : data(new Int64(value, value > 0n));
    }
    return table(this.#tables.get(value) ?? this.#table(value));
  }

  #table(value: YamlList | YamlMap): LuaTable {
    // The room that the real server gives it, which decides the order of the pairs.
    const made = value.kind === 'list' ? createTable() : createTable(0, mapRoom);
    this.#tables.set(value, made);
    if (value.kind === 'list') {
      value.items.forEach((item, at) => made.setNumber(at + 1, this.slot(item)));
      made.metatable = metatables.seq;
    } else {
      for (const [key, item] of value.entries) made.set(this.slot(key), this.slot(item));
      made.metatable = metatables.map;
    }
    return made;
  }
}
