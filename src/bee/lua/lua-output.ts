/** Values as `\set output lua` prints them. */
import { byteText, textBytes } from './front/chunk-id.ts';
import type { FieldReader } from './serializer/field.ts';
import { doubleText, integerText } from './serializer/yaml-encode.ts';
import type { LuaTable } from './vm/table.ts';
import type { TValue } from './vm/types.ts';
import { Slot, Tag } from './vm/value.ts';

/** One value; tables on one line, or one item a line when `isBlock`. */
export function formatLua(reader: FieldReader, value: TValue, isBlock: boolean): string {
  return write(reader, value, isBlock, 0, new Map());
}

function write(
  reader: FieldReader,
  value: TValue,
  isBlock: boolean,
  depth: number,
  open: Map<LuaTable, boolean>,
): string {
  const field = reader.read(value);
  switch (field.kind) {
    case 'nil':
      return value.type === Tag.NIL ? 'nil' : 'box.NULL';
    case 'boolean':
      return String(field.value);
    case 'integer':
      return integerText(field.value);
    case 'double':
    case 'float':
      return doubleText(field.value, 14);
    case 'string':
    case 'binary':
      return quoted(field.bytes);
    case 'extension':
      return field.data.toText();
    default:
      break;
  }
  if (open.has(field.table)) return '"*recursive*"';
  open.set(field.table, true);
  const items: string[] = [];
  if (field.kind === 'array') {
    for (let n = 1; n <= field.size; n++) {
      items.push(write(reader, field.table.getNumber(n), isBlock, depth + 1, open));
    }
  } else {
    const key = new Slot(Tag.NIL, null);
    const item = new Slot(Tag.NIL, null);
    while (field.table.next(key, item)) {
      items.push(`${keyText(key)} = ${write(reader, item, isBlock, depth + 1, open)}`);
    }
  }
  open.delete(field.table);
  if (!isBlock || items.length === 0) return `{${items.join(', ')}}`;
  const inner = '  '.repeat(depth + 1);
  return `{\n${items.map((item) => inner + item).join(',\n')}\n${'  '.repeat(depth)}}`;
}

function keyText(key: TValue): string {
  if (key.type === Tag.STRING) {
    const name = byteText((key.value as { realstring: Uint8Array }).realstring); // tag says so
    return /^[A-Za-z_]\w*$/.test(name) ? name : `[${quoted(textBytes(name))}]`;
  }
  return `[${String(key.value)}]`;
}

function quoted(bytes: Uint8Array): string {
  return `"${new TextDecoder().decode(bytes).replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
