import { decompress } from 'fzstd';
import { crc32c } from '../bee/base/crc32c.ts';
import { WalError } from '../bee/wal/wal-error.ts';
import {
  blockHeaderSize,
  eofMagic,
  parseBlockHeader,
  parseHeader,
  zstdMagic,
} from '../bee/wal/xlog-format.ts';
import { IprotoType, iprotoTypeName, rowFieldNames } from '../bee/wire/iproto-constants.ts';
import { decode, MsgpackExt, MsgpackReader, type MsgpackValue } from '../bee/wire/msgpack.ts';
import { bigEndian } from '../bee/wire/msgpack-scan.ts';
import { decodeXRow, type XRow } from '../bee/wire/xrow.ts';

/** Rows printed at most: a terminal keeps 3,000 lines, and a row takes about ten. */
const rowsMax = 2000;

/**
 * The rows of a .snap or .xlog as `tarantoolctl cat --show-system` prints them.
 * @param bytes the whole file
 * @param name as the first line and errors name it
 * @throws Error where the file is damaged; what stood before it is in the error's `text`
 */
export function xlogText(bytes: Uint8Array, name: string): string {
  const meta = parseHeader(bytes, name);
  let text = `Processing file '${name}'\n`;
  let rows = 0;
  let pos = meta.size;
  while (pos < bytes.length) {
    if (bytes.length - pos >= 4 && bigEndian(bytes, pos, 4) === eofMagic) return `${text}...\n`;
    if (bytes.length - pos < blockHeaderSize) break;
    const header = parseBlockHeader(bytes, pos);
    if (header instanceof WalError) throw damaged(header.words, pos, text);
    const start = pos + blockHeaderSize;
    const end = start + header.length;
    if (end > bytes.length) break;
    const stored = bytes.subarray(start, end);
    if (crc32c(stored) !== header.crc) throw damaged('tx checksum mismatch', pos, text);
    const payload = header.magic === zstdMagic ? decompress(stored) : stored;
    const reader = new MsgpackReader(payload);
    while (!reader.atEnd) {
      const row = decodeXRow(reader);
      if (++rows <= rowsMax) text += rowText(row);
    }
    pos = end;
  }
  const more = rows > rowsMax ? `# ${rows - rowsMax} more rows\n` : '';
  const cut = pos < bytes.length ? `, ${bytes.length - pos} bytes of a torn block` : '';
  return `${text}...\n${more}# no end marker: not closed in order${cut}\n`;
}

/** What is wrong with a file, with the rows that could be read before. */
export class XlogTextError extends Error {
  readonly text: string;
  constructor(message: string, text: string) {
    super(message);
    this.text = text;
  }
}

function damaged(words: string, offset: number, text: string): XlogTextError {
  return new XlogTextError(`${words} at offset ${offset}`, text);
}

function rowText(row: XRow): string {
  const lines = ['---', 'HEADER:'];
  if (row.lsn !== 0) lines.push(`  lsn: ${row.lsn}`);
  if (row.replicaId !== 0) lines.push(`  replica_id: ${row.replicaId}`);
  lines.push(`  type: ${iprotoTypeName(row.type) ?? row.type}`);
  const isPartOfMany = row.tsn !== 0 && (row.tsn !== row.lsn || !row.isCommit);
  if (isPartOfMany) lines.push(`  tsn: ${row.tsn}`);
  if (isPartOfMany && row.isCommit) lines.push('  commit: true');
  if (row.timestamp !== 0) lines.push(`  timestamp: ${Number(row.timestamp.toPrecision(14))}`);
  if (row.type !== IprotoType.NOP && row.body.length > 0) {
    lines.push('BODY:');
    const body = decode(row.body);
    for (const [key, value] of body instanceof Map ? body : []) {
      lines.push(`  ${rowFieldNames.get(Number(key)) ?? String(key)}: ${valueText(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

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
