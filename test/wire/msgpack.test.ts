import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { Unpackr } from 'msgpackr/unpack-no-eval';
import { describe, expect, test } from 'vitest';
import {
  checkMsgpack,
  decode,
  encode,
  MsgpackError,
  MsgpackExt,
  MsgpackReader,
  type MsgpackValue,
  MsgpackWriter,
  skip,
  typeAt,
} from '../../src/bee/wire/msgpack.ts';
import { fromHex, toHex } from '../support/hex.ts';

function written(write: (writer: MsgpackWriter) => void): string {
  const writer = new MsgpackWriter(1);
  write(writer);
  return toHex(writer.finish());
}

describe('integers take the smallest form', () => {
  const cases: readonly (readonly [number | bigint, string])[] = [
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65535, 'cdffff'],
    [65536, 'ce00010000'],
    [4294967295, 'ceffffffff'],
    [4294967296, 'cf0000000100000000'],
    [Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
    [9007199254740993n, 'cf0020000000000001'],
    [9223372036854775807n, 'cf7fffffffffffffff'],
    [9223372036854775808n, 'cf8000000000000000'],
    [18446744073709551615n, 'cfffffffffffffffff'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32768, 'd18000'],
    [-32769, 'd2ffff7fff'],
    [-2147483648, 'd280000000'],
    [-2147483649, 'd3ffffffff7fffffff'],
    [Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
    [-9223372036854775808n, 'd38000000000000000'],
  ];
  test.each(cases)('%s is %s', (value, hex) => {
    expect(written((writer) => writer.int(value))).toBe(hex);
    expect(written((writer) => writer.int(BigInt(value)))).toBe(hex);
    expect(decode(fromHex(hex))).toBe(value);
    expect(new MsgpackReader(fromHex(hex)).readInteger()).toBe(value);
  });
});

test('other scalars have these bytes', () => {
  expect(written((writer) => writer.nil())).toBe('c0');
  expect(written((writer) => writer.bool(false))).toBe('c2');
  expect(written((writer) => writer.bool(true))).toBe('c3');
  expect(written((writer) => writer.double(1.5))).toBe('cb3ff8000000000000');
  expect(written((writer) => writer.float(1.5))).toBe('ca3fc00000');
  expect(written((writer) => writer.fixedUint32(1))).toBe('ce00000001');
  expect(written((writer) => writer.fixedUint64(1))).toBe('cf0000000000000001');
  expect(written((writer) => writer.fixedArray(1))).toBe('dd00000001');
});

test.each([
  [0, 'a0'],
  [31, 'bf'],
  [32, 'd920'],
  [255, 'd9ff'],
  [256, 'da0100'],
  [65535, 'daffff'],
  [65536, 'db00010000'],
])('a string of %i bytes begins with %s', (size, head) => {
  const text = 'x'.repeat(size);
  const bytes = fromHex(head + '78'.repeat(size));
  expect(encode(text)).toEqual(bytes);
  expect(written((writer) => writer.str(new Uint8Array(size).fill(0x78)))).toBe(toHex(bytes));
  expect(decode(bytes)).toBe(text);
});

test('the head of a string that is not ASCII counts bytes, not characters', () => {
  for (const size of [10, 11, 15, 16, 31, 32, 100, 128, 255, 256, 21845, 21846]) {
    for (const letter of ['ä', '€', '😀']) {
      const text = letter.repeat(size);
      expect(encode(text)).toEqual(new Uint8Array(new Packr({ useRecords: false }).pack(text)));
    }
  }
});

test.each([
  [0, 'c400'],
  [255, 'c4ff'],
  [256, 'c50100'],
  [65536, 'c600010000'],
])('binary data of %i bytes begins with %s', (size, head) => {
  const data = new Uint8Array(size).fill(7);
  expect(toHex(encode(data)).slice(0, head.length)).toBe(head);
  expect(decode(encode(data))).toEqual(data);
});

test.each([
  [1, 'd401'],
  [2, 'd501'],
  [3, 'c70301'],
  [4, 'd601'],
  [8, 'd701'],
  [16, 'd801'],
  [17, 'c71101'],
  [256, 'c8010001'],
  [65536, 'c90001000001'],
])('an extension of %i bytes begins with %s', (size, head) => {
  const ext = new MsgpackExt(1, new Uint8Array(size).fill(9));
  expect(toHex(encode(ext)).slice(0, head.length)).toBe(head);
  expect(decode(encode(ext))).toEqual(ext);
  expect(typeAt(encode(ext), 0)).toBe('ext');
});

test('extension types that msgpackr gives a meaning of its own stay extensions', () => {
  for (const type of [-128, -1, 0, 0x69, 0x72, 0x74, 127]) {
    const ext = new MsgpackExt(type, new Uint8Array([1]));
    expect(decode(encode([ext]))).toEqual([ext]);
  }
});

test.each([
  [15, '9f', '8f'],
  [16, 'dc0010', 'de0010'],
  [65535, 'dcffff', 'deffff'],
  [65536, 'dd00010000', 'df00010000'],
])('%i values or pairs begin with %s, %s', (count, array, map) => {
  expect(written((writer) => writer.array(count))).toBe(array);
  expect(written((writer) => writer.map(count))).toBe(map);
  expect(new MsgpackReader(fromHex(array)).readArrayHeader()).toBe(count);
  expect(new MsgpackReader(fromHex(map)).readMapHeader()).toBe(count);
});

test('a byte order mark stays in a string, short or long', () => {
  for (const text of ['\uFEFFshort', `\uFEFF${'long'.repeat(50)}`]) {
    expect(decode(encode(text))).toBe(text);
  }
});

const scalar: fc.Arbitrary<MsgpackValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }),
  fc
    .tuple(fc.integer({ min: -128, max: 127 }), fc.uint8Array({ maxLength: 20 }))
    .map(([type, data]) => new MsgpackExt(type, data)),
);
const anyValue: fc.Arbitrary<MsgpackValue> = fc.letrec<{ value: MsgpackValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 20 }),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie('value')), { maxLength: 20 })
      .map((pairs) => new Map<MsgpackValue, MsgpackValue>(pairs)),
  ),
})).value;

test('what is encoded is decoded, walked and found well-formed', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encode(value);
      expect(decode(bytes)).toEqual(value);
      expect(new MsgpackReader(bytes).readValue()).toEqual(value);
      expect(skip(bytes, 0)).toBe(bytes.length);
      expect(checkMsgpack(bytes, 0, bytes.length)).toBe(bytes.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a cut value is not well-formed, wherever it is cut', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encode(value);
      for (let end = 0; end < bytes.length; end++) {
        expect(checkMsgpack(bytes, 0, end)).toBe(-1);
        expect(() => decode(bytes, 0, end)).toThrow(MsgpackError);
        expect(() => new MsgpackReader(bytes, 0, end).readValue()).toThrow(MsgpackError);
      }
    }),
    { seed: 2, numRuns: 30 },
  );
});

test('random bytes are either well-formed for everybody or a MsgpackError for everybody', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const end = checkMsgpack(bytes, 0, bytes.length);
      if (end >= 0) {
        const reader = new MsgpackReader(bytes);
        expect(decode(bytes, 0, end)).toEqual(reader.readValue());
        expect(reader.pos).toBe(end);
      } else {
        expect(() => decode(bytes)).toThrow(MsgpackError);
        expect(() => new MsgpackReader(bytes).readValue()).toThrow(MsgpackError);
      }
    }),
    { seed: 3, numRuns: 3000 },
  );
});

test('another implementation reads what is written', () => {
  const other = new Unpackr({
    useRecords: false,
    mapsAsObjects: false,
    int64AsType: 'auto',
    copyBuffers: true,
  });
  fc.assert(
    fc.property(anyValue, (value) => {
      if (hasNoExt(value)) expect(other.unpack(encode(value))).toEqual(value);
    }),
    { seed: 4, numRuns: 300 },
  );
});

function hasNoExt(value: MsgpackValue): boolean {
  if (value instanceof MsgpackExt) return false;
  if (Array.isArray(value)) return value.every(hasNoExt);
  if (value instanceof Map) return [...value.values()].every(hasNoExt);
  return true;
}

test('typed readers refuse another type and stay where they were', () => {
  const reader = new MsgpackReader(encode(['text', -5, 2 ** 53, new Map([[1, 2]])]));
  expect(() => reader.readMapHeader()).toThrow('expected map, found array');
  expect(reader.readArrayHeader()).toBe(4);
  expect(() => reader.readUint()).toThrow('expected integer, found str');
  expect(reader.readStr()).toBe('text');
  expect(() => reader.readUint()).toThrow(MsgpackError);
  expect(reader.readInteger()).toBe(-5);
  expect(() => reader.readUint()).toThrow(MsgpackError);
  expect(reader.readNumber()).toBe(2 ** 53);
  expect(toHex(reader.readRaw())).toBe('810102');
  expect(() => reader.readUint()).toThrow('unexpected end');
});

test('a value nested without end is an error, not an exhausted stack', () => {
  const bytes = new Uint8Array(200_000).fill(0x91);
  bytes[bytes.length - 1] = 0xc0;
  expect(checkMsgpack(bytes, 0, bytes.length)).toBe(bytes.length);
  expect(() => decode(bytes)).toThrow('nested too deep');
});

test('a count beyond the bytes is refused before anything is allocated', () => {
  expect(() => decode(fromHex('ddffffffff00'))).toThrow(MsgpackError);
  expect(() => decode(fromHex('dfffffffff00'))).toThrow(MsgpackError);
});
