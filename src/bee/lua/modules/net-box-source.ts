/** The part of `net.box` that is written in Lua: connections, their states and requests. Spaces: `net-box-spaces-source.ts`. */
export const netBoxSource = `
local core, make_spaces = ...
local fiber = require('fiber')
local uri = require('uri')
local trigger = require('internal.trigger')

local connect_timeout, request_timeout = 10, 365 * 86400 * 500
local usage_of_connect = 'usage: connect(uri[, opts] | host, port[, opts])'
local remote, console_methods = {}, {}

-- The real module is written in Lua as well: its errors name lines of its own.
local function fail(line, text) error('builtin/box/net_box.lua:' .. line .. ': ' .. text, 0) end

local function check(self, method)
    if type(self) ~= 'table' then
        error('Use remote:' .. method .. '(...) instead of remote.' .. method .. '(...):', 0)
    end
end

local function check_args(line, args, wanted)
    if args ~= nil and type(args) ~= 'table' and (type(args) ~= 'cdata' or not db.tuple.is(args)) then
        fail(line, 'Use remote:' .. wanted .. ', {arg1, arg2, ...}, opts) instead of remote:' .. wanted .. ', arg1, arg2, ...)')
    end
end

local function proc_error(text) return db.error.new(db.error.PROC_LUA, text) end

-- Futures.

local future = {}
future.__index = future

local function value_of(self)
    if self.discarded then return nil, proc_error('Response is discarded') end
    if self.has_value then return self.value end
    local ok, result = pcall(core.wait, self.handle, 0, self.buffer, self.skip_header)
    if not ok then return nil, result end
    -- Whoever asks again gets the same table.
    self.value = self.buffer ~= nil and result or self.shape(result)
    self.has_value = true
    return self.value
end

function future:is_ready() return self.discarded or core.is_ready(self.handle) end

function future:result()
    if not self:is_ready() then return nil, proc_error('Response is not ready') end
    return value_of(self)
end

function future:wait_result(timeout)
    if timeout ~= nil and (type(timeout) ~= 'number' or timeout < 0) then
        fail(408, 'Usage: future:wait_result(timeout)')
    end
    if not self.discarded and not core.wait_ready(self.handle, timeout or request_timeout) then
        return nil, db.error.new(db.error.TIMEOUT)
    end
    return value_of(self)
end

-- What the server pushed, in order, then the result.
function future:pairs(timeout)
    if timeout ~= nil and (type(timeout) ~= 'number' or timeout < 0) then
        fail(391, 'Usage: future:pairs(timeout)')
    end
    local function step(_, i)
        if i == nil then return end
        if type(i) == 'cdata' then return end
        local has, message = core.message(self.handle, i + 1, timeout or request_timeout)
        if has then return i + 1, message end
        if not self:is_ready() then return db.NULL, db.error.new(db.error.TIMEOUT) end
        if i > core.message_count(self.handle) then return end
        local result, problem = value_of(self)
        if problem ~= nil then return db.NULL, problem end
        return i + 1, result
    end
    return step, self, 0
end

function future:discard()
    if self:is_ready() then return end
    core.discard(self.handle)
    self.discarded = true
end

-- Requests. Everything that is asked goes through here; shape makes of the list of values what is returned.

local array_mt = require('msgpack').array_mt
local function list_of(result) result.n = nil return result end
local function array_of(result) return setmetatable(list_of(result), array_mt) end

local function request(self, shape, format, opts, kind, ...)
    local timeout
    if opts ~= nil then
        if type(opts) ~= 'table' then fail(1163, "attempt to index local 'opts' (a " .. type(opts) .. ' value)') end
        if opts.is_async and (opts.on_push ~= nil or opts.on_push_ctx ~= nil) then
            fail(1167, 'To handle pushes in an async request use future:pairs()')
        end
        timeout = opts.timeout
        if timeout ~= nil and type(timeout) ~= 'number' then
            fail(1180, "attempt to perform arithmetic on field 'timeout' (a " .. type(timeout) .. ' value)')
        end
    else
        opts = {}
    end
    timeout = timeout or self._deadline and self._deadline - fiber.clock()
    local deadline = fiber.clock() + (timeout or request_timeout)
    if self.state ~= 'active' and not (kind == 'select_schema' and self.state == 'fetch_schema') then
        self:wait_state('active', timeout)
        if self.state ~= 'active' then
            if timeout ~= nil and self.state ~= 'error' and self.state ~= 'closed' then error(db.error.new(db.error.TIMEOUT)) end
            core.no_connection(self.error or 'Connection is not established, state is "' .. self.state .. '"')
        end
    end
    local handle = core.send(self._handle, kind, format, ...)
    if timeout ~= nil and timeout <= 0 then
        core.discard(handle)
        error(db.error.new(db.error.TIMEOUT))
    end
    if opts.is_async then
        return setmetatable({handle = handle, shape = shape, buffer = opts.buffer, skip_header = opts.skip_header}, future)
    end
    if opts.on_push ~= nil then
        local i = 0
        while true do
            local has, message = core.message(handle, i + 1, deadline - fiber.clock())
            if not has then break end
            i = i + 1
            opts.on_push(opts.on_push_ctx, message)
        end
    end
    local result = core.wait(handle, deadline - fiber.clock(), opts.buffer, opts.skip_header)
    if kind ~= 'select_schema' and core.schema_version(self._handle) ~= self.schema_version then self:reload_schema() end
    if opts.buffer ~= nil then return result end
    return shape(result)
end

local function unpacked(result) return unpack(result, 1, result.n) end

function remote:ping(opts)
    check(self, 'ping')
    return (pcall(request, self, list_of, nil, opts, 'ping'))
end

local function call(self, kind, line, wanted, what, args, opts)
    check_args(line, args, wanted)
    if opts ~= nil and type(opts) == 'table' and (opts.is_async or opts.buffer ~= nil) then
        return request(self, array_of, nil, opts, kind, tostring(what), args or {})
    end
    return unpacked(request(self, function(result) return result end, nil, opts, kind, tostring(what), args or {}))
end

function remote:call(name, args, opts)
    check(self, 'call')
    return call(self, 'call', 1115, 'call(func_name', name, args, opts)
end

function remote:eval(code, args, opts)
    check(self, 'eval')
    if code == nil then code = '' end
    return call(self, 'eval', 1122, 'eval(expression', code, args, opts)
end

-- What 1.6 and before had: arguments one by one, tuples as results.
function remote:call_16(name, ...)
    check(self, 'call')
    return request(self, list_of, nil, nil, 'call_16', tostring(name), {...})
end

function remote:eval_16(code, ...)
    check(self, 'eval')
    return unpacked(request(self, function(result) return result end, nil, nil, 'eval', tostring(code), {...}))
end

for _, name in ipairs({'execute', 'prepare', 'unprepare'}) do
    remote[name] = function(self)
        check(self, name)
        error(db.error.new(db.error.UNSUPPORTED, 'Bee', 'SQL: use the functions of connection.space'))
    end
end

-- States.

function remote:is_connected()
    check(self, 'is_connected')
    return self.state == 'active' or self.state == 'fetch_schema'
end

function remote:wait_connected(timeout)
    check(self, 'wait_connected')
    return self:wait_state('active', tonumber(timeout))
end

function remote:wait_state(states, timeout)
    check(self, 'wait_state')
    if type(states) ~= 'table' and type(states) ~= 'string' then
        error("builtin/box/net_box.lua:465: attempt to index local 'target_state' (a " .. type(states) .. ' value)', 0)
    end
    local function is_reached()
        if type(states) == 'table' then return states[self.state] or false end
        return self.state == states
    end
    local deadline = fiber.clock() + (tonumber(timeout) or request_timeout)
    while not is_reached() do
        local left = deadline - fiber.clock()
        if left <= 0 or self.state == 'error' or self.state == 'closed' then return false end
        self._changed:wait(left)
    end
    return true
end

function remote:timeout(timeout)
    check(self, 'timeout')
    if type(timeout) == 'number' then self._deadline = fiber.clock() + timeout else self._deadline = nil end
    return self
end

local function set_state(self, state, message)
    local was_connected = self._is_connected
    self.state, self.error = state, message
    if state == 'active' and not was_connected then
        self._is_connected = true
        self._on_connect:run(self)
    elseif was_connected and state ~= 'active' and state ~= 'fetch_schema' then
        self._is_connected = false
        self._on_disconnect:run(self)
    end
    self._changed:broadcast()
end

function remote:close()
    check(self, 'close')
    if self.state == 'error' or self.state == 'closed' then return end
    self._is_closed = true
    set_state(self, 'closed', 'Connection closed')
    if self._handle ~= nil then core.close(self._handle) end
end

for _, name in ipairs({'on_connect', 'on_disconnect', 'on_schema_reload'}) do
    remote[name] = function(self, ...)
        check(self, name)
        return self['_' .. name](...)
    end
end

function remote:reload_schema()
    check(self, 'reload_schema')
    local version = core.schema_version(self._handle)
    local spaces = request(self, list_of, nil, nil, 'select_schema', 281)
    local indexes = request(self, list_of, nil, nil, 'select_schema', 289)
    local collations = request(self, list_of, nil, nil, 'select_schema', 277)
    self.space = make_spaces(self, request, spaces, indexes, collations)
    self.schema_version = version
    self._on_schema_reload:run(self)
end

local metatable = {__index = remote, __metatable = false, __serialize = function(self)
    return {host = self.host, port = self.port, opts = next(self.opts) and self.opts, state = self.state, error = self.error,
        protocol = self.protocol, schema_version = self.schema_version, peer_uuid = self.peer_uuid,
        peer_version_id = self.peer_version_id}
end}

local function broken(self, message)
    if self._is_closed or self.state == 'error' then return end
    set_state(self, self.opts.reconnect_after and 'error_reconnect' or 'error', message)
    if self.opts.reconnect_after then self._reconnect() end
end

local function establish(self, password)
    local ok, handle = pcall(core.connect, self._host, tostring(self.port), self.opts.user, password,
        self.opts.connect_timeout or connect_timeout, function(message) broken(self, message) end)
    if self._is_closed then
        if ok then core.close(handle) end
        return true
    end
    if ok then
        self._handle = handle
        self.peer_uuid, self.peer_version_id = core.peer(handle)
        self.protocol = 'Binary'
        set_state(self, 'fetch_schema')
        ok, handle = pcall(self.reload_schema, self)
        if self._is_closed then return true end
    end
    if not ok then
        set_state(self, self.opts.reconnect_after and 'error_reconnect' or 'error', handle.message or tostring(handle))
        return false
    end
    set_state(self, 'active')
    return true
end

local function start(self, password)
    fiber.create(function()
        fiber.name((self.host or '') .. ':' .. (self.port or ''), {truncate = true})
        while not self._is_closed do
            if establish(self, password) or not self.opts.reconnect_after then break end
            fiber.sleep(self.opts.reconnect_after)
        end
    end)
end

-- Connecting.

local function parameters(where, port, opts)
    local parsed = {host = where, service = port}
    if type(port) == 'table' or port == nil then
        opts = port
        parsed = (type(where) == 'string' or type(where) == 'number')
            and (core.gateway(tostring(where)) or uri.parse(tostring(where))) or nil
        if parsed == nil or parsed.service == nil then error(usage_of_connect, 0) end
    elseif type(where) ~= 'string' and where ~= nil then
        error(usage_of_connect, 0)
    end
    local copy = {}
    for name, value in pairs(opts or {}) do copy[name] = value end
    if copy.password ~= nil and copy.user == nil then
        error('net.box: user is not defined', 0)
    end
    if copy.user == nil and copy.password == nil then copy.user, copy.password = parsed.login, parsed.password end
    if type(copy.reconnect_after) ~= 'number' then copy.reconnect_after = nil end
    -- A port is shown as it was given.
    return parsed.host, parsed.service, copy, parsed.shown
end

local module = {}

function module.connect(...)
    local host, port, opts, shown
    if (...) == module then host, port, opts, shown = parameters(select(2, ...)) else host, port, opts, shown = parameters(...) end
    local password = opts.password
    opts.password = nil
    if opts.console then error('net.box: no console in a page answers to clients: use console.connect', 0) end
    local self = setmetatable({
        host = shown or host, port = port, opts = opts, _host = host, state = 'initial', _changed = fiber.cond(), _is_connected = false,
        _on_connect = trigger.new('on_connect'), _on_disconnect = trigger.new('on_disconnect'),
        _on_schema_reload = trigger.new('on_schema_reload'),
    }, metatable)
    self._transport = {
        wait_state = function(states, timeout) return self:wait_state(states, timeout) end,
        stop = function() self:close() end,
        perform_request = function(_, _, _, kind, _, _, _, bytes)
            if kind ~= 'inject' then return nil, 'Only bytes can be injected: use the methods of the connection' end
            core.inject(self._handle, bytes)
            self:wait_state({error = true, error_reconnect = true, closed = true})
            return nil, self.error
        end,
    }
    if opts.call_16 then self.call, self.eval = self.call_16, self.eval_16 end
    self._reconnect = function() start(self, password) end
    start(self, password)
    local wait = opts.wait_connected
    if wait ~= false then self:wait_state({active = true}, tonumber(wait)) end
    return self
end
module.new = module.connect

-- The deadline of requests that follow: an old habit.
function module.timeout() return {connect = module.connect, new = module.connect} end

function module.establish_connection(host, port, timeout)
    local ok, message = pcall(core.greet, host and tostring(host) or '', tostring(port), timeout or connect_timeout)
    if not ok then return nil, message.message or message end
    return message
end

-- The connection to oneself, which is none.

local own = {}
function own.ping() return true end
function own.is_connected() return true end
function own.wait_connected() return true end
function own.reload_schema() end
function own.close() end
function own:timeout() return self end

-- Tuples and errors become what they would be had they travelled.
local function travelled(value)
    if type(value) ~= 'cdata' then return value end
    if db.tuple.is(value) then return value:totable() end
    if core.is_error(value) then return tostring(value) end
    return value
end
local function all_travelled(...)
    local values = {...}
    for at = 1, select('#', ...) do values[at] = travelled(values[at]) end
    return unpack(values)
end

local function run(ok, ...)
    if ok then return all_travelled(...) end
    if type(db.cfg) == 'table' and db.is_in_txn() then db.rollback() end
    local message = ...
    if type(message) == 'cdata' or type(message) == 'string' then error(message, 0) end
    error(tostring(message), 0)
end

function own:call(name, args)
    check_args(1115, args, 'call(func_name')
    return run(pcall(function()
        local f, object = core.find(tostring(name))
        if object ~= nil then return f(object, unpack(args or {})) end
        return f(unpack(args or {}))
    end))
end

function own:eval(code, args)
    check_args(1122, args, 'eval(expression')
    if type(code) ~= 'string' then
        fail(1655, "bad argument #1 to 'loadstring' (function expected, got " .. type(code) .. ')')
    end
    local f, problem = loadstring(code)
    if f == nil then f, problem = loadstring('return ' .. code) end
    if f == nil then return run(false, problem) end
    return run(pcall(f, unpack(args or {})))
end

module.self = setmetatable(own, {__index = function(_, key)
    if key == 'space' then
        return db.space
    end
end, __metatable = nil})

-- Sockets cannot be handed over here: there are none.
function module.wrap() error('net.box: there are no sockets in a page to make a connection of', 0) end
module.create_transport = module.wrap

return module
`;
