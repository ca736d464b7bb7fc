/** Modules that the real server keeps for itself but programs require: lists of triggers, and arguments of a command line. */

/** `internal.trigger`: a list of functions that is called to change it. Errors name the real module's lines. */
export const triggerSource = `
local function fail(line, text) error('builtin/internal.trigger.lua:' .. line .. ': ' .. text, 0) end

local function is_callable(value)
    if type(value) == 'function' then return true end
    local metatable = debug.getmetatable(value)
    return type(metatable) == 'table' and type(metatable.__call) == 'function'
end

local list = {}
list.__index = list

local function place_of(self, trigger)
    for at, one in ipairs(self) do
        if one == trigger then return at end
    end
end

function list:__call(new, old)
    if new ~= nil and not is_callable(new) then fail(23, 'Usage: ' .. self.name .. '(callable)') end
    if new == nil and old == nil then
        local all = {}
        for at, one in ipairs(self) do all[at] = one end
        return all
    end
    if old == nil then
        self[#self + 1] = new
        return
    end
    local at = place_of(self, old)
    if at == nil then fail(new == nil and 44 or 54, self.name .. ': trigger is not found') end
    if new == nil then return table.remove(self, at) end
    self[at] = new
    return old
end

function list:run(...)
    local all = {}
    for at, one in ipairs(self) do all[at] = one end
    for _, one in ipairs(all) do one(...) end
end

return {new = function(name) return setmetatable({name = name}, list) end}
`;

/** `internal.argparse`: options of a command line with their types. */
export const argparseSource = `
local function fail(line, text) error('builtin/internal.argparse.lua:' .. line .. ': ' .. text, 0) end

local function bad_value(name, expected, value)
    fail(45, ('Bad value for parameter "%s". %s, got %s'):format(name, expected,
        value == true and 'nothing' or '"' .. value .. '"'))
end

local function converted(name, value, kind)
    if kind == 'boolean' then
        if value ~= true then bad_value(name, 'No value expected', value) end
        return true
    elseif kind == 'number' then
        if value == true or tonumber(value) == nil then bad_value(name, 'Expected number', value) end
        return tonumber(value)
    elseif kind == 'string' then
        if value == true then bad_value(name, 'Expected string', value) end
        return value
    end
    fail(64, ('Bad conversion format "%s" provided for %s'):format(kind, name))
end

local function add(result, name, value)
    local known = result[name]
    if known == nil then result[name] = value
    elseif type(known) == 'table' then table.insert(known, value)
    else result[name] = {known, value} end
end

local function kinds_of(options)
    local kinds, names = {}, {}
    if type(options) ~= 'table' then
        fail(101, "bad argument #1 to 'ipairs' (table expected, got " .. type(options) .. ')')
    end
    for _, option in ipairs(options) do
        if type(option) == 'table' then
            if option[1] == nil then fail(105, 'table index is nil') end
            kinds[option[1]], names[option[1]] = option[2], true
        else
            names[option] = true
        end
    end
    return kinds, names
end

local long_name = '%a[%a%d_-]+'

local function parse(args, options)
    if args == nil then args = rawget(_G, 'arg') or {} end
    local kinds, names = {}, nil
    if options ~= nil then kinds, names = kinds_of(options) end
    if type(args) ~= 'table' then
        fail(110, "bad argument #1 to 'ipairs' (table expected, got " .. type(args) .. ')')
    end
    local result, at = {}, 1
    while at <= #args do
        local one = args[at]
        if type(one) ~= 'string' then
            fail(5, "attempt to index local 'param' (a " .. type(one) .. ' value)')
        end
        local function bad(line) fail(line, 'bad argument #' .. at .. ': ID not valid') end
        if one:sub(1, 2) == '--' then
            local name, value = one:match('^%-%-(.-)=(.*)$')
            if name ~= nil then
                if not name:match('^' .. long_name .. '$') then bad(130) end
                add(result, name, value)
            else
                name = one:sub(3)
                if not name:match('^' .. long_name .. '$') then bad(140) end
                local following = args[at + 1]
                local kind = kinds[name]
                local takes = kind ~= 'boolean' and kind ~= 'boolean+' and type(following) == 'string'
                    and following:sub(1, 1) ~= '-'
                if takes then at = at + 1 end
                add(result, name, takes and following or true)
            end
        elseif one:sub(1, 1) == '-' and #one > 1 then
            if not one:match('^%-%a+$') then bad(120) end
            for letter in one:sub(2):gmatch('.') do add(result, letter, true) end
        else
            table.insert(result, one)
        end
        at = at + 1
    end
    local unknown = {}
    for name, value in pairs(result) do
        local kind = kinds[name]
        if type(name) == 'string' and names ~= nil and not names[name] then table.insert(unknown, name)
        elseif kind ~= nil then
            local many = kind:sub(-1) == '+'
            if many then kind = kind:sub(1, -2) end
            local all = {}
            for n, single in ipairs(type(value) == 'table' and value or {value}) do
                all[n] = converted(name, single, kind)
            end
            result[name] = many and all or all[#all]
        end
    end
    if #unknown > 0 then fail(173, 'unknown options: ' .. table.concat(unknown, ', ')) end
    return result
end

return {parse = parse}
`;
