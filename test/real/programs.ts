/**
 * Random programs for a console: definitions, data of all field types, transactions and mistakes. A statement is one line; whatever it
 * comes to, an answer or an error, both servers must say it alike.
 */
import fc from 'fast-check';

const spaces = ['s0', 's1'] as const;
const indexes = ['primary', 'second', 'third'] as const;
const uuids = [
  '11111111-1111-4111-8111-111111111111',
  '22222222-2222-4222-8222-222222222222',
  'ffffffff-ffff-4fff-bfff-ffffffffffff',
];

/** A value of a field, as Lua source, near the ends of what its type holds. */
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  unsigned: fc.constantFrom('0', '1', '2', '3', '255', '4294967296', '18446744073709551615ULL'),
  integer: fc.constantFrom('-1', '-2', '0', '5', '-9223372036854775808LL', '2147483648'),
  number: fc.constantFrom('1.5', '-0.5', '3', '1e300', '-1e-10', '9007199254740993ULL'),
  double: fc.constantFrom("require('ffi').cast('double', 2)", '0.25', '-1.75', '1e100'),
  decimal: fc.constantFrom(
    "require('decimal').new('1.5')",
    "require('decimal').new('-100')",
    "require('decimal').new('0.000001')",
  ),
  string: fc.constantFrom(
    "''",
    "'a'",
    "'b'",
    "'ab'",
    "'Z'",
    "'ä'",
    "'\\0'",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
  ),
  boolean: fc.constantFrom('true', 'false'),
  uuid: fc.constantFrom(...uuids.map((uuid) => `require('uuid').fromstr('${uuid}')`)),
  array: fc.constantFrom('{}', '{1, 2}', "{'x', {1}}", '{1, db.NULL}'),
  map: fc.constantFrom('{a = 1}', '{a = {b = 2}}', "setmetatable({}, {__serialize = 'map'})"),
  null: fc.constant('db.NULL'),
};

const anyValue = fc.oneof(...Object.values(values));
const smallKey = fc.constantFrom(
  '1',
  '2',
  '3',
  '4',
  "'a'",
  'db.NULL',
  '1.5',
  '-1',
  '{}',
  '{1}',
  '{1, 2}',
  "{'a'}",
);
const indexedTypes = [
  'unsigned',
  'integer',
  'number',
  'double',
  'decimal',
  'string',
  'boolean',
  'uuid',
  'scalar',
] as const;

/** The first of them is there in most programs, and what is not there has one answer only. */
const spaceName = fc.constantFrom('s0', 's0', 's0', 's1', 's1');
const indexName = fc.constantFrom(
  'primary',
  'primary',
  'primary',
  'primary',
  'second',
  'second',
  'third',
);
const space = spaceName.map((name) => `db.space.${name}`);
const index = fc.tuple(space, indexName).map(([of, name]) => `${of}.index.${name}`);

/** A tuple, mostly of a shape that the spaces' usual indexes take. */
const tuple = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          values['unsigned'] ?? anyValue,
          values['string'] ?? anyValue,
          fc.array(anyValue, { maxLength: 2 }),
        )
        .map(([id, name, rest]) => [id, name, ...rest]),
    },
    { weight: 2, arbitrary: fc.array(anyValue, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant<string[]>([]) },
  )
  .map((fields) => `{${fields.join(', ')}}`);

const part = fc
  .record({
    field: fc.integer({ min: 1, max: 4 }),
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<string>(...indexedTypes) },
      { weight: 1, arbitrary: fc.constantFrom('map', 'any', 'nonsense') },
    ),
    options: fc.constantFrom('', '', '', ', is_nullable = true', ", collation = 'unicode_ci'"),
  })
  .map(({ field, type, options }) => `{${field}, '${type}'${options}}`);

const usualParts = fc.constantFrom(
  "{{1, 'unsigned'}}",
  "{{1, 'unsigned'}}",
  "{{1, 'unsigned'}, {2, 'string'}}",
  "{{2, 'string'}}",
  "{{1, 'scalar'}}",
);

const createIndex = fc
  .record({
    space,
    name: indexName,
    type: fc.constantFrom(
      '',
      '',
      '',
      ", type = 'tree'",
      ", type = 'hash'",
      ", type = 'bitset'",
      ", type = 'rtree'",
    ),
    unique: fc.constantFrom('', '', ', unique = true', ', unique = false'),
    parts: fc.oneof(
      usualParts,
      fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `{${parts.join(', ')}}`),
    ),
  })
  .map(
    ({ space, name, type, unique, parts }) =>
      `i = ${space}:create_index('${name}', {parts = ${parts}${type}${unique}})`,
  );

const formatField = fc
  .record({
    name: fc.constantFrom('id', 'name', 'more'),
    type: fc.constantFrom(
      'unsigned',
      'integer',
      'string',
      'number',
      'any',
      'scalar',
      'array',
      'map',
      'boolean',
      'decimal',
      'uuid',
      'double',
    ),
    options: fc.constantFrom('', ', is_nullable = true'),
  })
  .map(({ name, type, options }) => `{name = '${name}', type = '${type}'${options}}`);
const format = fc.array(formatField, { maxLength: 3 }).map((fields) => `{${fields.join(', ')}}`);

const createSpace = fc
  .record({
    name: fc.constantFrom(...spaces),
    options: fc.oneof(
      fc.constantFrom('', ', {field_count = 3}', ', {temporary = true}'),
      format.map((fields) => `, {format = ${fields}}`),
    ),
  })
  .map(({ name, options }) => `s = db.schema.space.create('${name}'${options})`);

const definition = fc.oneof(
  { weight: 4, arbitrary: createIndex },
  { weight: 2, arbitrary: createSpace },
  { weight: 1, arbitrary: index.map((it) => `${it}:drop()`) },
  { weight: 1, arbitrary: space.map((it) => `${it}:truncate()`) },
  {
    weight: 1,
    arbitrary: fc.tuple(space, format).map(([it, fields]) => `${it}:format(${fields})`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(index, fc.array(part, { minLength: 1, maxLength: 2 }))
      .map(([it, parts]) => `${it}:alter({parts = {${parts.join(', ')}}})`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(index, fc.constantFrom('true', 'false'))
      .map(([it, unique]) => `${it}:alter({unique = ${unique}})`),
  },
);

const operation = fc
  .record({
    operator: fc.constantFrom('=', '+', '-', '&', '|', '^', '!', '#', ':', '?'),
    field: fc.constantFrom('1', '2', '3', '4', '-1', '0', "'name'"),
    value: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('1', '2', "'x'", '-1', '1.5') },
      { weight: 1, arbitrary: anyValue },
    ),
  })
  .map(({ operator, field, value }) =>
    operator === ':' ? `{':', ${field}, 1, 1, 'zz'}` : `{'${operator}', ${field}, ${value}}`,
  );
const operations = fc.array(operation, { maxLength: 3 }).map((list) => `{${list.join(', ')}}`);

const change = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(space, tuple).map(([it, row]) => `${it}:insert(${row})`) },
  { weight: 3, arbitrary: fc.tuple(space, tuple).map(([it, row]) => `${it}:replace(${row})`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.oneof(space, index), smallKey, operations)
      .map(([it, key, ops]) => `${it}:update(${key}, ${ops})`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(space, tuple, operations)
      .map(([it, row, ops]) => `${it}:upsert(${row}, ${ops})`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(space, index), smallKey)
      .map(([it, key]) => `${it}:delete(${key})`),
  },
);

const iterator = fc.constantFrom(
  'EQ',
  'REQ',
  'ALL',
  'LT',
  'LE',
  'GE',
  'GT',
  'BITS_ALL_SET',
  'BITS_ANY_SET',
  'OVERLAPS',
  'NEIGHBOR',
);
const question = fc.oneof(
  { weight: 3, arbitrary: space.map((it) => `${it}:select()`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(index, smallKey, iterator)
      .map(([it, key, kind]) => `${it}:select(${key}, {iterator = '${kind}'})`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(index, smallKey, fc.integer({ min: 0, max: 2 }))
      .map(([it, key, limit]) => `${it}:select(${key}, {limit = ${limit}, offset = 1})`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(space, index), smallKey).map(([it, key]) => `${it}:get(${key})`),
  },
  { weight: 1, arbitrary: fc.tuple(index, smallKey).map(([it, key]) => `${it}:count(${key})`) },
  {
    weight: 1,
    arbitrary: fc.tuple(index, fc.constantFrom('min', 'max')).map(([it, end]) => `${it}:${end}()`),
  },
  { weight: 1, arbitrary: fc.oneof(space, index).map((it) => `${it}:len()`) },
  {
    weight: 1,
    arbitrary: space.map(
      (it) => `for _, t in ${it}:pairs() do r = t:tomap({names_only = true}) end return r`,
    ),
  },
  { weight: 1, arbitrary: space.map((it) => `${it}:format()`) },
);

/** Changes in one transaction; the first that fails ends it, as a program that does not look would have it. */
const transaction = fc
  .tuple(fc.array(change, { minLength: 1, maxLength: 3 }), fc.constantFrom('commit', 'rollback'))
  .map(([changes, end]) => {
    const guarded = changes.map((one) => `{pcall(function() return ${one} end)}`).join(', ');
    return `db.begin() local r = {${guarded}} db.${end}() return r`;
  });

const create = (name: string, ...definitions: readonly string[]): string[] => [
  `s = db.schema.space.create('${name}')`,
  ...definitions.map(
    (definition, at) => `i = db.space.${name}:create_index('${indexes[at]}', {${definition}})`,
  ),
];

/** What there is at first: spaces with indexes of all types over fields of all types. */
const beginnings: readonly string[][] = [
  [],
  [...create('s0', ''), ...create('s1', "parts = {{1, 'scalar'}}")],
  [
    ...create('s0', '', "parts = {{2, 'string'}}, unique = false"),
    ...create('s1', "parts = {{2, 'string', collation = 'unicode_ci'}}"),
  ],
  [
    ...create(
      's0',
      '',
      "parts = {{3, 'decimal', is_nullable = true}}, unique = false",
      "parts = {{4, 'uuid', is_nullable = true}}, unique = false",
    ),
    ...create('s1', "parts = {{1, 'number'}}", "parts = {{2, 'scalar'}, {1, 'number'}}"),
  ],
  [
    ...create('s0', "type = 'hash', parts = {{1, 'unsigned'}, {2, 'string'}}"),
    ...create(
      's1',
      '',
      "type = 'bitset', unique = false, parts = {{1, 'unsigned'}}",
      "parts = {{3, 'boolean', is_nullable = true}}, unique = false",
    ),
  ],
  [
    ...create(
      's0',
      '',
      "parts = {{3, 'double', is_nullable = true}}, unique = false",
      "parts = {{4, 'any'}}",
    ),
    ...create(
      's1',
      "parts = {{1, 'integer'}}",
      "type = 'rtree', unique = false, parts = {{3, 'array'}}",
    ),
  ],
  [
    "s = db.schema.space.create('s0', {format = {{'id', 'unsigned'}, {'name', 'string'}, {name = 'more', type = 'any', is_nullable = true}}})",
    "i = db.space.s0:create_index('primary', {parts = {'id'}})",
    "i = db.space.s0:create_index('second', {parts = {'name', 'id'}})",
    ...create(
      's1',
      '',
      "parts = {{3, 'unsigned', path = 'a', is_nullable = true}}, unique = false",
    ),
  ],
];

/** A program, in most of which there is something to work with from the start. */
export const program: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.constantFrom(...beginnings),
    fc.array(
      fc.oneof(
        { weight: 2, arbitrary: definition },
        { weight: 7, arbitrary: change },
        { weight: 5, arbitrary: question },
        { weight: 1, arbitrary: transaction },
      ),
      { minLength: 5, maxLength: 30, size: 'max' },
    ),
  )
  .map(([first, rest]) => [...first, ...rest]);

/** What a program may have left, so that the next one begins on an empty server. */
export const cleaning = spaces.map(
  (name) => `if db.space.${name} then db.space.${name}:drop() end s, i, r = nil`,
);
