import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { MsgpackError, MsgpackReader, MsgpackWriter } from '../../src/bee/wire/msgpack.ts';
import {
  decodeXRow,
  decodeXRowPacket,
  emptyBody,
  encodeXRow,
  makeXRow,
  type XRow,
} from '../../src/bee/wire/xrow.ts';
import { fromHex, toHex } from '../support/hex.ts';

function encoded(row: XRow): string {
  const writer = new MsgpackWriter();
  encodeXRow(writer, row);
  return toHex(writer.finish());
}

const insert: XRow = {
  ...makeXRow(IprotoType.INSERT, fromHex('8210cd0200219201a161')),
  replicaId: 1,
  lsn: 4,
  tsn: 4,
  timestamp: 1795376456.5803092,
};

test('a row has the bytes that the real server writes', () => {
  // From a real .xlog: s:insert{1,'a'} (protocol facts, 1.4).
  const real = fromHex('8400020201030404cb41dac0d20a2553c68210cd0200219201a161');
  const row = decodeXRowPacket(real);
  expect(row).toMatchObject({ type: 2, replicaId: 1, lsn: 4, tsn: 4, isCommit: true, groupId: 0 });
  expect(toHex(row.body)).toBe('8210cd0200219201a161');
  expect(encoded(row)).toBe(toHex(real));
});

describe('transactions', () => {
  test('a row alone has neither tsn nor flags', () => {
    expect(encoded({ ...insert, timestamp: 0, body: emptyBody })).toBe('83000202010304');
  });

  test('the first, middle and last of several rows', () => {
    const bare = { ...insert, timestamp: 0, body: emptyBody, tsn: 4 };
    expect(encoded({ ...bare, isCommit: false })).toBe('840002020103040800');
    expect(encoded({ ...bare, lsn: 5, isCommit: false })).toBe('840002020103050801');
    expect(encoded({ ...bare, lsn: 6 })).toBe('8500020201030608020901');
  });

  test('a local row whose number is below the transaction wraps', () => {
    const local = makeXRow(IprotoType.INSERT, emptyBody, 1);
    const row = { ...local, lsn: 3, tsn: 33, isCommit: false };
    expect(encoded(row)).toBe('84000207010303' + '08cfffffffffffffffe2');
    expect(decodeXRowPacket(fromHex(encoded(row)))).toEqual(row);
  });
});

test('a heartbeat has a header only', () => {
  const row = decodeXRowPacket(fromHex('8300000201 04cb41dac0d20a2553c6'));
  expect(row).toMatchObject({ type: IprotoType.OK, replicaId: 1, lsn: 0, body: emptyBody });
});

test('a NOP among other rows has no body', () => {
  const reader = new MsgpackReader(fromHex('83000c0201030a 83000202010 30b 8110cd0200'));
  expect(decodeXRow(reader).body.length).toBe(0);
  expect(toHex(decodeXRow(reader).body)).toBe('8110cd0200');
  expect(reader.atEnd).toBe(true);
});

test('a request id of any 64 bits comes back as it was', () => {
  for (const sync of [1, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n]) {
    const row = { ...makeXRow(IprotoType.PING), sync };
    expect(decodeXRowPacket(fromHex(encoded(row))).sync).toBe(sync);
  }
});

test.each([
  ['no map', '9100'],
  ['cut', '8200020201'.slice(0, 8)],
  ['a key that is no number', '81a16102'],
  ['a type that is text', '8100a161'],
  ['a negative type', '8100ff'],
  ['a timestamp that is a whole number', '82000204 05'],
  ['an LSN beyond 2^53', '8200020 3cf0020000000000001'],
  ['a server id that no vclock has', '8200020220'],
  ['text under a key of a later version', '8200020aa161'],
])('a header with %s is refused', (_name, hex) => {
  expect(() => decodeXRowPacket(fromHex(hex))).toThrow(new MsgpackError('packet header'));
});

test.each([
  ['cut', '81000281 10'],
  ['followed by more', '8100028110cd020000'],
])('a body that is %s is refused', (_name, hex) => {
  expect(() => decodeXRowPacket(fromHex(hex))).toThrow(new MsgpackError('packet body'));
});

const anyRow: fc.Arbitrary<XRow> = fc
  .record({
    type: fc.integer({ min: 0, max: 70 }).filter((type) => type !== IprotoType.NOP),
    replicaId: fc.integer({ min: 0, max: 31 }),
    lsn: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    timestamp: fc.double({ min: 0, max: 1e10, noNaN: true }),
    groupId: fc.constantFrom(0, 1),
    back: fc.integer({ min: -5, max: 5 }),
    isCommit: fc.boolean(),
    sync: fc.constantFrom(0, 7, 2n ** 60n),
  })
  .map(({ back, ...rest }) => {
    const tsn = Math.max(1, rest.lsn - back);
    return { ...rest, tsn, body: fromHex('8110cd0200') };
  })
  .filter((row) => Number.isSafeInteger(row.tsn));

test('every row is decoded as it was encoded', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      expect(decodeXRowPacket(fromHex(encoded(row)))).toEqual(row);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('random bytes are a row or a MsgpackError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeXRowPacket(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MsgpackError);
      }
    }),
    { seed: 2, numRuns: 3000 },
  );
});
