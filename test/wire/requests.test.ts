import { describe, expect, test } from 'vitest';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode, MsgpackError } from '../../src/bee/wire/msgpack.ts';
import {
  decodeBallot,
  decodeSubscribe,
  decodeVclockBody,
  encodeBallot,
  encodeJoin,
  encodeRegister,
  encodeSubscribe,
  encodeSubscribeAnswer,
  encodeVclockBody,
} from '../../src/bee/wire/replication-requests.ts';
import {
  decodeAuth,
  decodeCall,
  decodeDml,
  encodeAuth,
  encodeCall,
  encodeDml,
  MissingFieldError,
} from '../../src/bee/wire/requests.ts';
import { fromHex, toHex } from '../support/hex.ts';

describe('requests that name a space', () => {
  test('keys stand in the order of the real log, absent where 0', () => {
    const tuple = encode([1, 'a']);
    expect(toHex(encodeDml({ spaceId: 512, tuple }))).toBe('8210cd0200219201a161');
    expect(
      toHex(
        encodeDml({
          spaceId: 512,
          indexId: 0,
          indexBase: 1,
          key: encode([1]),
          tuple: encode([['=', 2, 'b']]),
        }),
      ),
    ).toBe('8410cd02001501209101219193a13d02a162');
    expect(toHex(encodeDml({ spaceId: 512, indexBase: 1, ops: encode([]), tuple }))).toBe(
      '8410cd020015012890219201a161',
    );
  });

  test('what is encoded is decoded', () => {
    const body = encodeDml({
      spaceId: 512,
      indexId: 3,
      indexBase: 1,
      key: encode([7]),
      ops: encode([['+', 1, 1]]),
      tuple: encode([7, 'x']),
    });
    expect(decodeDml(IprotoType.UPSERT, body)).toEqual({
      spaceId: 512,
      indexId: 3,
      indexBase: 1,
      limit: 0,
      offset: 0,
      iterator: 0,
      key: encode([7]),
      ops: encode([['+', 1, 1]]),
      tuple: encode([7, 'x']),
    });
  });

  test.each([
    [IprotoType.SELECT, '8210cd02002090', 'limit'],
    [IprotoType.SELECT, '80', 'space id'],
    [IprotoType.INSERT, '8110cd0200', 'tuple'],
    [IprotoType.UPDATE, '8210cd02002190', 'key'],
    [IprotoType.DELETE, '8110cd0200', 'key'],
    [IprotoType.UPSERT, '8210cd02002190', 'operations'],
    [IprotoType.REPLACE, '', 'space id'],
  ])('type %i with body %s lacks its %s', (type, hex, field) => {
    expect(() => decodeDml(type, fromHex(hex))).toThrow(
      `Missing mandatory field '${field}' in request`,
    );
    expect(() => decodeDml(type, fromHex(hex))).toThrow(MissingFieldError);
  });

  test.each([
    ['93010203', 'packet body'],
    ['8110a161', 'packet body'],
    ['8121a161', 'packet body'],
    ['8220', 'packet body'],
    ['8110cd020000', 'packet end'],
    ['c1', 'packet body'],
  ])('body %s is refused with `%s`', (hex, message) => {
    expect(() => decodeDml(IprotoType.INSERT, fromHex(hex))).toThrow(new MsgpackError(message));
  });

  test('keys that are not known are skipped', () => {
    expect(decodeDml(IprotoType.NOP, fromHex('83 a161a162 7fc0 10cd0200')).spaceId).toBe(512);
  });
});

test('CALL, EVAL, AUTH', () => {
  const args = encode([1, 'x']);
  for (const type of [IprotoType.CALL, IprotoType.CALL_16, IprotoType.EVAL]) {
    expect(decodeCall(type, encodeCall(type, 'f', args))).toEqual({ text: 'f', args });
    expect(() => decodeCall(type, new Uint8Array(0))).toThrow('missing request body');
  }
  expect(decodeCall(IprotoType.CALL, fromHex('8122a166')).args).toEqual(encode([]));
  expect(() => decodeCall(IprotoType.CALL, encodeCall(IprotoType.EVAL, 'f', args))).toThrow(
    "Missing mandatory field 'function name' in request",
  );
  expect(() => decodeCall(IprotoType.EVAL, fromHex('80'))).toThrow(
    "Missing mandatory field 'expression' in request",
  );
  const scramble = new Uint8Array(20).fill(3);
  expect(toHex(encodeAuth('u', scramble))).toBe(
    `8223a1752192a9636861702d73686131b4${'03'.repeat(20)}`,
  );
  expect(decodeAuth(encodeAuth('u', undefined))).toEqual({ user: 'u', tuple: encode([]) });
  expect(() => decodeAuth(fromHex('80'))).toThrow("Missing mandatory field 'user name'");
});

describe('replication', () => {
  const clusterUuid = 'b3d9f174-81fa-41ca-ac22-3df6acefd8f6';
  const instanceUuid = '90c911be-7061-40c6-b480-5a3c66590e98';
  const vclock = new Map([
    [0, 3],
    [1, 200],
    [2, 1],
  ]);
  const sent = new Map([
    [1, 200],
    [2, 1],
  ]);

  test('SUBSCRIBE as the real replica sends it', () => {
    const request = { clusterUuid, instanceUuid, vclock, isAnonymous: false, idFilter: [2] };
    const body = encodeSubscribe(request);
    const uuid = (text: string) => `d924${toHex(new TextEncoder().encode(text))}`;
    expect(toHex(body)).toBe(
      `8625${uuid(clusterUuid)}24${uuid(instanceUuid)}268201ccc8020106ce0002060050c2519102`,
    );
    expect(decodeSubscribe(body)).toEqual({ ...request, vclock: sent, serverVersion: 0x020600 });
    expect(encodeSubscribe({ ...request, idFilter: [] })[0]).toBe(0x85);
  });

  test('JOIN, REGISTER, vclocks and the answer to SUBSCRIBE', () => {
    expect(decodeSubscribe(encodeJoin(instanceUuid)).instanceUuid).toBe(instanceUuid);
    expect(decodeSubscribe(encodeRegister(instanceUuid, vclock))).toMatchObject({
      instanceUuid,
      vclock: sent,
    });
    expect(toHex(encodeVclockBody(vclock))).toBe('81268201ccc80201');
    expect(decodeVclockBody(encodeVclockBody(vclock))).toEqual(sent);
    expect(decodeSubscribe(encodeSubscribeAnswer(clusterUuid, vclock))).toMatchObject({
      clusterUuid,
      vclock: sent,
    });
  });

  test('a ballot has the bytes of the real one', () => {
    const hex = '81298401c204c2028101090380';
    const ballot = {
      isReadOnly: false,
      isLoading: false,
      vclock: new Map([[1, 9]]),
      gcVclock: new Map<number, number>(),
    };
    expect(toHex(encodeBallot(ballot))).toBe(hex);
    expect(decodeBallot(fromHex(hex))).toEqual(ballot);
  });

  test.each([
    ['8124a161', 'UUID'],
    ['812690', 'invalid VCLOCK'],
    ['8126812005', 'invalid VCLOCK'],
    ['8106a161', 'invalid VERSION'],
    ['815001', 'invalid REPLICA_ANON flag'],
    ['81519120', 'invalid ID_FILTER'],
    ['90', 'request body'],
  ])('%s is refused with `%s`', (hex, message) => {
    expect(() => decodeSubscribe(fromHex(hex))).toThrow(new MsgpackError(message));
  });
});
