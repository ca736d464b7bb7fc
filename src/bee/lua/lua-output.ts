/** Values as `\set output lua` prints them. */
import { encodeBase64 } from '../wire/base64.ts';
import { plainText } from './lib/tostring.ts';
import type { FieldReader } from './serializer/field.ts';
import { doubleText, integerText } from './serializer/yaml-encode.ts';
import type { LuaTable } from './vm/table.ts';
import type { TValue } from './vm/types.ts';
import { Slot, Tag, text } from './vm/value.ts';

/** One value; tables on one line, or one item a line when `isBlock`. */
export function formatLua(reader: FieldReader, value: TValue, isBlock: boolean): string {
  return write(reader, value, isBlock, 0, new Set());
}

function write(
  reader: FieldReader,
  value: TValue,
  isBlock: boolean,
  depth: number,
  open: Set<LuaTable>,
): string {
  const field = reader.read(value);
  switch (field.kind) {
    case 'nil':
      return value.type === Tag.NIL ? 'nil' : 'db.NULL';
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
      return `"${field.data.toText()}"`;
    default:
      break;
  }
  // The real server loses what leads back to itself, and so does this.
  if (open.has(field.table)) return 'nil';
  open.add(field.table);
  const items: string[] = [];
  if (field.kind === 'array') {
    for (let n = 1; n <= field.size; n++) {
      items.push(write(reader, field.table.getNumber(n), isBlock, depth + 1, open));
    }
  } else {
    const key = new Slot(Tag.NIL, null);
    const item = new Slot(Tag.NIL, null);
    while (field.table.next(key, item)) {
      items.push(`${keyText(reader, key)} = ${write(reader, item, isBlock, depth + 1, open)}`);
    }
  }
  open.delete(field.table);
  if (!isBlock) return `{${items.join(', ')}}`;
  const inner = '  '.repeat(depth + 1);
  return `{\n${items.map((item) => inner + item).join(',\n')}\n${'  '.repeat(depth)}}`;
}

function keyText(reader: FieldReader, key: TValue): string {
  const field = reader.read(key);
  switch (field.kind) {
    case 'string': {
      const name = quoted(field.bytes);
      const plain = name.slice(1, -1);
      return /^[A-Za-z_]\w*$/.test(plain) ? plain : `[${name}]`;
    }
    case 'integer':
      return `[${integerText(field.value)}]`;
    case 'double':
    case 'float':
      return doubleText(field.value, 14);
    default:
      return text(plainText(key));
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  "'": "\\'",
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A string in quotes; as base64 when it is not UTF-8. */
function quoted(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) return `"${encodeBase64(bytes)}"`;
  return `"${text(bytes).replace(/[\0\x07\b\f\n\r\t\v"']/g, (letter) => escapes[letter] ?? letter)}"`;
}
