-- Writes test/yaml/recorded.jsonl with the real server: `tarantool test/yaml/record.lua SEED COUNT > test/yaml/recorded.jsonl`.
-- Makes seeded random values, says for each which nodes yaml.encode walks (in the order in which Lua walks them), and
-- what it wrote. One case a line: {node, text}; strings are hexadecimal, since they need not be UTF-8.
local yaml, json = require('yaml'), require('json')
local seed, count = tonumber(arg[1] or 1), tonumber(arg[2] or 600)
math.randomseed(seed)
local random = math.random

local function pick(list) return list[random(#list)] end

local pieces = {
    'a', 'word', 'ü', '日本語', '😀', ' ', ' ', '  ', '\n', '\n\n', '\t', '\r', "'", '"', '\\', '-', '- ', ': ', ':', ' #', '#',
    '?', '? ', ',', ', ', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '=', '<<', '---', '...', '~', '.', '0',
    '1', '+', 'e5', '0x', '\0', '\1', '\7', '\27', '\127', '\194\133', '\194\160', '\226\128\168', '\226\128\169',
    '\239\187\191', '\255', 'true', 'null', 'longlonglonglonglonglong', 'x y z', '\194\128', '\243\160\128\129',
}
local wholes = {
    '', '1', '-1', '+1', '1.5', '.5', '5.', '1e5', '1e', '0x10', '0x', '0x1p4', '0X1F', '0b11', '0b2', 'inf', '-inf', 'nan', 'NaN',
    'Infinity', '.inf', ' 1', '1 ', '1\n', '\t1', '1_000', '1LL', '0x1ULL', '1i', 'true', 'false', 'yes', 'no', 'null', '~', 'True',
    'on', 'off', 'y', 'n', 'nil', 'Null', '-', '--', '---', '--- a', '...', '..', '?', '? a', '?a', ':', ':a', 'a:', '- a', '-a', ' ',
    '  ', '\n', '\n\n', 'a\n', 'a\n\n', 'a\n\nb', 'a\nb', ' a\n\nb', 'a \nb', 'a\n b', '\n\na', 'a\n\n b', 'a\n\nb ', 'a\n\nb\n',
    'a\n\nb\n\n', '\na', 'a\r\nb', '2020-01-01', '12:30:45', 'function: 0x4103e208', "it's", "'", '"', '=', '<<', 'a#b', 'a #b', '\\',
    'a\\b', '\127', string.rep('a', 127), string.rep('a', 128), string.rep('a', 129), string.rep('ü', 64), string.rep('ü', 65),
    string.rep('word ', 30), string.rep("it's ", 30), string.rep('word  ', 30), string.rep('"q\t" ', 30), string.rep('ä😀 ', 50),
    string.rep('word ', 17) .. '\n' .. string.rep('word ', 17) .. 'end', string.rep('a', 79) .. ' b ' .. string.rep('c', 80),
}

local function text()
    local kind = random(10)
    if kind <= 4 then return pick(wholes) end
    local n = kind <= 8 and random(6) or random(60)
    local parts = {}
    for i = 1, n do parts[i] = pick(pieces) end
    if kind >= 9 and random(2) == 1 then
        for i = 1, n do parts[i] = pick({'word', 'it', ' ', ' ', 'a', "'", ',', '\n', 'ü', '"', 'longlonglong', '  '}) end
    end
    return table.concat(parts)
end

local numbers = {0, 1, -1, 1.5, 1e15, 1e100, -1e-10, 123456789012, 2 ^ 53, 18446744073709551615ULL, -5LL, 1 / 0, 1 / 3}

local value

local function key()
    local kind = random(10)
    if kind <= 6 then return text() end
    if kind <= 8 then return pick({1, 2, -1, 1.5, 100}) end
    if kind == 9 then return true end
    -- Keys of 2^32 and more make the real server take a map for an empty list: left out.
    local other = value(2)
    return type(other) == 'number' and 7 or other
end

local shared
function value(depth)
    local kind = random(14)
    if depth <= 0 and kind > 6 then kind = random(6) end
    if kind <= 4 then return text() end
    if kind == 5 then return pick(numbers) end
    if kind == 6 then return pick({true, false, box.NULL}) end
    if kind <= 9 then
        local list = {}
        for i = 1, random(0, 4) do list[i] = value(depth - 1) end
        if random(12) == 1 then shared = list end
        return list
    end
    if kind <= 12 then
        local map = {}
        for _ = 1, random(0, 3) do map[key()] = value(depth - 1) end
        if random(12) == 1 then shared = map end
        if random(4) == 1 then setmetatable(map, {__serialize = 'map'}) end
        return map
    end
    if kind == 13 and shared ~= nil then return shared end
    local list = {}
    for i = 1, random(0, 12) do list[i] = value(depth - 2) end
    setmetatable(list, {__serialize = 'seq'})
    return list
end

local function references(v, seen)
    if type(v) ~= 'table' then return seen end
    if seen[v] ~= nil then
        seen[v] = true
        return seen
    end
    seen[v] = false
    for k, child in pairs(v) do
        references(child, seen)
        references(k, seen)
    end
    return seen
end

local function nodes(v, seen, state)
    if type(v) == 'string' then return {'t', string.hex(v)} end
    if type(v) == 'nil' or v == nil then return {'p', 'null'} end
    if type(v) ~= 'table' then
        local shown = yaml.encode({v})
        return {'p', shown:match('^%-%-%-\n%- (.-)\n%.%.%.\n$')}
    end
    local anchor = seen[v]
    if type(anchor) == 'string' then return {'a', anchor} end
    local name
    if anchor == true then
        name = tostring(state.next)
        state.next = state.next + 1
        seen[v] = name
    end
    local mt = getmetatable(v)
    local flow = mt ~= nil and mt.__serialize ~= nil
    local asMap = mt ~= nil and mt.__serialize == 'map'
    if not asMap then
        local n, max, array = 0, 0, true
        for k in pairs(v) do
            n = n + 1
            if type(k) ~= 'number' or k ~= math.floor(k) or k < 1 then array = false elseif k > max then max = k end
        end
        if mt ~= nil or (array and (max == n or max <= 10 or max <= n * 2)) then
            local items = {}
            for i = 1, max do items[i] = nodes(v[i], seen, state) end
            return {'s', flow, name or json.NULL, items}
        end
    end
    local entries = {}
    for k, child in pairs(v) do
        local left = nodes(k, seen, state)
        entries[#entries + 1] = {left, nodes(child, seen, state)}
    end
    return {'m', flow, name or json.NULL, entries}
end

local function show(v)
    local ok, written = pcall(yaml.encode, v)
    if not ok then return false end
    local node = nodes(v, references(v, {}), {next = 0})
    return json.encode({node, string.hex(written)})
end

local cases = {}
for _, s in ipairs(wholes) do
    cases[#cases + 1] = show({s, {[s] = s}, {{s}}, setmetatable({s}, {__serialize = 'seq'}), {a = s}})
    cases[#cases + 1] = show(s)
end
while #cases < count do
    shared = nil
    local case = show(random(8) == 1 and value(4) or {value(4)})
    if case and #case < 4000 then cases[#cases + 1] = case end
end
print(table.concat(cases, '\n'))
os.exit()
