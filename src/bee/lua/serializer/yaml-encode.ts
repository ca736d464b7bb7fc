/** Lua values as nodes of a YAML document, with anchors for tables that are met more than once. */

import { MpType, mpTypeAt } from '../../box/field-type.ts';
import { arrayCount, arrayStart, mapCount, mapStart } from '../../box/tuple.ts';
import { emitDocument } from '../../yaml/emitter.ts';
import { type YamlNode, yamlPlain, yamlText } from '../../yaml/node.ts';
import { decodeTo } from '../conversions.ts';
import { formatG, formatSpecial } from '../vm/number-format.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import { isTable, LuaError, Slot, Tag } from '../vm/value.ts';
import type { Field, FieldReader } from './field.ts';

/** Deeper nesting is refused, as a runaway structure would end on the real server's stack. */
const depthMax = 1000;

/** A complete document, `---` to `...`. */
export function encodeYaml(reader: FieldReader, value: TValue): string {
  return emitDocument(new NodeBuilder(reader).build(value));
}

/** Makes the nodes of one document. */
export class NodeBuilder {
  readonly #reader: FieldReader;
  /** How often tables are met; their anchors once they have been named. */
  readonly #references = new Map<LuaTable, { count: number; anchor: string | undefined }>();
  #anchors = 0;

  constructor(reader: FieldReader) {
    this.#reader = reader;
  }

  build(value: TValue): YamlNode {
    this.#countReferences(value, 0);
    return this.#node(value, 0);
  }

  /** The nodes of the items of one list: a table that is in two of them is named in the first. */
  buildAll(values: readonly TValue[]): YamlNode[] {
    for (const value of values) this.#countReferences(value, 1);
    return values.map((value) => this.#node(value, 1));
  }

  #countReferences(value: TValue, depth: number): void {
    if (!isTable(value)) return;
    if (depth > depthMax) throw new LuaError('stack overflow', 'none');
    const known = this.#references.get(value.value);
    if (known !== undefined) {
      known.count++;
      return;
    }
    this.#references.set(value.value, { count: 1, anchor: undefined });
    const key = new Slot(Tag.NIL, null);
    const item = new Slot(Tag.NIL, null);
    while (value.value.next(key, item)) {
      this.#countReferences(item, depth + 1);
      this.#countReferences(key, depth + 1);
    }
  }

  #node(value: TValue, depth: number): YamlNode {
    if (depth > depthMax) throw new LuaError('stack overflow', 'none');
    const field = this.#reader.read(value);
    if (field.kind !== 'array' && field.kind !== 'map') {
      return scalar(field, this.#reader.options.encode_number_precision);
    }
    const reference = this.#references.get(field.table);
    if (reference?.anchor !== undefined) return { kind: 'alias', anchor: reference.anchor };
    if (reference !== undefined && reference.count > 1) reference.anchor = String(this.#anchors++);
    const anchor = reference?.anchor === undefined ? {} : { anchor: reference.anchor };
    const flow = field.isCompact;
    if (field.kind === 'array') {
      const items: YamlNode[] = [];
      for (let n = 1; n <= field.size; n++) {
        items.push(this.#node(field.table.getNumber(n), depth + 1));
      }
      return { kind: 'sequence', items, flow, ...anchor };
    }
    const entries: [YamlNode, YamlNode][] = [];
    const key = new Slot(Tag.NIL, null);
    const item = new Slot(Tag.NIL, null);
    while (field.table.next(key, item)) {
      entries.push([this.#node(key, depth + 1), this.#node(item, depth + 1)]);
    }
    return { kind: 'mapping', entries, flow, ...anchor };
  }
}

/** The node of a MessagePack value as a tuple shows it: pairs in the order in which they are stored, all on one line. */
export function msgpackNode(reader: FieldReader, bytes: Uint8Array, pos: number): YamlNode {
  return nodeAt(reader, bytes, pos).node;
}

function nodeAt(
  reader: FieldReader,
  bytes: Uint8Array,
  pos: number,
): { node: YamlNode; end: number } {
  const type = mpTypeAt(bytes, pos);
  if (type === MpType.ARRAY) {
    const items: YamlNode[] = [];
    let at = arrayStart(bytes, pos);
    for (let left = arrayCount(bytes, pos); left > 0; left--) {
      const { node, end } = nodeAt(reader, bytes, at);
      items.push(node);
      at = end;
    }
    return { node: { kind: 'sequence', items, flow: true }, end: at };
  }
  if (type === MpType.MAP) {
    const entries: [YamlNode, YamlNode][] = [];
    let at = mapStart(bytes, pos);
    for (let left = mapCount(bytes, pos); left > 0; left--) {
      const key = nodeAt(reader, bytes, at);
      const value = nodeAt(reader, bytes, key.end);
      entries.push([key.node, value.node]);
      at = value.end;
    }
    return { node: { kind: 'mapping', entries, flow: true }, end: at };
  }
  const slot = new Slot(Tag.NIL, null);
  const end = decodeTo(bytes, pos, slot);
  return { node: scalar(reader.read(slot), reader.options.encode_number_precision), end };
}

function scalar(field: Field, precision: number): YamlNode {
  switch (field.kind) {
    case 'boolean':
      return yamlPlain(field.value ? 'true' : 'false');
    case 'integer':
      return yamlPlain(integerText(field.value));
    case 'double':
    case 'float':
      return yamlPlain(doubleText(field.value, precision));
    case 'string':
      return yamlText(field.bytes);
    case 'binary':
      return { kind: 'binary', value: field.bytes };
    case 'extension':
      return yamlPlain(field.data.toText());
    default:
      return yamlPlain('null');
  }
}

/** All digits of an integer, also beyond 2^53. */
export function integerText(value: number | bigint): string {
  const isLarge = typeof value === 'number' && !Number.isSafeInteger(value);
  return isLarge ? BigInt(value).toString() : String(value);
}

/** `%.{precision}g`. */
export function doubleText(value: number, precision: number): string {
  // What an x86 processor makes of 0/0 has its sign set, which C shows. JavaScript cannot tell one NaN from another, so all of
  // them show as the one that learners meet.
  if (Number.isNaN(value)) return '-nan';
  return formatSpecial(value) ?? formatG(value, precision, false);
}
