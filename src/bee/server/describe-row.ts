import { IprotoType } from '../wire/iproto-constants.ts';
import { decode, MsgpackExt, type MsgpackValue } from '../wire/msgpack.ts';
import { decodeDml } from '../wire/requests.ts';
import type { XRow } from '../wire/xrow.ts';

const typeNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(IprotoType).map(([name, type]) => [type, name]),
);

/**
 * A row as the real server's log shows it when it cannot be applied:
 * `{type: 'INSERT', replica_id: 2, lsn: 1, space_id: 512, index_id: 0, tuple: [1, "from B"]}`.
 */
export function describeRow(row: XRow): string {
  const parts = [
    `type: '${typeNames[row.type] ?? 'UNKNOWN'}'`,
    `replica_id: ${row.replicaId}`,
    `lsn: ${row.lsn}`,
  ];
  if (row.body.length > 0) {
    const { spaceId, indexId, key, tuple, ops } = decodeDml(row.type, row.body);
    parts.push(`space_id: ${spaceId}`, `index_id: ${indexId}`);
    if (key !== undefined) parts.push(`key: ${describeValue(decode(key))}`);
    if (tuple !== undefined) parts.push(`tuple: ${describeValue(decode(tuple))}`);
    if (ops !== undefined) parts.push(`ops: ${describeValue(decode(ops))}`);
  }
  return `{${parts.join(', ')}}`;
}

/** A value in the form of the real server's `mp_snprint`: near JSON, `nil` as null, keys as they are. */
export function describeValue(value: MsgpackValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) {
    // Bytes are shown like text there; what is not printable is escaped.
    return JSON.stringify(String.fromCharCode(...value));
  }
  if (value instanceof MsgpackExt) return '(extension)';
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, item]) => `${describeValue(key)}: ${describeValue(item)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}
