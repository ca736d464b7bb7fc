import { IprotoType, iprotoTypeName, rowFieldNames } from '../bee/wire/iproto-constants.ts';
import { decode } from '../bee/wire/msgpack.ts';
import type { XRow } from '../bee/wire/xrow.ts';
import { XlogParts } from './xlog-parts.ts';
import { valueText } from './xlog-value.ts';

/** Rows printed at most: a terminal keeps 3,000 lines, and a row takes about ten. */
const rowsMax = 2000;

/**
 * The rows of a .snap or .xlog as `tarantoolctl cat --show-system` prints them, up to the first damage.
 * @param bytes the whole file
 * @param name as the first line names it
 * @throws XlogTextError where the file is damaged; what stood before it is in the error's `text`
 * @throws WalError when it has no header: it is no such file
 */
export function xlogText(bytes: Uint8Array, name: string): string {
  const file = new XlogParts(bytes, name);
  const { damages, isClosed } = file.summary;
  const [damage] = damages;
  const end = damage?.offset ?? bytes.length;
  let text = `Processing file '${name}'\n`;
  let rows = 0;
  for (const { block, row } of file.rows()) {
    // Rows that stand in the damaged block itself could be read.
    if (block.offset > end) break;
    if (++rows <= rowsMax) text += rowText(row);
  }
  const more = rows > rowsMax ? `# ${rows - rowsMax} more rows\n` : '';
  if (damage !== undefined) {
    throw new XlogTextError(`damaged at offset ${damage.offset}: ${damage.words}`, text + more);
  }
  if (isClosed) return `${text}...\n${more}`;
  const cut = file.tornBytes > 0 ? `, ${file.tornBytes} bytes of a torn block` : '';
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
