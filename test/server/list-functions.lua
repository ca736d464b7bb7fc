-- Lists the functions that programs find, as `area|name` on one line each: run by `npm run record -- functions` on the real
-- server, and by functions.test.ts on Bee. Names that begin with an underscore and `internal` are nobody's but the server's own.
local db = rawget(_G, 'db') or box
local found = {}

-- `select_ffi` and `select_luac` are `select`; metatables, what `bless` makes methods of, and what `package` has loaded come
-- under their own names.
local own = {'^_', '%W_', '_ffi$', '_luac$', '_mt%.', 'bless$', '^loaded%.', '^preload%.', '^box_api%.'}

local function add(area, name)
    for _, pattern in ipairs(own) do
        if name:match(pattern) then return end
    end
    found[area .. '|' .. name] = true
end

local function isCallable(value)
    if type(value) == 'function' then return true end
    local mt = type(value) == 'table' and getmetatable(value)
    return type(mt) == 'table' and mt.__call ~= nil
end

-- Functions below a table, by their path from it.
local function walk(area, path, value, depth, seen)
    if type(value) ~= 'table' or seen[value] or depth > 2 then return end
    seen[value] = true
    for k, v in pairs(value) do
        if type(k) == 'string' and k:match('^[%a_][%w_]*$') and k ~= 'internal' then
            local name = path == '' and k or path .. '.' .. k
            if isCallable(v) or type(v) == 'cdata' and tostring(v):match('%(%)') then add(area, name) end
            walk(area, name, v, depth + 1, seen)
        end
    end
end

local function methods(area, value)
    -- Types of C hide their metatables from getmetatable.
    local mt = debug.getmetatable(value)
    local index = type(mt) == 'table' and mt.__index
    walk(area, '', type(index) == 'table' and index or {}, 2, {})
    if type(value) == 'table' then
        for k, v in pairs(value) do
            if type(k) == 'string' and type(v) == 'function' then add(area, k) end
        end
    end
end

-- `db` itself; spaces and the like are objects, whose methods come below.
for name, value in pairs(db) do
    if name ~= 'internal' and name ~= 'space' and name ~= 'sequence' and name ~= 'func' then
        if isCallable(value) or name == 'is_in_txn' then add('db', name) end
        walk('db', name, value, 1, {})
    end
end
for _, name in ipairs{'new', 'last', 'clear', 'set'} do
    if db.error[name] ~= nil then add('db', 'error.' .. name) end
end
for _, name in ipairs{'unpack', 'raise', 'match', 'set_prev'} do
    if db.error.new(1, 'x')[name] ~= nil then add('an error', name) end
end
local tuple = db.tuple.new{1}
for name in pairs(db.tuple) do
    if name ~= 'new' and name ~= 'is' and tuple[name] ~= nil then add('a tuple', name) end
end
local space = db.schema.space.create('functions')
local index = space:create_index('pk', {sequence = true})
methods('a space', space)
methods('an index', index)
methods('a sequence', db.sequence.functions_seq)
space:drop()

local modules = 'bit buffer clock console coroutine crypto csv debug decimal digest errno ffi fiber fio fun ' ..
    'http.client iconv io jit json key_def log math merger msgpack net.box os package pickle popen pwd ' ..
    'socket string strict swim table tap tarantool title uri utf8 uuid xlog yaml'
for name in modules:gmatch('%S+') do
    local ok, module = pcall(require, name)
    if not ok then
        found['refused|' .. name .. '|' .. tostring(module):gsub('%s+', '~')] = true
    elseif type(module) == 'table' then
        walk('module ' .. name, '', module, 1, {})
        if isCallable(module) then add('module ' .. name, name) end
    elseif type(module) == 'function' then
        add('module ' .. name, name)
    end
end
for name, value in pairs(_G) do
    if type(value) == 'function' then add('globals', name) end
end

local fiber, fio = require('fiber'), require('fio')
methods('a fiber', fiber.self())
methods('a channel', fiber.channel(1))
methods('a condition', fiber.cond())
local path = fio.pathjoin(fio.tempdir(), 'functions')
local file = fio.open(path, {'O_CREAT', 'O_RDWR'}, tonumber('644', 8))
methods('a file', file)
file:close()
fio.unlink(path)
methods('a net.box connection', require('net.box').self)
walk('an iterator of fun', '', debug.getmetatable((require('fun').iter({}))).__index, 2, {})

local list = {}
for entry in pairs(found) do table.insert(list, (entry:gsub(' ', '~'))) end
table.sort(list)
return table.concat(list, '\n')
