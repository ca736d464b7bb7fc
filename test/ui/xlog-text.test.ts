import { expect, test } from 'vitest';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { beginBlock, eofMarker, formatHeader, sealBlock } from '../../src/bee/wal/xlog-format.ts';
import { IprotoKey } from '../../src/bee/wire/iproto-constants.ts';
import { type MsgpackValue, MsgpackWriter, writeValue } from '../../src/bee/wire/msgpack.ts';
import { encodeXRow, makeXRow } from '../../src/bee/wire/xrow.ts';
import { XlogTextError, xlogText } from '../../src/worker/xlog-text.ts';

/** A log with one INSERT, as the log writer makes it. */
function file(isClosed: boolean): Uint8Array {
  const body = new MsgpackWriter();
  const content: [MsgpackValue, MsgpackValue][] = [
    [IprotoKey.SPACE_ID, 512],
    [IprotoKey.TUPLE, [1, "it's", new Map([['a', -1.5]])]],
  ];
  writeValue(body, new Map(content));
  const row = makeXRow(2, body.finish());
  Object.assign(row, { lsn: 4, replicaId: 1, timestamp: 1795385544.36284, tsn: 4 });
  const writer = new MsgpackWriter();
  const start = beginBlock(writer);
  encodeXRow(writer, row);
  sealBlock(writer, start);
  const header = new TextEncoder().encode(
    formatHeader('XLOG', '90c911be-7061-40c6-b480-5a3c66590e98', new Vclock(), undefined),
  );
  return new Uint8Array([...header, ...writer.finish(), ...(isClosed ? eofMarker : [])]);
}

const row = `Processing file 'x.xlog'
---
HEADER:
  lsn: 4
  replica_id: 1
  type: INSERT
  timestamp: 1795385544.3628
BODY:
  space_id: 512
  tuple: [1, 'it''s', {'a': -1.5}]
`;

test('rows stand as tarantoolctl cat prints them', () => {
  expect(xlogText(file(true), 'x.xlog')).toBe(`${row}...\n`);
});

test('a log that is still written, or was cut, says so', () => {
  expect(xlogText(file(false), 'x.xlog')).toBe(`${row}...\n# no end marker: not closed in order\n`);
  expect(xlogText(file(false).slice(0, -3), 'x.xlog')).toMatch(/bytes of a torn block\n$/);
});

test('a damaged byte is named with its block', () => {
  const bytes = file(true);
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  expect(() => xlogText(bytes, 'x.xlog')).toThrow(XlogTextError);
  expect(() => xlogText(bytes, 'x.xlog')).toThrow(/^tx checksum mismatch at offset \d+$/);
});
