import {
  binary,
  double,
  extension,
  float,
  hex,
  Raw,
  type Scene,
  type SceneValue,
  type Step,
} from './scene.ts';

const iterators = ['EQ', 'REQ', 'ALL', 'LT', 'LE', 'GE', 'GT'];
const bitIterators = ['BITS_ALL_SET', 'BITS_ANY_SET', 'BITS_ALL_NOT_SET'];
const boxIterators = ['OVERLAPS', 'NEIGHBOR'];

/** What indexes hold, in which order, and what they refuse. */
export function indexScenes(): Scene[] {
  return [
    { name: 'iterators of trees and hashes', steps: iteration() },
    ...fieldTypes.flatMap((type): Scene[] => [
      { name: `a tree of ${type}`, steps: valuesOf(type, 'tree') },
      { name: `a hash of ${type}`, steps: valuesOf(type, 'hash') },
    ]),
    { name: 'the order of a hash', steps: hashOrder() },
    { name: 'parts that may be nil', steps: nullableParts() },
    { name: 'paths into a field', steps: paths() },
    { name: 'many keys in one tuple', steps: multikey() },
    { name: 'bit sets', steps: bitsets() },
    { name: 'rectangles', steps: rectangles() },
    { name: 'collated strings', steps: collated() },
    { name: 'an engine that keeps nothing', steps: blackhole() },
  ];
}

/** Every call that reads or writes by a key, with that key. */
function byKey(space: string, index: number, key: string): Step[] {
  return [
    ['get', space, index, key],
    ['min', space, index, key],
    ['max', space, index, key],
    ['count', space, index, 'EQ', key],
    ['count', space, index, 'GT', key],
    ['delete', space, index, key],
    ['update', space, index, key, hex(), 1],
  ];
}

function iteration(): Step[] {
  const keys: readonly SceneValue[][] = [
    [],
    [10],
    [11],
    ['k1'],
    ['k1', 5],
    ['k1', 6],
    [5, 'k1'],
    [1, 2, 3],
    [null],
    ['k9'],
  ];
  const steps: Step[] = [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'sk', { parts: [2, 'string'], unique: false }],
    ['index', 't', 'both', { parts: [2, 'string', 3, 'unsigned'] }],
    ['index', 't', 'hash', { parts: [3, 'unsigned', 2, 'string'], type: 'hash' }],
  ];
  for (let at = 1; at <= 20; at++) steps.push(['insert', 't', hex(at * 2, `k${at % 4}`, at)]);
  for (const index of [0, 1, 2, 3]) {
    for (const iterator of [...iterators, ...bitIterators, ...boxIterators]) {
      for (const key of keys) steps.push(['select', 't', index, iterator, hex(...key), 0, 3]);
    }
    for (const key of keys) steps.push(...byKey('t', index, hex(...key)));
    steps.push(['len', 't', index], ['bsize', 't', index]);
    steps.push(['random', 't', index, 3], ['random', 't', index, 1000]);
    steps.push(['select', 't', index, 'ALL', hex(), 18, 100]);
  }
  return steps;
}

const fieldTypes = [
  'unsigned',
  'integer',
  'number',
  'double',
  'string',
  'scalar',
  'boolean',
  'varbinary',
  'decimal',
  'uuid',
];

const uuid = [0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, 0x4c, 0xcc, 0x8d, 0xdd, 1, 2, 3, 4, 5, 6];

/** One of each kind, and neighbours that only exact comparison tells apart. */
const values: readonly SceneValue[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  double(1),
  1.5,
  float(1.5),
  -1.5,
  127,
  128,
  -33,
  65536,
  2 ** 40,
  2n ** 53n,
  2n ** 53n + 1n,
  double(2 ** 53),
  2n ** 63n - 1n,
  double(2 ** 63),
  2n ** 64n - 1n,
  -(2n ** 63n),
  double(-(2 ** 63)),
  1e300,
  double(Number.POSITIVE_INFINITY),
  double(Number.NEGATIVE_INFINITY),
  '',
  'a',
  'A',
  'ab',
  'ä',
  'a\0b',
  'x'.repeat(40),
  binary(),
  binary(97),
  binary(255, 0),
  // Decimals: scale, then digits in BCD with the sign in the last half byte.
  extension(1, 0, 0x1c),
  extension(1, 1, 0x01, 0x5c),
  extension(1, 2, 0x15, 0x0c),
  extension(1, 1, 0x01, 0x5d),
  extension(1, 0, 0x01, 0x84, 0x46, 0x74, 0x40, 0x73, 0x70, 0x95, 0x51, 0x61, 0x6c),
  extension(2, ...uuid),
  extension(2, ...uuid.toReversed()),
  extension(2, 1, 2, 3),
  extension(7, 1, 2, 3),
  [],
  [1],
  {},
  { a: 1 },
];

function valuesOf(type: string, index: string): Step[] {
  const keys = [0, 1, 1.5, 2n ** 53n, 'a', 'b', false, binary(97), values[37] ?? 0].map((key) =>
    hex(key),
  );
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', { type: index, parts: [1, type] }],
    ...values.map((value): Step => ['insert', 't', hex(value)]),
    ...(index === 'hash' ? [] : [['select', 't', 0, 'ALL', hex(), 0, 100] satisfies Step]),
    ...keys.map((key): Step => ['get', 't', 0, key]),
    ...(index === 'hash'
      ? []
      : keys.flatMap((key): Step[] => [
          ['count', 't', 0, 'LT', key],
          ['count', 't', 0, 'GE', key],
        ])),
  ];
}

function hashOrder(): Step[] {
  const steps: Step[] = [
    ['space', 't', {}],
    ['index', 't', 'pk', { type: 'hash' }],
    ['index', 't', 'str', { type: 'hash', parts: [2, 'string'] }],
    ['index', 't', 'two', { type: 'hash', parts: [2, 'string', 1, 'unsigned'] }],
    ['index', 't', 'any', { type: 'hash', parts: [3, 'scalar'] }],
  ];
  for (let at = 1; at <= 60; at++) {
    const third = at % 3 === 0 ? at : at % 3 === 1 ? -at : `s${at}`;
    steps.push(['insert', 't', hex(at * 7, `x${at}`, third)]);
  }
  const look = (): Step[] => [
    ...[0, 1, 2, 3].map((index): Step => ['select', 't', index, 'ALL', hex(), 0, 100]),
    ['select', 't', 0, 'GT', hex(14), 0, 5],
    ['select', 't', 0, 'GT', hex(15), 0, 5],
    ['random', 't', 0, 7],
    ['bsize', 't', 0],
  ];
  steps.push(...look());
  for (let at = 1; at <= 30; at++) steps.push(['delete', 't', 0, hex(at * 14)]);
  return [...steps, ...look()];
}

function nullableParts(): Step[] {
  const tuples: readonly SceneValue[][] = [
    [1],
    [2, null],
    [3, null, 'a'],
    [4, 5],
    [5, 5],
    [5, 6],
    [6, 7, null],
    [7, 8, 'b'],
    [8, null, null],
    [9, 9, 1],
  ];
  const keys: readonly SceneValue[][] = [[], [null], [null, null], [5], [null, 'a'], [7]];
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'sk', { parts: [{ field: 2, type: 'unsigned', is_nullable: true }] }],
    [
      'index',
      't',
      'two',
      {
        unique: false,
        parts: [
          { field: 2, type: 'unsigned', is_nullable: true },
          { field: 3, type: 'string', is_nullable: true },
        ],
      },
    ],
    [
      'index',
      't',
      'h',
      { type: 'hash', parts: [{ field: 2, type: 'unsigned', is_nullable: true }] },
    ],
    ['index', 't', 'strict', { parts: [2, 'unsigned'] }],
    ...tuples.map((tuple): Step => ['insert', 't', hex(...tuple)]),
    ...[1, 2].flatMap((index) =>
      keys.flatMap((key) =>
        iterators.map((iterator): Step => ['select', 't', index, iterator, hex(...key), 0, 20]),
      ),
    ),
    ...keys.flatMap((key) => byKey('t', 1, hex(...key))),
    ['alter', 't', 'sk', { parts: [2, 'unsigned'] }],
    ['update', 't', 0, hex(1), hex(['=', 2, 100]), 1],
    ['select', 't', 1, 'ALL', hex(), 0, 20],
  ];
}

function paths(): Step[] {
  const tuples: readonly SceneValue[][] = [
    [1, { a: { b: 5 } }],
    [2, { a: { b: 'x' } }],
    [3, { a: {} }],
    [4, {}],
    [5, 5],
    [6, { a: { b: 5 } }],
    [7],
    [8, null],
    [9, { a: { b: 6, c: 1 } }],
    [10, { a: { b: null } }],
    [11, [1, 2]],
    [12, { a: 5 }],
    [20, { a: { b: 20 } }, [{ x: 'q' }]],
    [21, { a: { b: 21 } }, [{ x: 1 }]],
    [22, { a: { b: 22 } }, [1]],
    [23, { a: { b: 23 } }, null],
    [24, { a: { b: 24 } }, []],
  ];
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'path', { parts: [{ field: 2, type: 'unsigned', path: 'a.b' }] }],
    ['index', 't', 'other', { parts: [{ field: 2, type: 'string', path: 'a.b' }] }],
    [
      'index',
      't',
      'other',
      { parts: [{ field: 2, type: 'string', path: 'a[1]', is_nullable: true }] },
    ],
    [
      'index',
      't',
      'third',
      { unique: false, parts: [{ field: 3, type: 'string', path: '[1].x', is_nullable: true }] },
    ],
    ...tuples.map((tuple): Step => ['insert', 't', hex(...tuple)]),
    ['select', 't', 1, 'ALL', hex(), 0, 20],
    ['select', 't', 1, 'GT', hex(5), 0, 20],
    ['select', 't', 2, 'ALL', hex(), 0, 20],
    ['get', 't', 1, hex(6)],
    ['update', 't', 1, hex(6), hex(['=', '[2].a.b', 60]), 1],
    ['update', 't', 1, hex(60), hex(['#', '[2].a.b', 1]), 1],
    ['update', 't', 1, hex(60), hex(['=', '[2].a.b', 'text']), 1],
    ['delete', 't', 1, hex(60)],
    ['select', 't', 1, 'ALL', hex(), 0, 20],
  ];
}

function multikey(): Step[] {
  const tuples: readonly SceneValue[][] = [
    [1, ['a', 'b', 'c']],
    [2, ['b', 'b', 'd']],
    [3, []],
    [4, [1]],
    [5],
    [6, null],
    [7, ['a', null]],
    [10, ['q'], [{ x: 1, y: 1 }, { x: 2 }, { y: 3 }, { x: 1 }]],
    [11, ['q'], [{ x: 1, y: 5 }]],
    [12, ['q'], [{ x: 3 }, { x: null }, {}]],
  ];
  const x = { field: 3, type: 'unsigned', path: '[*].x', is_nullable: true };
  const y = { field: 3, type: 'unsigned', path: '[*].y', is_nullable: true };
  const look = (): Step[] =>
    [1, 2, 3].flatMap((index): Step[] => [
      ['select', 't', index, 'ALL', hex(), 0, 50],
      ['len', 't', index],
      ['min', 't', index, hex()],
      ['max', 't', index, hex()],
    ]);
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'words', { unique: false, parts: [{ field: 2, type: 'string', path: '[*]' }] }],
    ['index', 't', 'x', { parts: [x] }],
    ['index', 't', 'xy', { unique: false, parts: [x, y] }],
    ['index', 't', 'no', { parts: [x, { field: 4, type: 'unsigned', path: '[*].y' }] }],
    ['index', 't', 'no', { parts: [x, { field: 3, type: 'unsigned', path: '[*][*]' }] }],
    ['index', 't', 'no', { type: 'hash', parts: [{ ...x, is_nullable: false }] }],
    ['index', 't', 'no', { type: 'bitset', unique: false, parts: [{ ...x, is_nullable: false }] }],
    ...tuples.map((tuple): Step => ['insert', 't', hex(...tuple)]),
    ...look(),
    ...iterators.map((iterator): Step => ['select', 't', 1, iterator, hex('b'), 0, 20]),
    ['replace', 't', hex(1, ['z', 'b'])],
    ['delete', 't', 2, hex(3)],
    ['update', 't', 2, hex(1), hex(['=', 3, [{ x: 50 }, { x: 51 }]]), 1],
    ...look(),
    ['begin'],
    ['insert', 't', hex(30, ['m', 'n', 'm'])],
    ['replace', 't', hex(1, ['r'])],
    ['rollback'],
    ...look(),
  ];
}

function bitsets(): Step[] {
  const steps: Step[] = [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'num', { type: 'bitset', unique: false, parts: [2, 'unsigned'] }],
    ['index', 't', 'str', { type: 'bitset', unique: false, parts: [3, 'string'] }],
    ['index', 't', 'no', { type: 'bitset', unique: false, parts: [2, 'unsigned', 3, 'string'] }],
    ['index', 't', 'no', { type: 'bitset', parts: [2, 'unsigned'] }],
  ];
  for (let at = 1; at <= 30; at++) {
    steps.push(['insert', 't', hex(at, at * 3, `${String.fromCharCode(64 + (at % 26))}q`)]);
  }
  steps.push(['delete', 't', 0, hex(5)], ['replace', 't', hex(6, 0, 'Z')]);
  steps.push(['insert', 't', hex(100, 2n ** 64n - 1n, '')], ['insert', 't', hex(101, -1, '')]);
  const keys: readonly SceneValue[][] = [[], [0], [3], [64], ['A'], ['Aq'], [1, 2]];
  for (const index of [1, 2]) {
    for (const iterator of [...iterators, ...bitIterators, 'OVERLAPS']) {
      for (const key of keys) steps.push(['select', 't', index, iterator, hex(...key), 0, 50]);
    }
    steps.push(...byKey('t', index, hex(3)), ['len', 't', index]);
  }
  return steps;
}

function rectangles(): Step[] {
  const steps: Step[] = [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'plane', { type: 'rtree', parts: [2, 'array'] }],
    [
      'index',
      't',
      'room',
      { type: 'rtree', parts: [3, 'array'], dimension: 3, distance: 'manhattan' },
    ],
    ['index', 't', 'no', { type: 'rtree', parts: [2, 'array'], unique: true }],
  ];
  let seed = 42;
  const random = (below: number): number => {
    // Small enough a product to be exact.
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let at = 1; at <= 120; at++) {
    const [x, y] = [random(100), random(100)];
    const corner = at % 2 === 0 ? [] : [x + random(10), y + random(10)];
    steps.push(['insert', 't', hex(at, [x, y, ...corner], [random(10), random(10), random(10)])]);
  }
  const keys: readonly SceneValue[] = [
    [10, 10],
    [10, 10, 40, 40],
    [40, 40, 10, 10],
    [],
    [1],
    [1, 2, 3],
    ['a', 1],
    [50.5, 50.5],
    10,
  ];
  for (const iterator of [...iterators, ...boxIterators, 'BITS_ALL_SET']) {
    steps.push(['select', 't', 1, iterator, hex(), 0, 20]);
    for (const key of keys) steps.push(['select', 't', 1, iterator, hex(key), 0, 20]);
    for (const key of [
      [5, 5, 5],
      [1, 1, 1, 5, 5, 5],
      [1, 2],
    ]) {
      steps.push(['select', 't', 2, iterator, hex(key), 0, 20]);
    }
  }
  for (let at = 1; at <= 60; at++) steps.push(['delete', 't', 0, hex(at * 2 - 1)]);
  steps.push(['select', 't', 1, 'ALL', hex(), 0, 100], ['bsize', 't', 1], ['len', 't', 1]);
  for (const wrong of [[1], [1, 2, 3], ['a', 'b'], 1, [], [1e300, -1e300]]) {
    steps.push(['insert', 't', hex(500, wrong, [1, 2, 3])]);
  }
  return [...steps, ...byKey('t', 1, hex([1, 1]))];
}

function collated(): Step[] {
  const words = [
    'a',
    'A',
    'b',
    'B',
    'ä',
    'z',
    'é',
    'E',
    'ё',
    'е',
    'я',
    'ß',
    'ss',
    '1',
    '10',
    '2',
    '-',
    ' ',
    '',
    'a b',
    'ab',
    'co-op',
    'coop',
    'résumé',
    'Resume',
    'Æ',
    'ae',
  ];
  const names = ['unicode', 'unicode_ci', 'unicode_de__phonebook_s1', 'binary'];
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ...names.map(
      (collation): Step => [
        'index',
        't',
        collation,
        { unique: false, parts: [{ field: 2, type: 'string', collation }] },
      ],
    ),
    ...words.map((word, at): Step => ['insert', 't', hex(at, word)]),
    ...names.flatMap((_, at): Step[] => [
      ['select', 't', at + 1, 'ALL', hex(), 0, 100],
      ...['a', 'ä', 'E', 'ss', 'coop', 'resume'].map(
        (word): Step => ['select', 't', at + 1, 'EQ', hex(word), 0, 100],
      ),
    ]),
    ['index', 't', 'one', { parts: [{ field: 2, type: 'string', collation: 'unicode_ci' }] }],
    [
      'index',
      't',
      'hash',
      { type: 'hash', parts: [{ field: 2, type: 'string', collation: 'unicode' }] },
    ],
    ['get', 't', 5, hex('a')],
    ['get', 't', 5, hex('Ä')],
  ];
}

function blackhole(): Step[] {
  return [
    ['space', 't', { engine: 'blackhole' }],
    ['insert', 't', hex(1)],
    ['index', 't', 'pk', {}],
    ['replace', 't', hex(1, 2)],
    ['delete', 't', 0, hex(1)],
    ['update', 't', 0, hex(1), hex(), 1],
    ['upsert', 't', hex(1), hex(), 1],
    ['truncate', 't'],
    ['format', 't', [['a', 'string']]],
    ['insert', 't', hex(1)],
    ['insert', 't', hex('x')],
    ['insert', 't', hex(new Raw(Uint8Array.of(0xc0)))],
  ];
}
