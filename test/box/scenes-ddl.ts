import { hex, type Scene, type Step } from './scene.ts';

const space = 280;

/** Making, changing and dropping spaces and indexes, by calls and by hand. */
export function ddlScenes(): Scene[] {
  return [
    { name: 'spaces: options and names', steps: spaceOptions() },
    { name: 'spaces: formats and what fits them', steps: formats() },
    { name: 'spaces: writes to _space', steps: writesToSpace() },
    { name: 'indexes: options', steps: indexOptions() },
    { name: 'indexes: parts', steps: indexParts() },
    { name: 'indexes: writes to _index', steps: writesToIndex() },
    { name: 'indexes: alter', steps: alterIndex() },
    { name: 'system spaces hold on to what is needed', steps: systemSpaces() },
    { name: 'collations', steps: collations() },
  ];
}

function spaceOptions(): Step[] {
  const options: readonly unknown[] = [
    {},
    { engine: 'foo' },
    { engine: 'blackhole' },
    { id: -1 },
    { id: 'a' },
    { foo: 1 },
    { id: 700 },
    { id: 700 },
    { field_count: 3, temporary: true },
    { is_local: true, temporary: true },
    { is_sync: true },
    { is_sync: true, is_local: true },
    { user: 'nobody' },
    { user: 'guest' },
    { format: 5 },
    { temporary: 1 },
    { if_not_exists: true },
  ];
  return [
    ...options.map((option, at): Step => ['space', `s${at}`, option]),
    ['space', 's0', {}],
    ['space', 's0', { if_not_exists: true }],
    ['space', '', {}],
    ['space', 'a\tb', {}],
    ['space', 'x'.repeat(66000), {}],
    ['space', 5, {}],
    ['select', '_space', 0, 'GE', hex(512), 0, 100],
    ['renameSpace', 's0', 's5'],
    ['renameSpace', 's0', 'other'],
    ['renameSpace', 'nobody', 'other'],
    ['select', '_space', 2, 'EQ', hex('other'), 0, 1],
    ['drop', 'other'],
    ['drop', 'nobody'],
    ['select', '_schema', 0, 'EQ', hex('max_id'), 0, 1],
  ];
}

function formats(): Step[] {
  const given: readonly unknown[] = [
    [['a', 'unsigned'], { name: 'b', type: 'string', is_nullable: true }, 'c'],
    [['a', 'unsignedd']],
    [
      ['a', 'unsigned'],
      ['a', 'string'],
    ],
    [{ type: 'unsigned' }],
    [{ name: 'a', type: 'unsigned', is_nullable: 1 }],
    [{ name: 'a', type: 'string', collation: 'nope' }],
    [{ name: 'a', type: 'string', collation: 'unicode' }],
    [{ name: 'a', type: 'unsigned', collation: 'unicode' }],
    [[1, 'unsigned']],
    [['a', 1]],
    [['a', 'unsigned', 'extra']],
    ['a', 'b'],
    'x',
    [],
  ];
  const types = [
    'any',
    'unsigned',
    'string',
    'number',
    'double',
    'integer',
    'boolean',
    'varbinary',
    'scalar',
    'decimal',
    'uuid',
    'array',
    'map',
  ];
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ...given.map((format): Step => ['format', 't', format]),
    ['insert', 't', hex(1, 'a')],
    ...types.map((type): Step => ['format', 't', [['id', 'unsigned'], { name: 'b', type }]]),
    ['format', 't', [{ name: 'id', type: 'unsigned', is_nullable: true }]],
    ['format', 't', [['id', 'string']]],
    [
      'format',
      't',
      [
        ['id', 'unsigned'],
        ['b', 'string'],
        ['c', 'any'],
      ],
    ],
    [
      'format',
      't',
      [
        ['id', 'unsigned'],
        ['b', 'string'],
        ['c', 'string'],
      ],
    ],
    [
      'format',
      't',
      [['id', 'unsigned'], ['b', 'string'], { name: 'c', type: 'string', is_nullable: true }],
    ],
    ['insert', 't', hex(2)],
    ['insert', 't', hex(2, 'x', 3)],
    ['insert', 't', hex(2, 'x', null)],
    ['update', 't', 0, hex(2), hex(['=', 'c', 'q']), 1],
    ['update', 't', 0, hex(2), hex(['=', 'd', 'q']), 1],
    ['update', 't', 0, hex(2), hex(['#', 'b', 1]), 1],
  ];
}

function writesToSpace(): Step[] {
  const tuples: readonly Parameters<typeof hex>[] = [
    [700, 1, 'q', 'memtx', 0, {}, []],
    [701, 1, 'q', 'memtx', 0, {}, []],
    [701, 1, 'q2', 'memtx', 0, {}],
    [701, 1, 'q2', 'memtx', 0, {}, [{}]],
    [701, 1, 'q2', 'memtx', 0, {}, [{ name: 1 }]],
    [701, 1, 'q2', 'memtx', 0, {}, [{ name: 'a', type: 'b' }]],
    [701, 1, 'q2', 'memtx', 0, {}, [{ name: 'a', nullable_action: 'b' }]],
    [701, 1, 'q2', 'memtx', 0, {}, [{ name: 'a', nullable_action: 'ignore' }]],
    [702, 1, 'q3', 'memtx', 0, {}, [{ name: 'a', type: 'string', collation: 7777 }]],
    [702, 1, 'q3', 'memtx', 0, {}, [{ name: 'a', type: 'integer', collation: 1 }]],
    [702, 1, 'q3', 'memtx', 0, {}, [{ name: '', type: 'integer' }]],
    [702, 1, 'q3', 'memtx', -1, {}, []],
    [702, 1, 'q3', 'memtx', 1, {}, [{ name: 'a' }, { name: 'b' }]],
    [702, 1, 'q3', '', 1, {}, []],
    [2147483647, 1, 'q4', 'memtx', 1, {}, []],
    [2147483648, 1, 'q5', 'memtx', 1, {}, []],
    [0, 1, 'q6', 'memtx', 1, {}, []],
    [703, 1, 'q7', 'memtx', 0, { view: true }, []],
    [703, 1, 'q7', 'memtx', 0, { sql: 1 }, []],
    [703, 1, 'q7', 'memtx', 0, { group_id: 2 }, []],
    [703, 1, 'q7', 'memtx', 0, { foo: 2 }, []],
    ['x', 1, 'q7', 'memtx', 0, {}, []],
  ];
  const changes: readonly Parameters<typeof hex>[0][] = [
    ['=', 1, 600],
    ['=', 2, 55],
    ['=', 3, '_space'],
    ['=', 3, 'tt'],
    ['=', 4, 'blackhole'],
    ['=', 5, 3],
    ['=', 5, 1],
    ['=', 6, { temporary: true }],
    ['=', 6, { group_id: 1 }],
    ['=', 6, { foo: 1 }],
    ['=', 6, { temporary: 1 }],
  ];
  return [
    ...tuples.map((tuple): Step => ['insert', '_space', hex(...tuple)]),
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['insert', 't', hex(1, 2)],
    ...changes.map((change): Step => ['update', '_space', 0, hex(703), hex(change), 1]),
    ['insert', '_space', hex(704, 1, 'last', 'memtx', 0, {}, [])],
    ...changes.map((change): Step => ['update', '_space', 0, hex(704), hex(change), 1]),
    ['delete', '_space', 0, hex(704)],
    ['delete', '_space', 0, hex(space)],
    ['delete', '_space', 0, hex(512)],
    ['delete', '_space', 0, hex(513)],
  ];
}

function indexOptions(): Step[] {
  const options: readonly (readonly [string, unknown])[] = [
    ['pk', { type: 'rtree', parts: [1, 'array'] }],
    ['pk', { type: 'foo' }],
    ['pk', { type: 'hash', unique: false }],
    ['pk', { unique: false }],
    ['pk', { parts: [] }],
    ['pk', { foo: 1 }],
    ['pk', { id: 2 }],
    ['', {}],
    ['pk', { id: 0, dimension: 3 }],
    ['pk', {}],
    ['pk', { if_not_exists: true }],
    ['a', { id: 127, parts: [2, 'string'] }],
    ['b', { id: 128, parts: [2, 'string'] }],
    ['b', { type: 'bitset', parts: [3, 'string'] }],
    ['b', { type: 'bitset', parts: [3, 'string'], unique: false, id: 3 }],
    ['c', { type: 'bitset', parts: [3, 'integer'], unique: false, id: 4 }],
    ['d', { type: 'rtree', parts: [4, 'array'], dimension: 3, distance: 'manhattan', id: 5 }],
    ['e', { type: 'rtree', parts: [4, 'array'], dimension: 30, id: 6 }],
    ['e', { type: 'rtree', parts: [4, 'array'], distance: 'foo', id: 6 }],
    ['e', { type: 'rtree', parts: [4, 'array', 5, 'array'], id: 6 }],
    ['e', { type: 'hash', parts: [6, 'unsigned'], id: 6 }],
    ['f', { id: 7, page_size: 0, parts: [6, 'unsigned'] }],
    ['f', { id: 7, bloom_fpr: 2, parts: [6, 'unsigned'] }],
    ['f', { id: 7, run_size_ratio: 1, parts: [6, 'unsigned'] }],
    ['f', { id: 7, sequence: true, parts: [6, 'unsigned'] }],
    ['f', { id: 7, func: 'nope', parts: [6, 'unsigned'] }],
  ];
  return [
    ['space', 't', {}],
    ['insert', 't', hex(1)],
    ['get', 't', 0, hex(1)],
    ...options.map(([name, option]): Step => ['index', 't', name, option]),
    ['index', 'nobody', 'pk', {}],
    ['dropIndex', 't', 0],
    ['dropIndex', 't', 99],
    ['renameIndex', 't', 5, 'pk'],
    ['renameIndex', 't', 5, 'renamed'],
    ['count', '_index', 0, 'EQ', hex(512, 5)],
  ];
}

function indexParts(): Step[] {
  const parts: readonly unknown[] = [
    [1],
    [1, 'unsigned', 2],
    [1, 'unsigned', 0, 'string'],
    [[0, 'unsigned']],
    [[1, 'foo']],
    [{ field: 1, type: 'unsigned', is_nullable: true }],
    [{ field: 1, type: 'unsigned', foo: true }],
    [
      { field: 1, type: 'unsigned' },
      { field: 1, type: 'unsigned' },
    ],
    [{ field: 'nof', type: 'unsigned' }],
    [{ field: 'nof[1]', type: 'unsigned' }],
    [{ field: 1, type: 'unsigned', collation: 'unicode' }],
    [{ field: 1, type: 'string', collation: 'unicodez' }],
    [{ field: 1, type: 'any' }],
    [{ field: 1, type: 'map' }],
    [{ field: 1, type: 'array' }],
    [{ field: 'id' }],
    [{ field: 'name', is_nullable: true }],
    [{ field: 'name', type: 'scalar' }],
    [{ field: 'name', type: 'unsigned' }],
    [{ field: 'data.x', type: 'unsigned' }],
    [{ field: 'data["y"].z', type: 'unsigned' }],
    [{ field: 'id.x', type: 'unsigned' }],
    [{ field: 'data.', type: 'unsigned' }],
    [{ field: 3, type: 'unsigned', path: 'x[*].y' }],
    [{ field: 3, type: 'unsigned', path: 'x[*][*]' }],
    ['id', 'name'],
    [{ field: 1, type: 'num' }],
    [{ field: 2, type: 'str' }],
    [{ field: 2, type: 'STR' }],
    [{ field: 300, type: 'unsigned' }],
  ];
  const format = [
    ['id', 'unsigned'],
    ['name', 'string'],
    ['data', 'map'],
  ];
  return [
    ['space', 't', { format }],
    ...parts.flatMap((part, at): Step[] => [
      ['index', 't', `i${at}`, { parts: part, id: 0 }],
      ['select', '_index', 0, 'EQ', hex(512, 0), 0, 1],
      ['dropIndex', 't', 0],
    ]),
  ].map((step) => withoutMaps(step as Step));
}

/** The order of a map's keys is Lua's affair: tuples with maps in them are only counted. */
function withoutMaps(step: Step): Step {
  return step[0] === 'select' ? ['count', '_index', 0, 'EQ', hex(512, 0)] : step;
}

function writesToIndex(): Step[] {
  const tuples: readonly Parameters<typeof hex>[] = [
    [512, 0, 'pk', 'tree', { unique: true }, [[0, 'unsigned']]],
    [512, 1, 'sk', 'tree', { unique: true }, [[1, 'unsigned']]],
    [512, 2, 'sk', 'tree', { unique: true }, [[1, 'unsigned']]],
    [512, 2, 's2', 'tree', { unique: 1 }, [[1, 'unsigned']]],
    [512, 2, 's2', 'tree', { foo: 1 }, [[1, 'unsigned']]],
    [512, 2, 's2', 'tree', {}, []],
    [512, 2, 's2', 'tree', {}, [[]]],
    [512, 2, 's2', 'tree', {}, [1]],
    [512, 2, 's2', 'tree', {}, [[1]]],
    [512, 2, 's2', 'tree', {}, [['a', 'unsigned']]],
    [512, 2, 's2', 'tree', {}, [[-1, 'unsigned']]],
    [512, 2, 's2', 'tree', {}, [[1, 'foo']]],
    [512, 2, 's2', 'tree', {}, [{ field: 1, type: 'unsigned', foo: 1 }]],
    [512, 2, 's2', 'tree', {}, [{ type: 'unsigned' }]],
    [512, 2, 's2', 'tree', {}, [{ field: 1 }]],
    [512, 3, 's3', 'tree', {}, [{ field: 1, type: 'unsigned', sort_order: 'desc' }]],
    [512, 4, 's4', 'tree', {}, [{ field: 1, type: 'unsigned', sort_order: 'foo' }]],
    [512, 5, 's4', 'foo', {}, [{ field: 1, type: 'unsigned' }]],
    [512, 5, 's4', 'tree', { dimension: -1 }, [{ field: 1, type: 'unsigned' }]],
    [512, 5, 's4', 'tree', { distance: 'x' }, [{ field: 1, type: 'unsigned' }]],
    [512, 200, 's4', 'tree', {}, [{ field: 1, type: 'unsigned' }]],
    [512, 5, '', 'tree', {}, [{ field: 1, type: 'unsigned' }]],
    [9999, 5, 'a', 'tree', {}, [{ field: 1, type: 'unsigned' }]],
    [512, 6, 'a', 'tree', {}, [{ field: 1, type: 'unsigned', path: '[' }]],
    [512, 6, 'a', 'tree', {}, [{ field: 2, type: 'unsigned', path: 'a.b' }]],
    [512, 7, 'a2', 'hash', {}, [{ field: 2, type: 'unsigned', path: 'a[*].b' }]],
    [512, 7, 'a2', 'tree', {}, [{ field: 0, type: 'array', path: 'a' }]],
    [512, 7, 'a2', 'tree', {}, [{ field: 2147483647, type: 'unsigned' }]],
    [512, 7, 'a2', 'tree', {}, [{ field: 5000000000, type: 'unsigned' }]],
    [272, 1, 'own', 'tree', {}, [[1, 'unsigned']]],
  ];
  return [
    ['space', 't', {}],
    ...tuples.map((tuple): Step => ['insert', '_index', hex(...tuple)]),
    ['delete', '_index', 0, hex(512, 0)],
    ['delete', '_index', 0, hex(512, 1)],
    ['delete', '_index', 0, hex(280, 0)],
    ['update', '_index', 0, hex(512, 0), hex(['=', 4, 'hash']), 1],
    ['update', '_index', 0, hex(512, 0), hex(['=', 1, 513]), 1],
  ];
}

function alterIndex(): Step[] {
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', {}],
    ['index', 't', 'sk', { parts: [2, 'string'], unique: false }],
    ...[1, 2, 3, 4].map((id): Step => ['insert', 't', hex(id, `k${id % 2}`, 5 - id)]),
    ['alter', 't', 1, { unique: true }],
    ['alter', 't', 1, { parts: [3, 'string'] }],
    ['alter', 't', 1, { parts: [3, 'unsigned'] }],
    ['select', 't', 1, 'ALL', hex(), 0, 10],
    ['alter', 't', 1, { type: 'hash' }],
    ['alter', 't', 1, { unique: true, type: 'hash' }],
    ['select', 't', 1, 'EQ', hex(2), 0, 10],
    ['alter', 't', 0, { parts: [2, 'string'] }],
    ['alter', 't', 0, { parts: [3, 'unsigned'] }],
    ['select', 't', 0, 'ALL', hex(), 0, 10],
    ['alter', 't', 0, { foo: 1 }],
    ['alter', 't', 9, { unique: true }],
    ['alter', 't', 1, { id: 5 }],
    ['alter', 't', 1, { id: 6, unique: false }],
    ['alter', 't', 1, { name: 'other' }],
    ['select', '_index', 0, 'GE', hex(512), 0, 10],
    ['index', 't', 'more', { parts: [2, 'string', 3, 'unsigned'] }],
    ['alter', 't', 0, { parts: [1, 'unsigned'] }],
    ['select', 't', 6, 'ALL', hex(), 0, 10],
    ['alter', 't', 0, { parts: [{ field: 1, type: 'unsigned', is_nullable: true }] }],
    ['truncate', 't'],
    ['len', 't', 6],
    ['insert', 't', hex(1, 'x', 1)],
    ['select', 't', 6, 'ALL', hex(), 0, 10],
  ];
}

function systemSpaces(): Step[] {
  const uuid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeee09';
  return [
    ['drop', '_space'],
    ['dropIndex', '_space', 0],
    ['dropIndex', '_schema', 0],
    ['delete', '_schema', 0, hex('cluster')],
    ['replace', '_schema', hex('cluster', 'x')],
    ['insert', '_cluster', hex(2, 'foo')],
    ['insert', '_cluster', hex(0, uuid)],
    ['insert', '_cluster', hex(32, uuid)],
    ['insert', '_cluster', hex('a', uuid)],
    ['insert', '_cluster', hex(5, uuid)],
    ['insert', '_cluster', hex(6, uuid)],
    ['replace', '_cluster', hex(5, uuid.replace('09', '08'))],
    ['replace', '_cluster', hex(5, uuid, 'extra')],
    ['insert', '_cluster', hex(7, '00000000-0000-0000-0000-000000000000')],
    ['delete', '_cluster', 0, hex(5)],
    ['insert', '_truncate', hex(272, 1)],
    ['insert', '_truncate', hex(9512, 1)],
    ['upsert', '_truncate', hex(512, 1), hex(['+', 1, 1]), 0],
    ['truncate', '_space'],
    ['insert', '_vspace', hex(1)],
    ['delete', '_vspace', 0, hex(1)],
    ['update', '_vspace', 0, hex(1), hex(), 1],
    ['truncate', '_vspace'],
    ['index', '_vspace', 'a', {}],
    ['select', '_vspace', 0, 'LT', hex(290), 0, 3],
    ['get', '_vspace', 2, hex('_user')],
    ['count', '_vindex', 0, 'EQ', hex(280)],
    ['len', '_vspace', 0],
    ['min', '_vspace', 0, hex()],
    ['random', '_vspace', 0, 1],
    ['get', '_session_settings', 0, hex('sql_full_metadata')],
    ['update', '_session_settings', 0, hex('sql_full_metadata'), hex(['=', 'value', true]), 1],
    ['update', '_session_settings', 0, hex('sql_full_metadata'), hex(['=', 'value', 1]), 1],
    ['update', '_session_settings', 0, hex('nope'), hex(['=', 'value', 1]), 1],
    ['insert', '_session_settings', hex('a', 1)],
    ['select', '_session_settings', 0, 'GE', hex('sql_f'), 0, 10],
    ['delete', '_session_settings', 0, hex('sql_full_metadata')],
  ];
}

function collations(): Step[] {
  return [
    ['collation', 'test', 'ICU', 'ru-RU'],
    ['collation', 'test', 'ICU', 'ru-RU'],
    ['collation', 'test2', 'foo', 'ru-RU'],
    ['collation', 'test2', 'ICU', 'ru_RU', { strength: 'tertiary' }],
    ['collation', 'test3', 'ICU', 'ru_RU', { strength: 'foo' }],
    ['collation', 'test3', 'ICU', 'ru_RU', { foo: 'foo' }],
    ['collation', 'test3', 'ICU', 'x'.repeat(40)],
    ['collation', 'test3', 5, 'ru'],
    ['dropCollation', 'test2'],
    ['dropCollation', 'test2'],
    ['dropCollation', 'none'],
    ['count', '_collation', 0, 'ALL', hex()],
  ];
}
