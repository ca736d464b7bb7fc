import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/bee/wire/base64.ts';
import {
  FrameReader,
  greetingSize,
  makeGreeting,
  makeGreetingLines,
  parseGreeting,
  writeXRowFrame,
} from '../../src/bee/wire/iproto.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import {
  decodeErrorBody,
  type WireError,
  writeBodyResponse,
  writeDataResponse,
  writeErrorResponse,
  writeOkResponse,
} from '../../src/bee/wire/iproto-response.ts';
import { MsgpackError, MsgpackWriter } from '../../src/bee/wire/msgpack.ts';
import { checkScramble, makeScramble, passwordHash } from '../../src/bee/wire/scramble.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import { fromHex, toHex } from '../support/hex.ts';

// Bytes below were recorded on a connection to the real server 2.6.0.
const uuid = 'fea056a6-dc24-420d-a3b1-0256d9fc3ad8';
const salt = fromHex('2a367812b5cac72f0572acc28db47b8a5abaec75f0c33c145ad35467fa21e330');
const greetingText =
  'Tarantool 2.6.0 (Binary) fea056a6-dc24-420d-a3b1-0256d9fc3ad8  \n' +
  'KjZ4ErXKxy8FcqzCjbR7ilq67HXwwzwUWtNUZ/oh4zA=                   \n';

describe('greeting', () => {
  test('has the bytes of the real one', () => {
    const bytes = makeGreeting('2.6.0', uuid, salt);
    expect(new TextDecoder().decode(bytes)).toBe(greetingText);
    expect(bytes.length).toBe(greetingSize);
    expect(parseGreeting(bytes)).toEqual({ version: '2.6.0', protocol: 'Binary', uuid, salt });
  });

  test('of a console has no salt', () => {
    const bytes = makeGreetingLines(
      'Tarantool 2.6.0 (Lua console)',
      "type 'help' for interactive help",
    );
    expect(parseGreeting(bytes)?.protocol).toBe('Lua console');
  });

  test('of 1.6.6 names no protocol and no uuid', () => {
    const bytes = makeGreetingLines('Tarantool 1.6.6-83-gc6b2129', encodeBase64(salt));
    expect(parseGreeting(bytes)).toMatchObject({ protocol: 'Binary', uuid: '', salt });
  });

  test.each([
    ['HTTP', 'HTTP/1.1 200 OK'.padEnd(128)],
    ['a newline in the wrong place', greetingText.replace('  \n', ' \n ')],
    ['a salt that is too short', greetingText.replace(/\n.*=/, '\nKjZ4'.padEnd(45))],
    ['too few bytes', greetingText.slice(1)],
  ])('%s is none', (_name, text) => {
    expect(parseGreeting(new TextEncoder().encode(text))).toBeUndefined();
  });
});

test('chap-sha1 makes the scramble that the real server accepted', () => {
  expect(toHex(makeScramble('secret', salt))).toBe('8386842e6e3617343e26ddb2754758eca826db99');
  const hash2 = decodeBase64(passwordHash('secret'));
  expect(checkScramble(makeScramble('secret', salt), salt, hash2)).toBe(true);
  expect(checkScramble(makeScramble('Secret', salt), salt, hash2)).toBe(false);
  expect(checkScramble(new Uint8Array(19), salt, hash2)).toBe(false);
  expect(passwordHash('')).toBe('vhvewKp0tNyweZQ+cFKAlsyphfg=');
});

test('base64 is that of everybody else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
    }),
    { seed: 1 },
  );
});

test('base64 is read past what is no digit of it', () => {
  const words = new TextEncoder().encode('any words');
  expect(decodeBase64('YW55\nIHdv cmRz==')).toEqual(words);
  expect(decodeBase64('=YW55.IHdvcmRz')).toEqual(words);
});

describe('answers have the bytes of the real ones', () => {
  const writer = new MsgpackWriter();
  const bytes = (write: () => void): string => {
    writer.reset();
    write();
    return toHex(writer.finish());
  };

  test('nothing', () => {
    expect(bytes(() => writeOkResponse(writer, 0x1122334455667788n, 80))).toBe(
      'ce000000188300ce0000000001cf112233445566778805ce0000005080',
    );
  });

  test('tuples', () => {
    expect(bytes(() => writeDataResponse(writer, 2, 80, [fromHex('9201a161')]))).toBe(
      'ce000000228300ce0000000001cf000000000000000205ce000000508130dd000000019201a161',
    );
  });

  test('a body made elsewhere', () => {
    expect(
      bytes(() => writeBodyResponse(writer, 7, 80, fromHex('81298401c204c2028101090380'))),
    ).toBe('ce000000248300ce0000000001cf000000000000000705ce0000005081298401c204c2028101090380');
  });

  const missingLimit: WireError = {
    type: 'ClientError',
    file: './src/box/xrow.c',
    line: 782,
    message: "Missing mandatory field 'limit' in request",
    errno: 0,
    code: 69,
  };
  const denied: WireError = {
    type: 'AccessDeniedError',
    file: './src/box/space.c',
    line: 91,
    message: "Read access to space '_user' is denied for user 'guest'",
    errno: 0,
    code: 42,
    fields: new Map([
      ['object_type', 'space'],
      ['object_name', '_user'],
      ['access_type', 'Read'],
    ]),
  };
  const real: readonly (readonly [string, number, WireError, string])[] = [
    [
      'an error',
      3,
      missingLimit,
      'ce0000009e8300ce0000804501cf000000000000000305ce000000508231d92a4d697373696e67206d616e6461746f7279206669656c6420276c696d69742720696e2072657175657374528100918600ab436c69656e744572726f7202cd030e01b02e2f7372632f626f782f78726f772e6303d92a4d697373696e67206d616e6461746f7279206669656c6420276c696d69742720696e207265717565737404000545',
    ],
    [
      'an error with fields',
      5,
      denied,
      'ce000000f48300ce0000802a01cf000000000000000505ce000000508231d937526561642061636365737320746f20737061636520275f75736572272069732064656e69656420666f72207573657220276775657374275281009187' +
        '00b141636365737344656e6965644572726f72025b01b12e2f7372632f626f782f73706163652e6303d937526561642061636365737320746f20737061636520275f75736572272069732064656e69656420666f7220757365722027677565737427' +
        '0400052a0683ab6f626a6563745f74797065a57370616365ab6f626a6563745f6e616d65a55f75736572ab6163636573735f74797065a452656164',
    ],
  ];
  test.each(real)('%s', (_name, sync, error, hex) => {
    expect(bytes(() => writeErrorResponse(writer, sync, 80, [error]))).toBe(hex);
    expect(decodeErrorBody(0x8000 | error.code, fromHex(hex).subarray(28))).toEqual([error]);
  });

  test('an error of 1.6, which has only its text', () => {
    const body = fromHex('8131a4626f6f6d');
    expect(decodeErrorBody(0x8003, body)).toMatchObject([
      { type: 'ClientError', code: 3, message: 'boom' },
    ]);
    expect(decodeErrorBody(0x8003, fromHex('c1'))).toMatchObject([{ code: 3, message: '' }]);
  });
});

describe('frames', () => {
  test('come out whole however the bytes come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }),
        (sizes, cuts) => {
          const writer = new MsgpackWriter();
          const frames = sizes.map((size, index) => new Uint8Array(size).fill(index));
          for (const [index, frame] of frames.entries()) {
            if (index % 2 === 0) writer.uint(frame.length);
            else writer.fixedUint32(frame.length);
            writer.raw(frame);
          }
          const stream = writer.finish();
          const reader = new FrameReader(1000);
          const seen: Uint8Array[] = [];
          let at = 0;
          for (let turn = 0; at < stream.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            reader.push(stream.slice(at, at + size));
            at += size;
            for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
              seen.push(frame);
            }
          }
          expect(seen.map(toHex)).toEqual(frames.map(toHex));
          expect(reader.buffered).toBe(0);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });

  test('a greeting is taken off first', () => {
    const reader = new FrameReader(100);
    reader.push(makeGreeting('2.6.0', uuid, salt).subarray(0, 100));
    expect(reader.takeRaw(greetingSize)).toBeUndefined();
    reader.push(makeGreeting('2.6.0', uuid, salt).subarray(100));
    const writer = new MsgpackWriter();
    writeXRowFrame(writer, makeXRow(IprotoType.VOTE));
    reader.push(writer.finish());
    expect(parseGreeting(reader.takeRaw(greetingSize) ?? new Uint8Array(0))?.uuid).toBe(uuid);
    expect(toHex(reader.next() ?? new Uint8Array(0))).toBe('810044');
  });

  test('a length that is none is refused', () => {
    for (const head of ['a1', '90', 'c0', 'ff', 'cb']) {
      const reader = new FrameReader(100);
      reader.push(fromHex(head));
      expect(() => reader.next()).toThrow(new MsgpackError('packet length'));
    }
  });

  test('an announced length beyond the bound is refused before it arrives', () => {
    const reader = new FrameReader(100);
    reader.push(fromHex('cf0000000100000000'));
    expect(() => reader.next()).toThrow('too big packet size in the header: 4294967296');
  });

  test('a frame may be as long as the bound, and no byte longer', () => {
    const reader = new FrameReader(100);
    reader.push(new Uint8Array([100, ...new Uint8Array(100), 101]));
    expect(reader.next()).toHaveLength(100);
    expect(() => reader.next()).toThrow('too big packet size in the header: 101');
  });

  test('GET makes the server wait for 71 bytes', () => {
    const reader = new FrameReader(100);
    reader.push(new TextEncoder().encode('GET / HTTP/1.1'));
    expect(reader.next()).toBeUndefined();
  });
});
