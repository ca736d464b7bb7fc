import { MsgpackExt, type MsgpackValue } from '../bee/wire/msgpack.ts';

/** A value in YAML's flow style, on one line. */
export function valueText(value: MsgpackValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (value instanceof Map) {
    if (value.size === 0) return '{}';
    const pairs = [...value].map(([key, inner]) => `${valueText(key)}: ${valueText(inner)}`);
    return `{${pairs.join(', ')}}`;
  }
  const bytes = value instanceof MsgpackExt ? value.data : value;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return value instanceof MsgpackExt ? `!ext${value.type} ${hex}` : `!!binary ${hex}`;
}
