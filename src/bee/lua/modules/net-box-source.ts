/** The part of `net.box` that is written in Lua: connections and the remote spaces that they show. */
export const netBoxSource = `
local core = ...
local fiber = require('fiber')
local uri = require('uri')

local remote, space_methods, index_methods = {}, {}, {}
local connection_timeout, request_timeout = 10, 365 * 86400 * 500

local function check(self, method)
    if type(self) ~= 'table' then
        error('Use remote:' .. method .. '(...) instead of remote.' .. method .. '(...):', 3)
    end
end

local function check_space(self, method)
    if type(self) ~= 'table' then
        error('Use space:' .. method .. '(...) instead of space.' .. method .. '(...)', 3)
    end
end

local future = {}
future.__index = future

function future:is_ready() return core.is_ready(self.handle) end

function future:result()
    if not core.is_ready(self.handle) then return nil, 'Response is not ready' end
    return self:wait_result(0)
end

function future:wait_result(timeout)
    local ok, result = pcall(core.wait, self.handle, timeout or request_timeout)
    if not ok then return nil, result end
    result.n = nil
    return result
end

function future:discard() core.discard(self.handle) end

-- Everything that is asked goes through here: opts are those of the last argument.
local function request(self, opts, kind, ...)
    if self.state ~= 'active' then
        if self.opts.reconnect_after == nil or not self:wait_connected(opts and opts.timeout) then
            core.no_connection(self.error or 'Connection is not established, state is "' .. self.state .. '"')
        end
    end
    if opts ~= nil and opts.is_async then
        return setmetatable({handle = core.send(self.handle, kind, ...)}, future)
    end
    local deadline = opts ~= nil and opts.timeout or request_timeout
    local handle = core.send(self.handle, kind, ...)
    local result = core.wait(handle, deadline)
    if core.schema_version(self.handle) ~= self.schema_version and kind ~= 'select_schema' then
        self:reload_schema()
    end
    return result
end


function remote:ping(opts)
    check(self, 'ping')
    return (pcall(request, self, opts, 'ping'))
end

function remote:call(name, args, opts)
    check(self, 'call')
    if args ~= nil and type(args) ~= 'table' and type(args) ~= 'cdata' then
        error('Use remote:call(func_name, {arg1, arg2, ...}, opts) instead of remote:call(func_name, arg1, arg2, ...)', 2)
    end
    local result = request(self, opts, 'call', name, args or {})
    if opts ~= nil and opts.is_async then return result end
    return unpack(result, 1, core.count(result))
end

function remote:eval(code, args, opts)
    check(self, 'eval')
    if args ~= nil and type(args) ~= 'table' and type(args) ~= 'cdata' then
        error('Use remote:eval(expression, {arg1, arg2, ...}, opts) instead of remote:eval(expression, arg1, arg2, ...)', 2)
    end
    local result = request(self, opts, 'eval', code, args or {})
    if opts ~= nil and opts.is_async then return result end
    return unpack(result, 1, core.count(result))
end

function remote:execute() error('SQL is not available: use the methods of conn.space', 2) end

function remote:is_connected() check(self, 'is_connected') return self.state == 'active' end

function remote:wait_connected(timeout)
    check(self, 'wait_connected')
    local deadline = fiber.clock() + (timeout or request_timeout)
    while self.state ~= 'active' do
        if self.state == 'error' or self.state == 'closed' then return false end
        local left = deadline - fiber.clock()
        if left <= 0 or not self.changed:wait(left) then return self.state == 'active' end
    end
    return true
end

function remote:wait_state(states, timeout)
    check(self, 'wait_state')
    local wanted = type(states) == 'table' and states or {[states] = true}
    for _, name in ipairs(wanted) do wanted[name] = true end
    local deadline = fiber.clock() + (timeout or request_timeout)
    while not wanted[self.state] do
        local left = deadline - fiber.clock()
        if left <= 0 then return false end
        self.changed:wait(left)
    end
    return true
end

local function set_state(self, state, message)
    self.state, self.error = state, message
    self.changed:broadcast()
end

function remote:close()
    check(self, 'close')
    self.is_closed = true
    if self.handle ~= nil then core.close(self.handle) end
    set_state(self, 'closed', 'Connection closed')
end

local function run(list, self)
    for _, trigger in ipairs(list) do pcall(trigger, self) end
end

for _, name in ipairs({'on_connect', 'on_disconnect', 'on_schema_reload'}) do
    remote[name] = function(self, added, removed)
        check(self, name)
        local list = self.triggers[name]
        if added == nil and removed == nil then return list end
        for at, trigger in ipairs(list) do
            if trigger == removed then table.remove(list, at) break end
        end
        if added ~= nil then table.insert(list, 1, added) end
        return added
    end
end

local function index_table(self, space, definition)
    local parts = {}
    for at, part in ipairs(definition[6]) do
        local fieldno, kind = part.field or part[1], part.type or part[2]
        parts[at] = {type = kind, fieldno = fieldno + 1, is_nullable = part.is_nullable or false}
    end
    return setmetatable({
        id = definition[2], name = definition[3], type = definition[4]:upper(),
        unique = definition[5].unique, parts = parts, space = space,
    }, {__index = index_methods, __metatable = false})
end

function remote:reload_schema()
    check(self, 'reload_schema')
    local version = core.schema_version(self.handle)
    local spaces = request(self, nil, 'select_schema', 281)
    local indexes = request(self, nil, 'select_schema', 289)
    local listing, by_id = {}, {}
    for _, one in ipairs(spaces) do
        local space = by_id[one[1]] or {}
        space.id, space.name, space.engine, space.field_count = one[1], one[3], one[4], one[5]
        space.enabled, space.temporary, space.is_local = true, false, false
        space._format, space.connection, space.index = one[7], self, {}
        setmetatable(space, {__index = space_methods, __metatable = false, __serialize = function(s)
            return {id = s.id, name = s.name, engine = s.engine, field_count = s.field_count, index = s.index,
                enabled = s.enabled, temporary = s.temporary}
        end})
        listing[space.id], listing[space.name], by_id[space.id] = space, space, space
    end
    for _, one in ipairs(indexes) do
        local space = by_id[one[1]]
        if space ~= nil then
            local index = index_table(self, space, one)
            space.index[index.id], space.index[index.name] = index, index
        end
    end
    self.space, self.schema_version = listing, version
    run(self.triggers.on_schema_reload, self)
end

local iterators = {EQ = 0, REQ = 1, ALL = 2, LT = 3, LE = 4, GE = 5, GT = 6, BITS_ALL_SET = 7,
    BITS_ANY_SET = 8, BITS_ALL_NOT_SET = 9, OVERLAPS = 10, NEIGHBOR = 11}

local function select(space, index, key, opts)
    local iterator = opts ~= nil and opts.iterator or nil
    if iterator == nil then
        local is_empty = key == nil or type(key) == 'table' and next(key) == nil
        iterator = is_empty and 2 or 0
    elseif type(iterator) == 'string' then
        iterator = iterators[iterator:upper()] or error(db.error.new(db.error.ITERATOR_TYPE, iterator))
    end
    if key == nil then key = {} end
    return request(space.connection, opts, 'select', space.id, index.id, iterator,
        opts ~= nil and opts.offset or 0, opts ~= nil and opts.limit or 0xffffffff, key)
end

local function first(opts, result)
    if opts ~= nil and opts.is_async then return result end
    if result ~= nil and result[1] ~= nil then return result[1] end
end

local function primary(space)
    return space.index[0] or error(db.error.new(db.error.NO_SUCH_INDEX_ID, 0, space.name))
end

function space_methods:insert(tuple, opts)
    check_space(self, 'insert')
    return first(opts, request(self.connection, opts, 'insert', self.id, tuple))
end
function space_methods:replace(tuple, opts)
    check_space(self, 'replace')
    return first(opts, request(self.connection, opts, 'replace', self.id, tuple))
end
space_methods.put = space_methods.replace
function space_methods:select(key, opts)
    check_space(self, 'select')
    return select(self, primary(self), key, opts)
end
function space_methods:get(key, opts)
    check_space(self, 'get')
    return primary(self):get(key, opts)
end
function space_methods:delete(key, opts)
    check_space(self, 'delete')
    return primary(self):delete(key, opts)
end
function space_methods:update(key, ops, opts)
    check_space(self, 'update')
    return primary(self):update(key, ops, opts)
end
function space_methods:upsert(tuple, ops, opts)
    check_space(self, 'upsert')
    request(self.connection, opts, 'upsert', self.id, tuple, ops)
end
function space_methods:format() return self._format end

function index_methods:select(key, opts) return select(self.space, self, key, opts) end
function index_methods:get(key, opts)
    local found = request(self.space.connection, opts, 'select', self.space.id, self.id, 0, 0, 2, key)
    if opts ~= nil and opts.is_async then return found end
    if found[2] ~= nil then error(db.error.new(db.error.MORE_THAN_ONE_TUPLE)) end
    if found[1] ~= nil then return found[1] end
end
function index_methods:delete(key, opts)
    return first(opts, request(self.space.connection, opts, 'delete', self.space.id, self.id, key))
end
function index_methods:update(key, ops, opts)
    return first(opts, request(self.space.connection, opts, 'update', self.space.id, self.id, key, ops))
end
local function ask(self, method, key, opts)
    local path = 'db.space.' .. self.space.name .. '.index.' .. self.name .. ':' .. method
    return self.space.connection:call(path, {key, opts and {iterator = opts.iterator}})
end
function index_methods:count(key, opts) return ask(self, 'count', key, opts) end
function index_methods:min(key) return first(nil, select(self.space, self, key, {iterator = key == nil and 'ALL' or 'GE', limit = 1})) end
function index_methods:max(key) return first(nil, select(self.space, self, key, {iterator = key == nil and 'LE' or 'LE', limit = 1})) end

local metatable = {__index = remote, __metatable = false, __serialize = function(self)
    return {host = self.host, port = self.port, opts = self.opts, state = self.state, error = self.error,
        protocol = self.protocol, schema_version = self.schema_version, peer_uuid = self.peer_uuid,
        peer_version_id = self.peer_version_id}
end}

local function establish(self)
    local ok, handle = pcall(core.connect, self.host, self.port, self.opts.user, self.opts.password,
        self.opts.connect_timeout or connection_timeout, function(message)
            if self.is_closed then return end
            set_state(self, self.opts.reconnect_after and 'error_reconnect' or 'error', message)
            run(self.triggers.on_disconnect, self)
            if self.opts.reconnect_after then self:start() end
        end)
    if not ok then
        set_state(self, self.opts.reconnect_after and 'error_reconnect' or 'error', tostring(handle))
        return false
    end
    self.handle = handle
    self.peer_uuid, self.peer_version_id = core.peer(handle)
    self.protocol, self.state = 'Binary', 'active'
    local loaded, reason = pcall(self.reload_schema, self)
    if not loaded then set_state(self, 'error', tostring(reason)) return false end
    set_state(self, 'active')
    run(self.triggers.on_connect, self)
    return true
end

function remote:start()
    fiber.create(function()
        fiber.name('net.box', {truncate = true})
        while not self.is_closed do
            if establish(self) or not self.opts.reconnect_after then break end
            fiber.sleep(self.opts.reconnect_after)
        end
    end)
end

local function connect(...)
    local where, port, opts = ...
    local parsed = {}

    if type(port) == 'table' or port == nil and type(opts) ~= 'table' then opts = port end
    if type(port) ~= 'number' and type(port) ~= 'string' then
        parsed = uri.parse(tostring(where)) or error('usage: connect(uri[, opts] | host, port[, opts])', 2)
    else
        parsed = {host = where, service = tostring(port)}
    end
    opts = table.copy(opts or {})
    opts.user, opts.password = opts.user or parsed.login, opts.password or parsed.password
    if opts.password ~= nil and opts.user == nil then
        error('net.box: user is not defined', 2)
    end
    local self = setmetatable({
        host = parsed.host or 'localhost', port = parsed.service, opts = opts, state = 'initial',
        changed = fiber.cond(), space = {},
        triggers = {on_connect = {}, on_disconnect = {}, on_schema_reload = {}},
    }, metatable)
    if opts.wait_connected == false or opts.reconnect_after then
        self:start()
        if opts.wait_connected ~= false then
            self:wait_connected(type(opts.wait_connected) == 'number' and opts.wait_connected or nil)
        end
    else
        establish(self)
    end
    return self
end

local own = {state = 'active'}
function own:ping() return true end
function own:is_connected() return true end
function own:wait_connected() return true end
function own:close() error(db.error.new(db.error.PROC_LUA, 'Cannot close a self connection')) end
local function find(name)
    local found, object = _G, nil
    for part, mark in name:gmatch('([^.:]+)([.:]?)') do
        object, found = found, found[part]
        if found == nil then error(db.error.new(db.error.NO_SUCH_PROC, name)) end
    end
    return found, name:find(':', 1, true) and object or nil
end
function own:call(name, args)
    local f, object = find(name)
    if object ~= nil then return f(object, unpack(args or {})) end
    return f(unpack(args or {}))
end
function own:eval(code, args)
    local f, message = loadstring(code, '=eval')
    if f == nil then error(db.error.new(db.error.PROC_LUA, message)) end
    return f(unpack(args or {}))
end

return {connect = connect, new = connect, self = setmetatable(own, {__index = function(_, key)
    if key == 'space' then return db.space end
end})}
`;
