/** The `tap` module, in Lua: tests that print the Test Anything Protocol. */
export const tapSource = String.raw`
local fiber = require('fiber')
local yaml = require('yaml')

local test = {}
local test_mt = {__index = test}

local function write(text) io.write(text, '\n') end

local function indent(self) return string.rep(' ', 4 * self.level) end

local function comment(self, text)
    for line in string.gmatch(text, '[^\n]+') do write(indent(self) .. '# ' .. line) end
end

local function report(self, ok, message, extra)
    self.total = self.total + 1
    message = message or ''
    if ok then
        write(string.format('%sok - %s', indent(self), message))
        return true
    end
    self.failed = self.failed + 1
    write(string.format('%snot ok - %s', indent(self), message))
    if extra ~= nil then
        for line in string.gmatch(yaml.encode(extra), '[^\n]+') do
            write(indent(self) .. '  ' .. line)
        end
    end
    if self.trace and not self.quiet then self.traced = true end
    return false
end

local function equal(got, expected, extra)
    if type(got) == 'cdata' or type(expected) == 'cdata' then return got == expected end
    if type(got) ~= type(expected) then return false end
    if type(got) ~= 'table' then return got == expected end
    for key, value in pairs(got) do
        if not equal(value, expected[key], extra) then return false end
    end
    for key in pairs(expected) do
        if got[key] == nil then return false end
    end
    return true
end

function test.plan(self, planned)
    self.planned = planned
    write(string.format('%s1..%d', indent(self), planned))
end
function test.diag(self, format, ...)
    comment(self, select('#', ...) > 0 and string.format(format, ...) or format)
end
function test.ok(self, ok, message, extra) return report(self, ok, message, extra) end
function test.fail(self, message, extra) return report(self, false, message, extra) end
function test.skip(self, message, extra) return report(self, true, message .. ' # skip', extra) end
function test.is(self, got, expected, message, extra)
    extra = extra or {}
    extra.got, extra.expected = got, expected
    return report(self, got == expected, message, extra)
end
function test.isnt(self, got, unexpected, message, extra)
    extra = extra or {}
    extra.got, extra.unexpected = got, unexpected
    return report(self, got ~= unexpected, message, extra)
end
function test.is_deeply(self, got, expected, message, extra)
    extra = extra or {}
    extra.got, extra.expected = got, expected
    return report(self, equal(got, expected, extra), message, extra)
end
function test.like(self, got, pattern, message, extra)
    extra = extra or {}
    extra.got, extra.expected = got, pattern
    return report(self, string.match(tostring(got), pattern) ~= nil, message, extra)
end
function test.unlike(self, got, pattern, message, extra)
    extra = extra or {}
    extra.got, extra.expected = got, pattern
    return report(self, string.match(tostring(got), pattern) == nil, message, extra)
end
for _, name in pairs({'nil', 'string', 'number', 'table', 'boolean', 'cdata', 'function', 'thread', 'userdata'}) do
    test['is' .. name] = function(self, value, message, extra)
        extra = extra or {}
        extra.expected, extra.got = name, type(value)
        return report(self, type(value) == name, message, extra)
    end
end
function test.isudata(self, value, _, message, extra)
    return report(self, type(value) == 'userdata', message, extra)
end
function test.check(self)
    if self.checked then error('check called twice') end
    self.checked = true
    if self.planned ~= self.total then
        if self.parent ~= nil then
            report(self.parent, false, 'bad plan', {planned = self.planned, run = self.total})
        else
            comment(self, string.format('bad plan: planned: %d run: %d', self.planned, self.total))
        end
    elseif self.failed > 0 then
        if self.parent ~= nil then
            report(self.parent, false, 'failed subtests', {failed = self.failed, planned = self.planned})
        else
            comment(self, string.format('failed subtest: %d', self.failed))
        end
    elseif self.parent ~= nil then
        report(self.parent, true, self.name)
    end
    return self.planned == self.total and self.failed == 0
end

local function new(parent, name, body, ...)
    local level = parent ~= nil and parent.level + 1 or 0
    local self = setmetatable({
        parent = parent, name = name or '', level = level, total = 0, failed = 0, planned = 0, trace = true,
    }, test_mt)
    if body == nil then return self end
    comment(self, self.name)
    body(self, ...)
    if not self.checked then self:check() end
    comment(self, self.name .. ': end')
    return self.failed == 0
end
function test.test(self, name, body, ...) return new(self, name, body, ...) end

return {
    test = function(...)
        write('TAP version 13')
        return new(nil, ...)
    end,
}
`;
