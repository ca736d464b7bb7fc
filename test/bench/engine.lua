-- Times of single operations at growing sizes, as `name value` lines: played by engine.bench.ts on Bee and on the real server.
local db = rawget(_G, 'db') or box
local clock = require('clock')
db.cfg{log = 'bench.log', wal_mode = 'none', memtx_memory = 1024 * 1024 * 1024}
local space, pk

local function create()
    space = db.schema.space.create('bench')
    pk = space:create_index('pk')
    space:create_index('sk', {parts = {2, 'unsigned'}, unique = false})
end

-- A round number that is not in order, always the same ones.
local function scattered(n, of) return n * 7919 % of + 1 end

local function fill(from, to)
    local begun = clock.monotonic()
    for first = from, to, 1000 do
        db.begin()
        for n = first, math.min(first + 999, to) do space:insert{n, n % 1000, 'row'} end
        db.commit()
    end
    return (to - from + 1) / (clock.monotonic() - begun)
end

local function perCall(count, call)
    for n = 1, count / 10 do call(n) end
    local begun = clock.monotonic()
    for n = 1, count do call(n) end
    return (clock.monotonic() - begun) / count * 1e6
end

-- What compiles code while it runs has compiled it when the figures begin.
create()
fill(1, 50000)
for n = 1, 50000 do space:get(n) pk:select(n, {limit = 1}) space:replace{n, n, 'new'} end
space:drop()

create()
local size = 0
for _, upTo in ipairs{1000, 10000, 100000, 1000000} do
    local rate = fill(size + 1, upTo)
    size = upTo
    print('fill ' .. upTo .. ' ' .. rate)
    print('get ' .. upTo .. ' ' .. perCall(20000, function(n) return space:get(scattered(n, size)) end))
    print('select ' .. upTo .. ' ' .. perCall(20000, function(n)
        return pk:select(scattered(n, size), {limit = 1})
    end))
    print('replace ' .. upTo .. ' ' .. perCall(20000, function(n)
        local key = scattered(n, size)
        return space:replace{key, key % 1000, 'new'}
    end))
end
local begun = clock.monotonic()
for _ = 1, 10 do pk:select({}, {limit = 10000}) end
print('select10000 1000000 ' .. (clock.monotonic() - begun) / 10 * 1000)
os.exit(0)
