-- Plays the scene that comes on standard input on a fresh server and prints what each step gave.
-- Tuples, keys and operations go in and out as MessagePack in hexadecimal, through the C functions
-- that Lua's own methods are made of: what Lua would change on the way stays as it is.
local fio, json, ffi = require('fio'), require('json'), require('ffi')
local directory = fio.tempdir()
box.cfg{work_dir = directory, log = directory .. '/log', wal_mode = 'none'}

ffi.cdef[[
typedef struct tuple box_tuple_t;
typedef struct iterator box_iterator_t;
int box_insert(uint32_t, const char *, const char *, box_tuple_t **);
int box_replace(uint32_t, const char *, const char *, box_tuple_t **);
int box_delete(uint32_t, uint32_t, const char *, const char *, box_tuple_t **);
int box_update(uint32_t, uint32_t, const char *, const char *, const char *, const char *, int, box_tuple_t **);
int box_upsert(uint32_t, uint32_t, const char *, const char *, const char *, const char *, int, box_tuple_t **);
int box_truncate(uint32_t);
]]

local function bytes(hex)
    return (hex:gsub('..', function(digits) return string.char(tonumber(digits, 16)) end))
end

local function hex(tuple)
    if tuple == nil then return json.NULL end
    -- A tuple is encoded as it is stored.
    return (require('msgpack').encode(tuple):gsub('.', function(c) return ('%02x'):format(c:byte()) end))
end

local result = ffi.new('box_tuple_t *[1]')

-- The C function's tuple as text: made by a select of what the pointer holds.
local function give(failed)
    if failed ~= 0 then box.error() end
    if result[0] == nil then return json.NULL end
    return hex(ffi.cast('struct tuple &', result[0]))
end

local function number(value)
    if value < 0 then box.error() end
    return tonumber(value)
end

local function id(name)
    local space = box.space[name]
    return space and space.id or 99999
end

local function span(data)
    local text = bytes(data)
    local from = ffi.cast('const char *', text)
    return from, from + #text, text
end

local savepoints = {}
local calls = {}

function calls.insert(space, tuple)
    local from, to, hold = span(tuple)
    return give(ffi.C.box_insert(id(space), from, to, result))
end
function calls.replace(space, tuple)
    local from, to, hold = span(tuple)
    return give(ffi.C.box_replace(id(space), from, to, result))
end
function calls.delete(space, index, key)
    local from, to, hold = span(key)
    return give(ffi.C.box_delete(id(space), index, from, to, result))
end
function calls.update(space, index, key, ops, base)
    local from, to, hold = span(key)
    local opsFrom, opsTo, opsHold = span(ops)
    return give(ffi.C.box_update(id(space), index, from, to, opsFrom, opsTo, base, result))
end
function calls.upsert(space, tuple, ops, base)
    local from, to, hold = span(tuple)
    local opsFrom, opsTo, opsHold = span(ops)
    return give(ffi.C.box_upsert(id(space), 0, from, to, opsFrom, opsTo, base, result))
end
function calls.get(space, index, key)
    local from, to, hold = span(key)
    return give(ffi.C.box_index_get(id(space), index, from, to, result))
end
function calls.select(space, index, iterator, key, offset, limit)
    local from, to, hold = span(key)
    local tuples = ffi.C.box_index_iterator(id(space), index, box.index[iterator], from, to)
    if tuples == nil then box.error() end
    local list = setmetatable({}, {__serialize = 'seq'})
    for at = 1, offset + limit do
        local tuple = give(ffi.C.box_iterator_next(tuples, result))
        if tuple == json.NULL then break end
        if at > offset then table.insert(list, tuple) end
    end
    ffi.C.box_iterator_free(tuples)
    return list
end
function calls.count(space, index, iterator, key)
    local from, to, hold = span(key)
    return number(ffi.C.box_index_count(id(space), index, box.index[iterator], from, to))
end
function calls.min(space, index, key)
    local from, to, hold = span(key)
    return give(ffi.C.box_index_min(id(space), index, from, to, result))
end
function calls.max(space, index, key)
    local from, to, hold = span(key)
    return give(ffi.C.box_index_max(id(space), index, from, to, result))
end
function calls.random(space, index, seed)
    return give(ffi.C.box_index_random(id(space), index, seed, result))
end
function calls.len(space, index) return number(ffi.C.box_index_len(id(space), index)) end
function calls.bsize(space, index) return number(ffi.C.box_index_bsize(id(space), index)) end
function calls.truncate(space)
    if ffi.C.box_truncate(id(space)) ~= 0 then box.error() end
end

function calls.begin() box.begin() end
function calls.commit() box.commit() end
function calls.rollback() box.rollback() end
function calls.savepoint(name) savepoints[name] = box.savepoint() end
function calls.rollbackTo(name) box.rollback_to_savepoint(savepoints[name]) end

function calls.space(name, options) box.schema.space.create(name, options) end
function calls.index(space, name, options) box.schema.index.create(id(space), name, options) end
function calls.alter(space, index, options) box.schema.index.alter(id(space), index, options) end
function calls.dropIndex(space, index) box.schema.index.drop(id(space), index) end
function calls.renameIndex(space, index, name) box.schema.index.rename(id(space), index, name) end
function calls.drop(space) box.schema.space.drop(id(space), space) end
function calls.renameSpace(space, name) box.schema.space.rename(id(space), name) end
function calls.format(space, format) box.schema.space.format(id(space), format) end

function calls.sequence(name, options) box.schema.sequence.create(name, options) end
function calls.alterSequence(name, options) box.schema.sequence.alter(name, options) end
function calls.dropSequence(name) box.schema.sequence.drop(name) end
function calls.next(name) return tostring(box.sequence[name]:next()) end
function calls.current(name) return (tostring(box.sequence[name]:current()):gsub('LL', '')) end
function calls.set(name, value) box.sequence[name]:set(value) end
function calls.reset(name) box.sequence[name]:reset() end

function calls.func(name, options) box.schema.func.create(name, options) end
function calls.dropFunc(name) box.schema.func.drop(name) end
function calls.user(name, options) box.schema.user.create(name, options) end
function calls.dropUser(name, options) box.schema.user.drop(name, options) end
function calls.passwd(name, password) box.schema.user.passwd(name, password) end
function calls.role(name, options) box.schema.role.create(name, options) end
function calls.dropRole(name, options) box.schema.role.drop(name, options) end
function calls.grant(...) box.schema.user.grant(...) end
function calls.revoke(...) box.schema.user.revoke(...) end
function calls.grantRole(...) box.schema.role.grant(...) end
function calls.revokeRole(...) box.schema.role.revoke(...) end
function calls.info(name) return box.schema.user.info(name) end
function calls.su(name) box.session.su(name) end
function calls.collation(name, kind, locale, options) box.internal.collation.create(name, kind, locale, options) end
function calls.dropCollation(name) box.internal.collation.drop(name) end

local function play(step)
    local name = table.remove(step, 1)
    for at = 1, #step do if step[at] == nil then step[at] = nil end end
    local ok, value = pcall(calls[name], unpack(step, 1, table.maxn(step)))
    if ok then return value == nil and json.NULL or value end
    if type(value) ~= 'cdata' then return {lua = tostring(value)} end
    return {error = {value.code, value.message}}
end

local results = {}
for at, step in ipairs(json.decode(io.read('*a'))) do results[at] = play(step) end
print(json.encode(results))
fio.rmtree(directory)
os.exit(0)
