-- Writes test/yaml/decoded.jsonl with the real server: `tarantool test/yaml/record-decode.lua < test/yaml/recorded.jsonl`.
-- What yaml.decode makes of the texts that record.lua recorded and of some written by hand, one a line: [text, values or error].
local yaml, json = require('yaml'), require('json')

local written = {
    '[1', '{a', '{a: 1', "'abc", '"a\\q"', 'a: b: c', '*x', 'a: [1,2', '[1 2]', '- - 1\n  - 2\n - 3',
    'a: 1\n  b: 2', '{a: 1, b}', '[a: 1]', '? a\n: b', 'a: !!int 5', '!!binary aGk=', '!!float "1.5"', '%TAG ! foo\n--- 1\n...',
    '--- 1\n--- 2\n', '1\n...\n2', '', '# c', 'a: |\n  x\n  y\n\nb: 1', 'a: >\n x\n y\n\n z\n', '"a\n b\n\n c"', "'a\n b'", 'a b\n c',
    '- &x 1\n- *x', 'key: "v" # c', 'a: 1\na: 2', '- - - 1', '-\n  - 1', 'a:\n- 1\n- 2\nb: 3', '[]', '{}',
    '[a, [b, {c: d}], ]', '+5', '0x10', '1e3', '.5', '~', 'null', 'Null', 'yes', 'no', 'on', 'inf', 'nan', '-inf', '.inf',
    '18446744073709551615', '99999999999999999999999', '-99999999999999999999', '1_000', '010', ' 1', '5.',
    '"\\x41\\u00e4\\U0001F600\\n\\t\\e\\0\\_\\N"', "a: 'it''s'", '? [1,2]\n: 3', '!foo bar', '[? a : b]', 'a:', '- ', '|\n a\n',
    '|2\n  a\n', '|+\n a\n\n', '>-\n a\n b', '"a\\\n  b"', '[a\n b]', '{a : 1,b: 2}', '{"a":1}', '{a:1}', 'a: -1', '--- |\n a\n', 'a: &x\n  b: 1\nc: *x',
    '---\na: 1\n...\n---\n- 2\n...\n', 'a:\n  - b: 1\n    c: 2\n  - d', '- a: 1\n  b: 2\n-\n  c: 3', '"a" : 1', "'a b': c", 'a: "b: c"', 'http://x: y',
    'x: http://y', 'a: b#c', 'a: b #c', 'a:  \n  b', '- # c\n  1', 'a: >\n  x\n    y\n  z\n', 'a: |-\n  x\n\n  y\n', 'a: |\n\n  x\n', 'user:\n  name: A B\n  tags: [a, "b", 3]\n',
    '- !!str 1', '!!bool yes', 'a: ? b', '1: 2', 'true: 3', '- [a, b]: c', '{? x : y, z}', 'a: \n\n\nb: 1', 'a: b\n\n c', '- a\n- - b\n  - c\n- d', '-1', '- -1', '-a: 1',
}

local function shown(v, depth)
    if depth > 12 then return 'deep' end
    if v == nil then return 'null' end
    if type(v) == 'string' then return "'" .. string.hex(v) .. "'" end
    if type(v) == 'number' then return (string.format('%.17g', v):gsub('-nan', 'nan')) end
    if type(v) == 'boolean' then return tostring(v) end
    if type(v) == 'cdata' then return (tostring(v):gsub('U?LL$', '')) end
    local list = {}
    local mt = getmetatable(v)
    if mt ~= nil and mt.__serialize == 'seq' then
        for i = 1, #v do list[i] = shown(v[i], depth + 1) end
        return '[' .. table.concat(list, ' ') .. ']'
    end
    for k, x in pairs(v) do list[#list + 1] = shown(k, depth + 1) .. '=' .. shown(x, depth + 1) end
    table.sort(list)
    return '{' .. table.concat(list, ' ') .. '}'
end

local function record(text)
    local answer = {pcall(yaml.decode, text)}
    local results = {}
    if not answer[1] then
        print(json.encode({string.hex(text), false, tostring(answer[2])}))
        return
    end
    -- A null result would end the list: the count tells.
    for i = 2, table.maxn(answer) do results[i - 1] = shown(answer[i], 0) end
    print(json.encode({string.hex(text), setmetatable(results, {__serialize = 'seq'})}))
end

for _, text in ipairs(written) do record(text) end
for line in io.lines() do record(string.fromhex(json.decode(line)[2])) end
os.exit()
