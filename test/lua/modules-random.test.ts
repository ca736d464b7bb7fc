/**
 * Every function of every module and of the language, called with arguments of every kind. Whatever is said, it is said in bounded
 * time, the server does not speak of its own insides, and it answers the next statement.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LuaWorld } from './lua-world.ts';

/** Not called: they end the server, wait for what never comes, or have their own tests of waiting. */
const excluded = new Set([
  'os.exit',
  'fiber.sleep',
  'fiber.join',
  'fiber.kill',
  'fiber.cancel',
  'debug.sethook',
  'console.start',
  'console.listen',
  'console.connect',
  'io.read',
  'io.lines',
]);

const modules =
  'bit buffer clock coroutine crypto csv debug decimal digest errno ffi fiber fio fun io json log math msgpack msgpackffi ' +
  'os pickle string table tap uri utf8 uuid yaml tarantool net.box xlog internal.argparse internal.trigger';

const setUp = [
  'db.cfg{}',
  `modules = {} for name in ('${modules}'):gmatch('%S+') do
     local ok, module = pcall(require, name) modules[name] = ok and module or nil end`,
  `cyclic = {1} cyclic[2] = cyclic cyclic.me = cyclic
   deep = {} do local d = deep for i = 1, 300 do d[1] = {} d = d[1] end end`,
  `ffi = modules.ffi ffi.cdef('struct point { int x; double y; };')
   point = ffi.new('struct point') bytes = ffi.new('char[8]') ibuf = modules.buffer.ibuf()
   handle = modules.fio.open('some', {'O_CREAT', 'O_RDWR'}) cond = modules.fiber.cond() channel = modules.fiber.channel(2)
   decimal = modules.decimal.new('1.5') uuid = modules.uuid.new() future = nil`,
  `objects = {handle = handle, cond = cond, channel = channel, ibuf = ibuf, decimal = decimal, uuid = uuid,
     crc32 = modules.digest.crc32.new(), md5 = modules.crypto.digest.md5.new(), iterator = modules.fun.range(3),
     cipher = modules.crypto.cipher.aes128.cbc.encrypt.new()}`,
];

/** The paths of all functions, those of the modules' tables and the methods of some of their objects. */
const listFunctions = `(function()
  local found = {}
  local function add(path, value) if type(value) == 'function' then found[path] = true end end
  for name, module in pairs(modules) do
    if type(module) == 'table' then
      for key, value in pairs(module) do
        if type(key) == 'string' then
          add("modules['" .. name .. "']." .. key, value)
          if type(value) == 'table' then
            for inner, f in pairs(value) do
              if type(inner) == 'string' then add("modules['" .. name .. "']." .. key .. '.' .. inner, f) end
            end
          end
        end
      end
    end
  end
  for key, value in pairs(_G) do add('_G.' .. key, value) end
  for name, object in pairs(objects) do
    local mt = debug.getmetatable(object)
    local index = type(mt) == 'table' and mt.__index
    if type(index) == 'table' then
      for key, value in pairs(index) do if type(key) == 'string' then add('objects.' .. name .. '.' .. key, value) end end
    end
  end
  local list = {}
  for path in pairs(found) do table.insert(list, path) end
  table.sort(list)
  return table.concat(list, ' ')
end)()`;

const argumentTexts = [
  ...['nil', 'true', 'false', '0', '1', '3', '-1', '1.5', '-0.5', '255', '2^31', '2^53', '-2^63'],
  ...['0/0', '1/0', '-1/0', '1ULL', '-1LL', '18446744073709551615ULL', 'db.NULL'],
  ...["''", "'1'", "'a'", "'abc,d'", "'x\\ny'", "'\\0\\255'", "'0x10'", "'%s%d'", "'%'", "'['"],
  ...["'(a*)*b'", "'{}'", '\'[1,{"a":2}]\'', "'- 1\\n- a'", "'\\147\\1\\2'", "'localhost:3301'"],
  ...["string.rep('x', 5000)", "string.rep('[', 500)", "'int'", "'struct point'", "'int[2]'"],
  ...["'some'", "'/'", "'nosuch'", "'2020-01-01'", "'1e400'", "'1.5'", "('é'):rep(3)"],
  ...['{}', '{1}', '{1, 2, 3}', "{'a', 'b'}", '{a = 1}', '{{1, 2}, {3}}', '{[1] = 1, [50] = 2}'],
  ...["{delimiter = ';'}", '{urlsafe = true}', "{'O_RDONLY'}", '{timeout = 0.01}', '{day = 1}'],
  ...['{year = 2020, month = 1, day = 1}', "{host = 'localhost', service = '1'}", '{print}'],
  ...['print', 'function() end', 'function(...) return ... end', "function() error('x') end"],
  ...['cyclic', 'deep', 'point', 'bytes', 'ibuf', 'decimal', 'uuid', 'handle', 'cond', 'channel'],
  ...["setmetatable({}, {__index = function() error('i') end})", 'coroutine.create(print)'],
  ...['setmetatable({}, {__serialize = function() return 5 end})', '_G', "ffi.typeof('int')"],
];

/** Words that only a bug in Bee puts into an answer. */
const insides =
  /internal error|is not a function|Cannot (read|set)|undefined (is|\()|\[object |Invalid array|Maximum call/;

function newWorld(): LuaWorld {
  const world = new LuaWorld();
  for (const statement of setUp) expect(world.answer(statement)).toBe('');
  return world;
}

function functionsOf(world: LuaWorld): string[] {
  const listed = world.answer(`return ${listFunctions}`).replace(/^- /, '').split(/\s+/);
  return listed.filter((path) => {
    const name = path.replace(/^modules\['(.*)'\]/, '$1').replace(/^_G\./, '');
    return path !== '' && !excluded.has(name) && !/^(dofile|loadfile|require|tutorial)$/.test(name);
  });
}

interface Call {
  readonly path: string;
  readonly args: readonly string[];
}

/** A call in a fiber of its own, with an end: what it waits for may never come. */
function statementOf({ path, args }: Call): string {
  const values = path.startsWith('objects.') ? [path.replace(/\.[^.]*$/, ''), ...args] : args;
  const call = `pcall(${[path, ...values].join(', ')})`;
  return `do local f = require('fiber').new(function() shown = {${call}} end) f:set_joinable(true)
    for i = 1, 20 do if f:status() == 'dead' then break end require('fiber').sleep(0.01) end
    if f:status() ~= 'dead' then f:cancel() end end return tostring(shown and shown[2])`;
}

const seed = Number(process.env['FUZZ_SEED'] ?? 20260);

describe('functions of modules with arguments of every kind', () => {
  test('answer in bounded time, in the words of the language', () => {
    const paths = functionsOf(newWorld());
    expect(paths.length).toBeGreaterThan(400);
    const call = fc.record({
      path: fc.constantFrom(...paths),
      args: fc.array(fc.constantFrom(...argumentTexts), { maxLength: 4 }),
    });
    const programs = fc.array(call, { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(programs, (calls) => {
        const world = newWorld();
        for (const one of calls) {
          const statement = statementOf(one);
          const began = performance.now();
          const answer = world.answer(statement);
          expect(answer, statement).not.toMatch(insides);
          expect(performance.now() - began, statement).toBeLessThan(5000);
        }
        expect(world.answer('return 1 + 1')).toBe('- 2\n');
      }),
      { seed, numRuns: Number(process.env['FUZZ_RUNS'] ?? 15), endOnFailure: true },
    );
  }, 120_000);
});
