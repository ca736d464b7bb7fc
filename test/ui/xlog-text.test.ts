import { expect, test } from 'vitest';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { beginBlock, eofMarker, formatHeader, sealBlock } from '../../src/bee/wal/xlog-format.ts';
import { IprotoKey } from '../../src/bee/wire/iproto-constants.ts';
import { type MsgpackValue, MsgpackWriter, writeValue } from '../../src/bee/wire/msgpack.ts';
import { encodeXRow, makeXRow } from '../../src/bee/wire/xrow.ts';
import { XlogTextError, xlogText } from '../../src/worker/xlog-text.ts';

/** A log with one INSERT, as the log writer makes it. */
function file(isClosed: boolean, rows = 1): Uint8Array {
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
  for (let at = 0; at < rows; at++) encodeXRow(writer, row);
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

test.each([
  [true, ''],
  [false, '# no end marker: not closed in order\n'],
])('what is too much for a terminal is counted, closed in order: %s', (isClosed, end) => {
  const text = xlogText(file(isClosed, 2003), 'x.xlog');
  expect(text.match(/lsn: 4$/gm)).toHaveLength(2000);
  expect(text.endsWith(`\n...\n# 3 more rows\n${end}`)).toBe(true);
});

test('a damaged byte is named with its block', () => {
  const bytes = file(true);
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  expect(() => xlogText(bytes, 'x.xlog')).toThrow(XlogTextError);
  expect(() => xlogText(bytes, 'x.xlog')).toThrow(
    /^damaged at offset \d+: tx checksum mismatch: [0-9a-f]{8} is written, the bytes give [0-9a-f]{8}$/,
  );
});

test('what stood before the damage is told, what follows it is not', () => {
  const whole = file(true);
  const block = whole.subarray(whole.indexOf(0xd5), whole.length - 4);
  const bytes = new Uint8Array([...whole.subarray(0, -4), ...block, ...block]);
  const at = whole.length + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  let told = '';
  try {
    xlogText(bytes, 'x.xlog');
  } catch (error) {
    if (error instanceof XlogTextError) told = error.text;
  }
  expect(told).toBe(row);
});
