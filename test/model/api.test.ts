/**
 * Every function of `db`, of spaces, indexes, tuples, sequences and errors, called with arguments of every kind. Whatever is
 * said, the server must not speak of its own insides, must answer the next statement, and its indexes must agree.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LuaWorld } from '../lua/lua-world.ts';
import { brokenInvariants } from './api-invariants.ts';

const setUp = [
  'db.cfg{}',
  `t = db.schema.space.create('t', {format = {{'id', 'unsigned'}, {'name', 'any', is_nullable = true}}})
   t:create_index('pk', {sequence = true})
   t:create_index('sk', {parts = {{2, 'scalar', is_nullable = true}}, unique = false})
   for i = 1, 20 do t:insert{i, i % 3} end`,
  `h = db.schema.space.create('h')
   h:create_index('pk', {type = 'hash', parts = {1, 'string'}})
   h:create_index('bits', {type = 'bitset', unique = false, parts = {2, 'unsigned'}})
   h:create_index('area', {type = 'rtree', unique = false, parts = {3, 'array'}})
   for i = 1, 20 do h:insert{tostring(i), i, {i, i}} end`,
  `m = db.schema.space.create('m')
   m:create_index('pk')
   m:create_index('tags', {unique = false, parts = {{2, 'string', path = '[*]'}}})
   m:create_index('number', {parts = {{3, 'number', is_nullable = true}}})
   for i = 1, 20 do m:insert{i, {'a' .. i % 4, 'b'}, i / 2} end`,
  `q = db.schema.sequence.create('q') db.schema.user.create('u') db.schema.role.create('r')
   db.schema.func.create('f', {body = 'function(...) return ... end'})`,
  'tuple = t:get(3) e = db.error.new(1, "x")',
  'cyclic = {1} cyclic[2] = cyclic deep = {} do local d = deep for i = 1, 300 do d[1] = {} d = d[1] end end',
];

/** Not called: these wait for another state of the server, for ever when nobody changes it. */
const waiting = ['db.ctl.wait_ro', 'db.ctl.wait_rw'];

/** The paths of all functions below some values, with the methods of each. */
const listFunctions = `(function()
  local found, seen = {}, {}
  local function walk(path, value, depth)
    if type(value) ~= 'table' or seen[value] or depth > 4 then return end
    seen[value] = true
    local mt = getmetatable(value)
    for _, source in ipairs{value, mt and mt.__index or {}} do
      if type(source) == 'table' then
        for k, v in pairs(source) do
          if type(k) == 'string' and k:match('^[%a_][%w_]*$') then
            if type(v) == 'function' then found[path .. '.' .. k] = true
            else walk(path .. '.' .. k, v, depth + 1) end
          end
        end
      end
    end
    if mt and mt.__call then found[path] = true end
  end
  local values = {db = db, t = t, h = h, m = m, q = q, ['t.index.pk'] = t.index.pk,
    ['t.index.sk'] = t.index.sk, ['h.index.pk'] = h.index.pk, ['h.index.bits'] = h.index.bits,
    ['h.index.area'] = h.index.area, ['m.index.tags'] = m.index.tags, ['m.index.number'] = m.index.number}
  for path, value in pairs(values) do seen = {} walk(path, value, 0) end
  for name in pairs(db.tuple) do found['tuple.' .. name] = true end
  for _, name in ipairs{'unpack', 'match', 'set_prev', 'raise'} do found['e.' .. name] = true end
  local list = {}
  for path in pairs(found) do table.insert(list, path) end
  table.sort(list)
  return table.concat(list, ' ')
end)()`;

const argumentTexts = [
  ...[
    'nil',
    'true',
    'false',
    '0',
    '1',
    '2',
    '5',
    '-1',
    '1.5',
    '2^31',
    '2^53',
    '2^64',
    '-2^63',
    '0/0',
  ],
  ...[
    '1/0',
    '-1/0',
    '1ULL',
    '-1LL',
    '18446744073709551615ULL',
    "''",
    "'1'",
    "'a'",
    "'id'",
    "'\\0\\255'",
  ],
  ...["string.rep('x', 5000)", "'t'", "'h'", "'pk'", "'sk'", "'q'", "'u'", "'r'", "'f'", "'zz'"],
  ...["'guest'", "'admin'", "'public'", "'super'", "'read'", "'write'", "'read,write,execute'"],
  ...["'universe'", "'space'", "'function'", "'role'", "'user'", "'sequence'", "'unicode_ci'"],
  ...[
    '{}',
    '{1}',
    '{2, 3}',
    '{1, 2, 3, 4}',
    "{'a'}",
    "{'5', 5, {5, 5}}",
    '{{1, 2}, {3}}',
    '{a = 1}',
  ],
  ...["{30, {'a1', 'c'}, 7.5}", '{db.NULL}', '{db.NULL, db.NULL}', '{1, {a = {b = 1}}}', '{print}'],
  ...[
    "{{'=', 2, 1}}",
    "{{'+', 1, 1}}",
    "{{'=', 1, 9}}",
    "{{'#', 1, 1}}",
    "{{'!', -1, 'n'}}",
    "{{'?'}}",
  ],
  ...[
    "{{':', 2, 1, 1, 'z'}}",
    "{{'=', '[2][1]', 'w'}}",
    "{{'=', 'name', {}}}",
    '{{}}',
    '{[1] = 1, [50] = 2}',
  ],
  ...["{iterator = 'GE'}", "{iterator = 'LT', limit = 3}", '{limit = -1}', '{offset = 2^40}'],
  ...[
    "{iterator = 'BITS_ANY_SET'}",
    "{iterator = 'NEIGHBOR'}",
    '{iterator = {}}',
    '{if_not_exists = true}',
  ],
  ...[
    '{if_exists = true}',
    "{parts = {2, 'unsigned'}}",
    "{parts = {{1, 'string'}}, unique = false}",
  ],
  ...[
    "{type = 'hash'}",
    "{type = 'rtree', parts = {3, 'array'}}",
    "{name = 'nn'}",
    '{unique = true}',
  ],
  ...[
    "{format = {{'a', 'any'}}}",
    "{{'id', 'unsigned'}}",
    "{{name = 'x', type = 'string'}}",
    '{step = -1}',
  ],
  ...[
    '{sequence = true}',
    '{read_only = false}',
    '{too_long_threshold = 1}',
    '{nosuch = 1}',
    '{code = 1}',
  ],
  ...[
    'function() end',
    'function(...) return ... end',
    "function() error('x') end",
    'print',
    'db.NULL',
  ],
  ...[
    "require('uuid').new()",
    "require('decimal').new('1.5')",
    'tuple',
    't',
    't.index.pk',
    'q',
    'e',
  ],
  ...[
    'coroutine.create(function() end)',
    "setmetatable({}, {__index = function() error('i') end})",
  ],
  ...['cyclic', 'deep', 'setmetatable({}, {__serialize = function() return 5 end})', 'h', 'm'],
];

/** Words that only a bug in Bee puts into an answer. */
const insides =
  /internal error|is not a function|Cannot read|undefined|\[object |Invalid array|NaN:/;

function newWorld(): LuaWorld {
  const world = new LuaWorld();
  for (const statement of setUp) {
    expect(world.answer(statement)).toBe('');
  }
  return world;
}

function functionsOf(world: LuaWorld): string[] {
  const listed = world.answer(`return ${listFunctions}`).replace(/^- /, '').split(/\s+/);
  return listed.filter((path) => path !== '' && !waiting.includes(path));
}

interface Call {
  readonly path: string;
  readonly isMethod: boolean;
  readonly args: readonly string[];
}

function callsOf(paths: readonly string[]): fc.Arbitrary<Call[]> {
  const call = fc.record({
    path: fc.constantFrom(...paths),
    isMethod: fc.boolean(),
    args: fc.array(fc.constantFrom(...argumentTexts), { maxLength: 4, size: 'max' }),
  });
  return fc.array(call, { minLength: 1, maxLength: 60, size: 'max' });
}

/** A statement that makes the call, and tells what came of it in one text. */
function statementOf({ path, isMethod, args }: Call): string {
  const self = path.includes('.') ? [path.slice(0, path.lastIndexOf('.'))] : [];
  const given = [...(isMethod ? self : []), ...args].join(', ');
  return `do local ok, what = pcall(function() return (${path})(${given}) end) return tostring(what) end`;
}

describe('the functions of db', () => {
  const paths = functionsOf(newWorld());

  test('are many', () => {
    expect(paths.length).toBeGreaterThan(250);
  });

  test('take whatever they are given, and the indexes agree afterwards', () => {
    fc.assert(
      fc.property(callsOf(paths), (calls) => {
        const world = newWorld();
        for (const call of calls) {
          const statement = statementOf(call);
          const answer = world.answer(statement);
          if (insides.test(answer)) throw new Error(`${statement}\n${answer}`);
        }
        expect(brokenInvariants(world.instance)).toEqual([]);
        expect(world.answer('return 1 + 1')).toBe('- 2\n');
      }),
      {
        seed: Number(process.env['API_SEED'] ?? 20_260),
        numRuns: Number(process.env['API_RUNS'] ?? 100),
        endOnFailure: false,
      },
    );
  });
});
