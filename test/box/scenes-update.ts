import { double, float, hex, type Scene, type SceneValue, type Step } from './scene.ts';

/** Operations of update and upsert, each on the same tuple. */
export function updateScenes(): Scene[] {
  return [
    { name: 'updates that are no lists of operations', steps: on(plain, malformed) },
    { name: 'updates: set', steps: on(plain, sets) },
    { name: 'updates: arithmetic', steps: on(plain, arithmetic) },
    { name: 'updates: bits', steps: on(plain, bits) },
    { name: 'updates: splice', steps: on(plain, splices) },
    { name: 'updates: delete and insert', steps: on(plain, deletes) },
    { name: 'updates: inside a field', steps: on(plain, insides) },
    { name: 'updates: from zero', steps: on(plain, fromZero, 0) },
    { name: 'updates: field names', steps: on(named, names) },
    { name: 'upserts', steps: upserts() },
  ];
}

const fields: readonly SceneValue[] = [
  1,
  'abc',
  10,
  -5,
  1.5,
  [1, 2, { x: 1, y: [5] }],
  { a: 1, b: { c: 2 } },
  true,
  2n ** 64n - 1n,
  null,
];

const plain: readonly Step[] = [
  ['space', 't', {}],
  ['index', 't', 'pk', {}],
  ['insert', 't', hex(...fields)],
];

const named: readonly Step[] = [
  [
    'space',
    't',
    {
      format: [
        ['id', 'unsigned'],
        ['name', 'string'],
        { name: 'n', type: 'integer', is_nullable: true },
        { name: 'm', type: 'any', is_nullable: true },
        { name: 'arr', type: 'array', is_nullable: true },
        { name: 'mp', type: 'map', is_nullable: true },
      ],
    },
  ],
  ['index', 't', 'pk', {}],
  ['insert', 't', hex(1, 'abc', 10, 5, [1, 2], { a: [1] })],
];

/** Each list of operations in a transaction that is rolled back. */
function on(setUp: readonly Step[], lists: readonly SceneValue[][], base = 1): Step[] {
  return [
    ...setUp,
    ...lists.flatMap((ops): Step[] => [
      ['begin'],
      ['update', 't', 0, hex(1), hex(...ops), base],
      ['rollback'],
    ]),
  ];
}

const malformed: readonly SceneValue[][] = [
  [],
  [[]],
  [1],
  [['=']],
  [['=', 2]],
  [['=', 2, 3, 4]],
  [['?', 2, 1]],
  [['==', 2, 1]],
  [[1, 2, 1]],
  [['', 2, 1]],
  [[true, 2, 1]],
  [['+', 3, 1], 'x'],
  ['+', 3, 1],
];

const sets: readonly SceneValue[][] = [
  [['=', 1, 2]],
  [['=', 1, 1]],
  [['=', 2, 'z']],
  [['=', 11, 'z']],
  [['=', 12, 'z']],
  [['=', 0, 'z']],
  [['=', -1, 'z']],
  [['=', -10, 'z']],
  [['=', -11, 'z']],
  [['=', 1.5, 'z']],
  [['=', true, 'z']],
  [['=', 2, null]],
  [['=', 6, []]],
  [
    ['=', 2, 1],
    ['=', 2, 2],
  ],
  [
    ['=', 11, 1],
    ['=', 12, 2],
  ],
];

const arithmetic: readonly SceneValue[][] = [
  [['+', 3, 5]],
  [['+', 3, -20]],
  [['+', 3, 1.25]],
  [['+', 3, float(0.5)]],
  [['+', 3, double(5)]],
  [['+', 3, 'a']],
  [['+', 2, 1]],
  [['+', 4, 1]],
  [['-', 4, 1]],
  [['-', 3, 11]],
  [['+', 9, 1]],
  [['-', 9, 1]],
  [['+', 9, -1]],
  [['+', 9, 2n ** 64n - 1n]],
  [['-', 4, 2n ** 63n - 1n]],
  [['-', 4, 2n ** 63n]],
  [['-', 4, 2n ** 64n - 1n]],
  [['+', 5, 1]],
  [['+', 5, 1.1]],
  [['-', 5, float(1.1)]],
  [['+', 3, 1e300]],
  [['+', 8, 1]],
  [['+', 10, 1]],
  [['+', 20, 1]],
  [['+', -1, 1]],
  [
    ['+', 3, 5],
    ['+', 3, 7],
  ],
  [
    ['+', 3, 5],
    ['-', 4, 7],
    ['=', 2, 'q'],
  ],
  [
    ['+', 3, 1],
    ['#', 2, 1],
  ],
  [
    ['#', 2, 1],
    ['+', 2, 1],
  ],
];

const bits: readonly SceneValue[][] = [
  [['&', 3, 6]],
  [['|', 3, 5]],
  [['^', 3, 3]],
  [['&', 4, 3]],
  [['&', 3, -3]],
  [['&', 5, 3]],
  [['&', 2, 3]],
  [['&', 3, 'a']],
  [['^', 9, 1]],
  [['|', 3, 2n ** 64n - 1n]],
];

const splices: readonly SceneValue[][] = [
  [[':', 2, 1, 1, 'Z']],
  [[':', 2, 1, 0, 'Z']],
  [[':', 2, 0, 0, 'Z']],
  [[':', 2, 2, 10, 'Z']],
  [[':', 2, -1, 1, 'Z']],
  [[':', 2, -2, 1, 'Z']],
  [[':', 2, -4, 1, 'Z']],
  [[':', 2, -5, 1, 'Z']],
  [[':', 2, 4, 1, 'Z']],
  [[':', 2, 10, 1, 'Z']],
  [[':', 2, 1, -1, 'Z']],
  [[':', 2, 1, -10, 'Z']],
  [[':', 2, 'a', 1, 'Z']],
  [[':', 2, 1, 'a', 'Z']],
  [[':', 2, 1, 1, 1]],
  [[':', 3, 1, 1, 'Z']],
  [[':', 2, 1, 1]],
  [[':', 2, 1, 1, 'Z', 5]],
  [
    [':', 2, 1, 1, 'Z'],
    [':', 2, 1, 1, 'Y'],
  ],
];

const deletes: readonly SceneValue[][] = [
  [['#', 2, 1]],
  [['#', 2, 3]],
  [['#', 2, 100]],
  [['#', 2, 0]],
  [['#', 2, -1]],
  [['#', 2, 'a']],
  [['#', -1, 1]],
  [['#', -2, 1]],
  [['#', -2, 2]],
  [['#', 11, 1]],
  [['#', 1, 1]],
  [['#', 2]],
  [['!', 2, 'new']],
  [['!', 11, 'new']],
  [['!', 12, 'new']],
  [['!', -1, 'new']],
  [['!', -2, 'new']],
  [['!', -11, 'new']],
  [['!', -12, 'new']],
  [['!', 1, 'new']],
  [['!', 1, 1]],
  [
    ['!', 2, 1],
    ['!', 2, 2],
    ['!', 2, 3],
  ],
  [
    ['!', 2, 1],
    ['=', 2, 2],
  ],
  [
    ['!', 2, 1],
    ['+', 2, 2],
  ],
];

const insides: readonly SceneValue[][] = [
  [['=', '[6][1]', 5]],
  [['=', '[6][3].x', 5]],
  [['=', '[6][3].y[1]', 7]],
  [['!', '[6][3].y[1]', 7]],
  [['!', '[6][3].z', 7]],
  [['!', '[6][3].x', 7]],
  [['#', '[6][3].x', 1]],
  [['#', '[6][3].x', 2]],
  [['+', '[6][3].x', 2]],
  [['+', '[6][3].w', 2]],
  [['=', '[6][3].w', 2]],
  [['=', '[6][3].w.q', 2]],
  [['=', '[6][9]', 2]],
  [['=', '[6][4]', 2]],
  [['=', '[6][*]', 2]],
  [['=', '[6][1][1]', 2]],
  [['=', '[7].a', 2]],
  [['=', '[7]', 2]],
  [
    ['=', '[7].b.c', 2],
    ['=', '[7].a', 3],
  ],
  [
    ['=', '[7].b.c', 2],
    ['=', '[7].b.d', 3],
  ],
  [
    ['=', '[7].b.c', 2],
    ['+', '[7].b.c', 3],
  ],
  [
    ['=', '[6][1]', 2],
    ['=', '[6][2]', 3],
    ['!', '[6][1]', 0],
  ],
  [
    ['=', '[6][1]', 2],
    ['=', '[6]', 3],
  ],
  [['=', '[7][1]', 3]],
  [['=', '[6].a', 3]],
  [['=', '[6', 3]],
  [['=', '6', 3]],
  [['=', 'foo', 3]],
  [['=', 'foo.bar', 3]],
  [['=', '', 3]],
  [['#', '[6][1]', 2]],
  [['#', '[6][1]', 4]],
  [['#', '[6][-1]', 1]],
  [[':', '[7].a', 1, 1, 'x']],
  [
    ['#', '[6][3].x', 1],
    ['=', '[6][3].y[1]', 9],
    ['!', '[6][1]', 'first'],
  ],
  [
    ['=', '[7].n', 1],
    ['=', '[7].m', 2],
    ['#', '[7].a', 1],
  ],
];

const fromZero: readonly SceneValue[][] = [
  [['=', 0, 1]],
  [['=', 1, 'z']],
  [['=', 10, 'z']],
  [['=', 11, 'z']],
  [['=', -1, 'z']],
  [['+', 1, 1]],
  [['#', 10, 1]],
  [['!', 12, 1]],
  [['=', '[5][0]', 5]],
  [['=', '[6][1]', 5]],
];

const names: readonly SceneValue[][] = [
  [['=', 'name', 'q']],
  [['=', 'nam', 'q']],
  [['=', 'name', 1]],
  [['+', 'n', 1]],
  [['+', 'n', 1.5]],
  [['=', 'n', null]],
  [['=', 'arr[1]', 3]],
  [['=', 'arr[3]', 3]],
  [['!', 'arr[1]', 3]],
  [['=', 'mp.a', 3]],
  [['=', 'mp["a"]', 3]],
  [['=', 'mp.b', 3]],
  [['#', 'mp.a', 1]],
  [['#', 'mp', 1]],
  [['#', 'n', 1]],
  [['#', 'name', 5]],
  [['=', 'arr', 3]],
  [['=', 7, 3]],
  [['=', 'mp.a[1]', 3]],
  [['=', '[6].a[1]', 3]],
  [[':', 'name', 1, 1, '']],
];

function upserts(): Step[] {
  const lists: readonly SceneValue[][] = [
    [['+', 3, 1]],
    [
      ['+', 2, 1],
      ['+', 3, 5],
    ],
    [['=', 1, 5]],
    [['=', 9, 1]],
    [['=', 5, 1]],
    [['!', 9, 1]],
    [['#', 9, 1]],
    [
      ['#', 2, 1],
      ['+', 2, 1],
    ],
    [[':', 2, 1, 1, 'x']],
    [[':', 2, 10, 1, 'x']],
    [['&', 3, -1]],
    [['+', 3]],
    [['=', 'foo', 1]],
    [['=', '[4].a', 1]],
    [
      ['+', 3, 2n ** 64n - 1n],
      ['+', 4, 1],
    ],
    [5],
  ];
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['insert', 't', hex(1, 'abc', 10, 5)],
    ...lists.flatMap((ops): Step[] => [
      ['begin'],
      ['upsert', 't', hex(1), hex(...ops), 1],
      ['upsert', 't', hex(2, 'new'), hex(...ops), 1],
      ['upsert', 't', hex(2, 'new'), hex(...ops), 1],
      ['select', 't', 0, 'ALL', hex(), 0, 10],
      ['rollback'],
    ]),
    ['upsert', 't', hex('a'), hex(), 1],
    ['upsert', 't', hex(), hex(), 1],
    ['index', 't', 'sk', { parts: [2, 'string'] }],
    ['upsert', 't', hex(7, 'abc'), hex(), 1],
    ['upsert', 't', hex(7, 'x'), hex(), 1],
    ['upsert', 't', hex(7, 'x'), hex(['=', 2, 'abc']), 1],
    ['select', 't', 0, 'ALL', hex(), 0, 10],
  ];
}
