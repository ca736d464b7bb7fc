/**
 * Requests to a server, each with its name: the same bytes go to the real server (which recorded the answers in
 * `exchanges.json`) and to ours.
 */
import { MsgpackWriter } from '../../src/bee/wire/msgpack-writer.ts';

/** What both servers run before the first request. */
export const setUp = `
box.cfg{listen = port, instance_uuid = '11111111-1111-4111-8111-111111111111',
        replicaset_uuid = '22222222-2222-4222-8222-222222222222'}
box.schema.user.create('u', {password = 'secret'})
box.schema.user.create('plain', {password = 'secret'})
box.schema.user.create('bare')
s = box.schema.space.create('t')
s:create_index('primary')
s:create_index('name', {parts = {2, 'string'}})
s:insert{1, 'one'} s:insert{2, 'two'} s:insert{3, 'three'}
box.schema.user.grant('u', 'read,write,execute', 'universe')
box.schema.user.grant('plain', 'read', 'space', 't')
function f(...) return ... end
function boom() error('boom') end
function boxerror() box.error(box.error.TUPLE_FOUND, 'i', 's') end
function sum(a, b) return a + b end
function tuples() return s:get(1), s:get(2) end
function list() return {1, 2}, 3, {a = 1}, nil end
`;

export interface Exchange {
  readonly name: string;
  /** 'guest' connects and asks at once; the others log in first. */
  readonly as: 'guest' | 'u' | 'plain';
  readonly request: Uint8Array;
  /** Whether the server closes the connection after its answer. */
  readonly closes?: boolean;
}

const key = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Pairs of a map: key, then its value as msgpack in hex. */
type Pairs = readonly (readonly [number, string])[];

function map(pairs: Pairs): Uint8Array {
  const writer = new MsgpackWriter();
  writer.map(pairs.length);
  for (const [number, hex] of pairs) {
    writer.uint(number);
    writer.raw(key(hex));
  }
  return writer.finish();
}

/** A whole frame. `body` undefined sends a header alone. */
export function frame(header: Pairs, body?: Pairs | string): Uint8Array {
  const writer = new MsgpackWriter();
  const head = map(header);
  const rest =
    body === undefined ? new Uint8Array() : typeof body === 'string' ? key(body) : map(body);
  writer.fixedUint32(head.length + rest.length);
  writer.raw(head);
  writer.raw(rest);
  return writer.finish();
}

/** Msgpack of a short text, in hex. */
export function str(text: string): string {
  const writer = new MsgpackWriter();
  writer.str(text);
  return Buffer.from(writer.finish()).toString('hex');
}

const sync = [0x01, '07'] as const;
const type = (number: number): readonly [number, string] => [
  0x00,
  number < 128 ? number.toString(16).padStart(2, '0') : `cc${number.toString(16)}`,
];
const space = [0x10, 'cd0200'] as const;

function request(
  name: string,
  number: number,
  body?: Pairs | string,
  as: Exchange['as'] = 'u',
): Exchange {
  return { name, as, request: frame([type(number), sync], body) };
}

export const exchanges: readonly Exchange[] = [
  request('ping', 64, undefined, 'guest'),
  request('ping with a body', 64, '80', 'guest'),
  request('vote', 68, undefined, 'guest'),
  request('old vote', 67, undefined, 'guest'),
  request('select all', 1, [space, [0x11, '00'], [0x12, 'ceffffffff'], [0x14, '02'], [0x20, '90']]),
  request('select one', 1, [space, [0x12, '01'], [0x20, '9102']]),
  request('select by name', 1, [space, [0x11, '01'], [0x12, '0a'], [0x20, `91${str('three')}`]]),
  request('select with offset and limit', 1, [
    space,
    [0x12, '01'],
    [0x13, '01'],
    [0x14, '02'],
    [0x20, '90'],
  ]),
  request('select nothing', 1, [space, [0x12, '01'], [0x20, '9163']]),
  request('select without limit', 1, [space, [0x20, '9101']]),
  request('select without body', 1),
  request('select without space', 1, [
    [0x12, '01'],
    [0x20, '90'],
  ]),
  request('select in no space', 1, [
    [0x10, 'cd270f'],
    [0x12, '01'],
    [0x20, '90'],
  ]),
  request('select by no index', 1, [space, [0x11, '07'], [0x12, '01'], [0x20, '90']]),
  request('select with a wrong iterator', 1, [space, [0x12, '01'], [0x14, '63'], [0x20, '90']]),
  request('select with a wrong key type', 1, [space, [0x12, '01'], [0x20, `91${str('x')}`]]),
  request('select with a limit that is text', 1, [space, [0x12, 'a131'], [0x20, '90']]),
  request('select with unknown keys', 1, [space, [0x12, '01'], [0x20, '9101'], [0x7f, 'c0']]),
  request('select by guest', 1, [space, [0x12, '01'], [0x20, '90']], 'guest'),
  request('select by plain', 1, [space, [0x12, '01'], [0x20, '90']], 'plain'),
  request('insert', 2, [space, [0x21, `9204${str('four')}`]]),
  request('insert a duplicate', 2, [space, [0x21, `9204${str('again')}`]]),
  request('insert without tuple', 2, [space]),
  request('insert by plain', 2, [space, [0x21, `9205${str('five')}`]], 'plain'),
  request('replace', 3, [space, [0x21, `9204${str('vier')}`]]),
  request('update', 4, [space, [0x20, '9104'], [0x21, `9193${str('=')}01${str('quatre')}`]]),
  request('update with base one', 4, [
    space,
    [0x15, '01'],
    [0x20, '9104'],
    [0x21, `9193${str('=')}02${str('fyra')}`],
  ]),
  request('update of nothing', 4, [space, [0x20, '9163'], [0x21, `9193${str('=')}01${str('x')}`]]),
  request('update without key', 4, [space, [0x21, '90']]),
  request('upsert', 9, [
    space,
    [0x21, `9206${str('six')}`],
    [0x28, `9193${str('=')}01${str('x')}`],
  ]),
  request('upsert without operations', 9, [space, [0x21, `9206${str('six')}`]]),
  request('delete', 5, [space, [0x20, '9106']]),
  request('delete of nothing', 5, [space, [0x20, '9106']]),
  request('delete without key', 5, [space]),
  request('call', 10, [
    [0x22, str('sum')],
    [0x21, '920102'],
  ]),
  request('call without arguments', 10, [[0x22, str('f')]]),
  request('call that returns much', 10, [
    [0x22, str('list')],
    [0x21, '90'],
  ]),
  request('call that returns tuples', 10, [
    [0x22, str('tuples')],
    [0x21, '90'],
  ]),
  request('call of 1.6', 6, [
    [0x22, str('list')],
    [0x21, '90'],
  ]),
  request('call of 1.6 that returns tuples', 6, [
    [0x22, str('tuples')],
    [0x21, '90'],
  ]),
  request('call of nothing', 10, [
    [0x22, str('nof')],
    [0x21, '90'],
  ]),
  request('call that fails', 10, [
    [0x22, str('boom')],
    [0x21, '90'],
  ]),
  request('call that fails with a box error', 10, [
    [0x22, str('boxerror')],
    [0x21, '90'],
  ]),
  request('call without name', 10, [[0x21, '90']]),
  request('call with arguments that are no array', 10, [
    [0x22, str('f')],
    [0x21, '01'],
  ]),
  request(
    'call by guest',
    10,
    [
      [0x22, str('f')],
      [0x21, '90'],
    ],
    'guest',
  ),
  request('eval', 8, [
    [0x27, str('return ...')],
    [0x21, `9301c0${str('x')}`],
  ]),
  request('eval of nonsense', 8, [
    [0x27, str('return return')],
    [0x21, '90'],
  ]),
  request('eval without expression', 8, [[0x21, '90']]),
  request(
    'eval by plain',
    8,
    [
      [0x27, str('return 1')],
      [0x21, '90'],
    ],
    'plain',
  ),
  request('unknown type', 77, undefined),
  request('type of an answer', 0, undefined),
  request('nop', 12, undefined),
  request('execute without text', 11, '80'),
  request(
    'wrong password',
    7,
    [
      [0x23, str('u')],
      [0x21, `92${str('chap-sha1')}b4${'00'.repeat(20)}`],
    ],
    'guest',
  ),
  request(
    'wrong password of a user without one',
    7,
    [
      [0x23, str('bare')],
      [0x21, `92${str('chap-sha1')}b4${'00'.repeat(20)}`],
    ],
    'guest',
  ),
  request(
    'unknown user',
    7,
    [
      [0x23, str('nobody')],
      [0x21, `92${str('chap-sha1')}b4${'00'.repeat(20)}`],
    ],
    'guest',
  ),
  request(
    'short scramble',
    7,
    [
      [0x23, str('u')],
      [0x21, `92${str('chap-sha1')}a3616263`],
    ],
    'guest',
  ),
  request(
    'scramble that is a number',
    7,
    [
      [0x23, str('u')],
      [0x21, `92${str('chap-sha1')}05`],
    ],
    'guest',
  ),
  request(
    'empty scramble',
    7,
    [
      [0x23, str('u')],
      [0x21, '90'],
    ],
    'guest',
  ),
  request(
    'empty scramble of guest',
    7,
    [
      [0x23, str('guest')],
      [0x21, '90'],
    ],
    'guest',
  ),
  request('login without user', 7, [[0x21, '90']], 'guest'),
  request('login without scramble', 7, [[0x23, str('u')]], 'guest'),
  request('login without body', 7, undefined, 'guest'),
  request('join without body', 65, undefined),
  request('join with a wrong uuid', 65, [[0x24, str('nonsense')]]),
  request('join with its own uuid', 65, [[0x24, str('11111111-1111-4111-8111-111111111111')]]),
  request('join by guest', 65, [[0x24, str('33333333-3333-4333-8333-333333333333')]], 'guest'),
  {
    ...request('subscribe of an unknown replica', 66, [
      [0x25, str('22222222-2222-4222-8222-222222222222')],
      [0x24, str('33333333-3333-4333-8333-333333333333')],
      [0x26, '80'],
      [0x06, 'ce00020600'],
    ]),
    closes: true,
  },
  {
    ...request('subscribe with its own uuid', 66, [
      [0x25, str('22222222-2222-4222-8222-222222222222')],
      [0x24, str('11111111-1111-4111-8111-111111111111')],
      [0x26, '80'],
    ]),
    closes: true,
  },
  { ...request('subscribe without body', 66, undefined), closes: true },
  {
    ...request(
      'subscribe by guest',
      66,
      [
        [0x24, str('33333333-3333-4333-8333-333333333333')],
        [0x26, '80'],
      ],
      'guest',
    ),
    closes: true,
  },
  request('fetch snapshot by guest', 69, undefined, 'guest'),
  request(
    'register by guest',
    70,
    [
      [0x24, str('33333333-3333-4333-8333-333333333333')],
      [0x26, '80'],
    ],
    'guest',
  ),
  { name: 'wrong schema version', as: 'u', request: frame([type(64), sync, [0x05, '01']]) },
  {
    name: 'wrong schema version of a select',
    as: 'u',
    request: frame([type(1), sync, [0x05, '01']], [space, [0x12, '01'], [0x20, '90']]),
  },
  { name: 'header with unknown keys', as: 'guest', request: frame([type(64), sync, [0x0b, '05']]) },
  { name: 'header with a high key', as: 'guest', request: frame([type(64), sync, [0x60, '05']]) },
  { name: 'header whose sync is text', as: 'guest', request: frame([type(64), [0x01, 'a137']]) },
  { name: 'header without type', as: 'guest', request: frame([sync]) },
  {
    name: 'header that is no map',
    as: 'guest',
    request: Uint8Array.from([0xce, 0, 0, 0, 1, 0x05]),
  },
  { name: 'empty frame', as: 'guest', request: Uint8Array.from([0x00, 0x00]) },
  { name: 'body that is cut', as: 'guest', request: frame([type(1), sync], '8210') },
  { name: 'body that is no map', as: 'guest', request: frame([type(1), sync], '9101') },
  { name: 'two bodies', as: 'guest', request: frame([type(1), sync], '80 80'.replace(' ', '')) },
  {
    name: 'short form of the length',
    as: 'guest',
    request: Uint8Array.from([0x05, 0x82, 0x00, 0x40, 0x01, 0x07]),
  },
  {
    name: 'length that is text',
    as: 'guest',
    request: Uint8Array.from([0xa3, 0x61, 0x62, 0x63]),
    closes: true,
  },
  {
    name: 'length beyond the limit',
    as: 'guest',
    request: Uint8Array.from([0xcf, 0, 0, 0, 1, 0, 0, 0, 0, 0]),
    closes: true,
  },
];
