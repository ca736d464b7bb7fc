/**
 * The `fun` module, in Lua: lazy iterators. An iterator is a triple of a generator, its parameter and a state; every function here
 * takes anything that can be walked and most give such a triple back, with methods.
 */
export const funSource = `
local fun, methods = {}, {}

local iterator = {
    __index = methods,
    __call = function(self, param, state) return self.gen(param, state) end,
    __tostring = function() return '<generator>' end,
}

local function wrap(gen, param, state)
    return setmetatable({gen = gen, param = param, state = state}, iterator), param, state
end
fun.wrap = wrap
function methods.unwrap(self) return self.gen, self.param, self.state end

local array_gen = ipairs({})
local function map_gen(object, key)
    local next_key = next(object, key)
    return next_key, next_key, next_key ~= nil and object[next_key] or nil
end
local function string_gen(text, at)
    at = at + 1
    if at <= #text then return at, string.sub(text, at, at) end
end
local function nil_gen() end

-- Whatever can be walked, as a triple.
local function raw(object, param, state)
    assert(object ~= nil, 'invalid iterator')
    local kind = type(object)
    if kind == 'table' then
        local meta = getmetatable(object)
        if meta == iterator then return object.gen, object.param, object.state end
        if meta ~= nil and meta.__ipairs ~= nil then return meta.__ipairs(object) end
        if meta ~= nil and meta.__pairs ~= nil then return meta.__pairs(object) end
        if #object > 0 then return ipairs(object) end
        return map_gen, object, nil
    elseif kind == 'function' then
        return object, param, state
    elseif kind == 'string' then
        if #object == 0 then return nil_gen, nil, nil end
        return string_gen, object, 0
    end
    error(string.format('object %s of type "%s" is not iterable', object, type(object)))
end

-- Names a function: as fun.name(…, object) and as object:name(…), whose object comes first.
local function export(count, names, f)
    local as_function, as_method
    if count == 0 then
        as_function = function(object, param, state) return f(raw(object, param, state)) end
        as_method = function(self) return f(self.gen, self.param, self.state) end
    elseif count == 1 then
        as_function = function(a, object, param, state) return f(a, raw(object, param, state)) end
        as_method = function(self, a) return f(a, self.gen, self.param, self.state) end
    else
        as_function = function(a, b, object, param, state) return f(a, b, raw(object, param, state)) end
        as_method = function(self, a, b) return f(a, b, self.gen, self.param, self.state) end
    end
    for name in string.gmatch(names, '%S+') do
        fun[name], methods[name] = as_function, as_method
    end
end

function fun.iter(object, param, state) return wrap(raw(object, param, state)) end

export(1, 'each for_each foreach', function(fun, gen, param, state)
    local function visit(fun, next_state, ...)
        if next_state == nil then return nil end
        fun(...)
        return next_state
    end
    repeat state = visit(fun, gen(param, state)) until state == nil
end)

-- Generators.

local function count_up(range, state)
    local stop, step = range[1], range[2]
    state = state + step
    if state <= stop then return state, state end
end
local function count_down(range, state)
    local stop, step = range[1], range[2]
    state = state + step
    if state >= stop then return state, state end
end
function fun.range(start, stop, step)
    if stop == nil then
        if start == 0 then return nil_gen, nil, nil end
        start, stop = (start > 0 and 1 or -1), start
    end
    step = step or (start <= stop and 1 or -1)
    assert(type(start) == 'number', 'start must be a number')
    assert(type(stop) == 'number', 'stop must be a number')
    assert(type(step) == 'number', 'step must be a number')
    assert(step ~= 0, 'step must not be zero')
    return wrap(step > 0 and count_up or count_down, {stop, step}, start - step)
end
local function duplicate_gen(values, state) return state + 1, unpack(values, 1, values.n) end
function fun.duplicate(...)
    local values = {n = select('#', ...), ...}
    return wrap(duplicate_gen, values, 0)
end
fun.replicate, fun.xrepeat = fun.duplicate, fun.duplicate
local function tabulate_gen(f, state) return state + 1, f(state) end
function fun.tabulate(f) return wrap(tabulate_gen, f, 0) end
local function zeros_gen(_, state) return state + 1, 0 end
function fun.zeros() return wrap(zeros_gen, 0, 0) end
local function ones_gen(_, state) return state + 1, 1 end
function fun.ones() return wrap(ones_gen, 1, 0) end
local function rands_gen(bounds) return 0, math.random(bounds[1], bounds[2]) end
local function fraction_gen() return 0, math.random() end
function fun.rands(n, m)
    if n == nil and m == nil then return wrap(fraction_gen, 0, 0) end
    assert(type(n) == 'number', 'invalid first arg to rands')
    if m == nil then n, m = 0, n else assert(type(m) == 'number', 'invalid second arg to rands') end
    assert(n < m, 'empty interval')
    return wrap(rands_gen, {n, m - 1}, 0)
end

-- Slices.

export(1, 'nth', function(n, gen, param, state)
    assert(n > 0, 'invalid first argument to nth')
    if gen == array_gen then return param[n] end
    if gen == string_gen then
        if n <= #param then return string.sub(param, n, n) end
        return nil
    end
    local function value(next_state, ...)
        if next_state ~= nil then return ... end
    end
    for _ = 1, n - 1 do
        state = gen(param, state)
        if state == nil then return nil end
    end
    return value(gen(param, state))
end)
local function first(state, ...)
    if state == nil then error('head: iterator is empty') end
    return ...
end
export(0, 'head car', function(gen, param, state) return first(gen(param, state)) end)
export(0, 'tail cdr', function(gen, param, state)
    state = gen(param, state)
    if state == nil then return wrap(nil_gen, nil, nil) end
    return wrap(gen, param, state)
end)
local function take_n_gen(it, state)
    local n, gen, param, at, inner = it[1], it[2], it[3], state[1], state[2]
    if at >= n then return nil end
    local function pass(next_state, ...)
        if next_state ~= nil then return {at + 1, next_state}, ... end
    end
    return pass(gen(param, inner))
end
local function take_n(n, gen, param, state)
    assert(n >= 0, 'invalid first argument to take_n')
    return wrap(take_n_gen, {n, gen, param}, {0, state})
end
local function take_while_gen(it, state)
    local f, gen, param = it[1], it[2], it[3]
    local function pass(next_state, ...)
        if next_state ~= nil and f(...) then return next_state, ... end
    end
    return pass(gen(param, state))
end
local function take_while(f, gen, param, state)
    assert(type(f) == 'function', 'invalid first argument to take_while')
    return wrap(take_while_gen, {f, gen, param}, state)
end
local function drop_n(n, gen, param, state)
    assert(n >= 0, 'invalid first argument to drop_n')
    for _ = 1, n do
        state = gen(param, state)
        if state == nil then return wrap(nil_gen, nil, nil) end
    end
    return wrap(gen, param, state)
end
local function drop_while(f, gen, param, state)
    assert(type(f) == 'function', 'invalid first argument to drop_while')
    local function test(fun, next_state, ...)
        if next_state == nil then return nil, false end
        return next_state, f(...)
    end
    local last, goes_on
    repeat
        last = state
        state, goes_on = test(fun, gen(param, state))
    until not goes_on
    if state == nil then return wrap(nil_gen, nil, nil) end
    return wrap(gen, param, last)
end
export(1, 'take_n', take_n)
export(1, 'take_while', take_while)
export(1, 'take', function(by, gen, param, state)
    if type(by) == 'number' then return take_n(by, gen, param, state) end
    return take_while(by, gen, param, state)
end)
export(1, 'drop_n', drop_n)
export(1, 'drop_while', drop_while)
export(1, 'drop', function(by, gen, param, state)
    if type(by) == 'number' then return drop_n(by, gen, param, state) end
    return drop_while(by, gen, param, state)
end)
export(1, 'split span split_at', function(by, gen, param, state)
    local left = type(by) == 'number' and take_n or take_while
    local right = type(by) == 'number' and drop_n or drop_while
    return (left(by, gen, param, state)), right(by, gen, param, state)
end)

-- Indexing.

export(1, 'index index_of elem_index', function(sought, gen, param, state)
    local at = 0
    for _, value in gen, param, state do
        at = at + 1
        if value == sought then return at end
    end
    return nil
end)
local function indexes_gen(it, state)
    local sought, gen, param, at, inner = it[1], it[2], it[3], state[1], state[2]
    while true do
        local value
        inner, value = gen(param, inner)
        if inner == nil then return nil end
        at = at + 1
        if value == sought then return {at, inner}, at end
    end
end
export(1, 'indexes elem_indexes indices elem_indices', function(sought, gen, param, state)
    return wrap(indexes_gen, {sought, gen, param}, {0, state})
end)

-- Filters.

local function filter_gen(it, state)
    local f, gen, param = it[1], it[2], it[3]
    local results
    local function collect(next_state, ...)
        results = {n = select('#', ...), ...}
        return next_state
    end
    repeat
        state = collect(gen(param, state))
        if state == nil then return nil end
    until f(unpack(results, 1, results.n))
    return state, unpack(results, 1, results.n)
end
local function filter(f, gen, param, state) return wrap(filter_gen, {f, gen, param}, state) end
export(1, 'filter remove_if', filter)
export(1, 'grep', function(by, gen, param, state)
    local f = by
    if type(by) == 'string' then f = function(value) return string.find(value, by) ~= nil end end
    return filter(f, gen, param, state)
end)
export(1, 'partition', function(f, gen, param, state)
    local function is_not(...) return not f(...) end
    return (filter(f, gen, param, state)), (filter(is_not, gen, param, state))
end)

-- Reducing.

export(2, 'foldl reduce', function(f, start, gen, param, state)
    local function step(next_state, ...)
        if next_state == nil then return nil end
        start = f(start, ...)
        return next_state
    end
    repeat state = step(gen(param, state)) until state == nil
    return start
end)
local function length(gen, param, state)
    if gen == array_gen or gen == string_gen then return #param end
    local count = 0
    state = gen(param, state)
    while state ~= nil do
        count = count + 1
        state = gen(param, state)
    end
    return count
end
export(0, 'length', length)
export(0, 'is_null', function(gen, param, state) return gen(param, state) == nil end)
local function is_prefix_of(a, b)
    local gen_a, param_a, state_a = raw(a)
    local gen_b, param_b, state_b = raw(b)
    local value_a, value_b
    while true do
        state_a, value_a = gen_a(param_a, state_a)
        state_b, value_b = gen_b(param_b, state_b)
        if state_a == nil then return true end
        if state_b == nil or value_a ~= value_b then return false end
    end
end
fun.is_prefix_of, methods.is_prefix_of = is_prefix_of, is_prefix_of
export(1, 'all every', function(fun, gen, param, state)
    local function test(fun, next_state, ...)
        if next_state == nil then return nil, true end
        return next_state, fun(...)
    end
    local holds
    repeat state, holds = test(fun, gen(param, state)) until state == nil or not holds
    return state == nil
end)
export(1, 'any some', function(fun, gen, param, state)
    local function test(fun, next_state, ...)
        if next_state == nil then return nil, false end
        return next_state, fun(...)
    end
    local holds
    repeat state, holds = test(fun, gen(param, state)) until state == nil or holds
    return not not holds
end)
export(0, 'sum', function(gen, param, state)
    local total = 0
    for _, r in gen, param, state do total = total + r end
    return total
end)
export(0, 'product', function(gen, param, state)
    local total = 1
    for _, r in gen, param, state do total = total * r end
    return total
end)
local function choose(name, better)
    return function(gen, param, state)
        local best
        state, best = gen(param, state)
        if state == nil then error(name .. ': iterator is empty') end
        for _, value in gen, param, state do
            if better(value, best) then best = value end
        end
        return best
    end
end
export(0, 'min minimum', choose('min', function(a, b) return a < b end))
export(0, 'max maximum', choose('max', function(a, b) return a > b end))
local function choose_by(name)
    return function(f, gen, param, state)
        local best
        state, best = gen(param, state)
        if state == nil then error(name .. ': iterator is empty') end
        for _, value in gen, param, state do best = f(best, value) end
        return best
    end
end
export(1, 'min_by minimum_by', choose_by('min'))
export(1, 'max_by maximum_by', choose_by('max'))
export(0, 'totable', function(gen, param, state)
    local all, value = {}
    while true do
        state, value = gen(param, state)
        if state == nil then return all end
        table.insert(all, value)
    end
end)
export(0, 'tomap', function(gen, param, state)
    local all, key, value = {}
    while true do
        state, key, value = gen(param, state)
        if state == nil then return all end
        all[key] = value
    end
end)

-- Transformations.

local function map_values_gen(it, state)
    local f, gen, param = it[1], it[2], it[3]
    local function pass(next_state, ...)
        if next_state ~= nil then return next_state, f(...) end
    end
    return pass(gen(param, state))
end
export(1, 'map', function(f, gen, param, state) return wrap(map_values_gen, {f, gen, param}, state) end)
local function enumerate_gen(it, state)
    local gen, param, at, inner = it[1], it[2], state[1], state[2]
    local function pass(next_state, ...)
        if next_state ~= nil then return {at + 1, next_state}, at, ... end
    end
    return pass(gen(param, inner))
end
export(0, 'enumerate', function(gen, param, state)
    return wrap(enumerate_gen, {gen, param}, {1, state})
end)
local function intersperse_gen(it, state)
    local x, gen, param, is_between, inner = it[1], it[2], it[3], state[1], state[2]
    if is_between then return {false, inner}, x end
    local function pass(next_state, ...)
        if next_state ~= nil then return {true, next_state}, ... end
    end
    return pass(gen(param, inner))
end
export(1, 'intersperse', function(x, gen, param, state)
    return wrap(intersperse_gen, {x, gen, param}, {false, state})
end)

-- Compositions.

local function zip_gen(its, states)
    local next_states, values = {}, {}
    for at = 1, #its, 2 do
        local n = (at + 1) / 2
        local state, value = its[at](its[at + 1], states[n])
        if state == nil then return nil end
        next_states[n], values[n] = state, value
    end
    return next_states, unpack(values, 1, #its / 2)
end
local function zip(...)
    local count = select('#', ...)
    local its, states = {}, {}
    for at = 1, count do
        local gen, param, state = raw((select(at, ...)))
        its[2 * at - 1], its[2 * at], states[at] = gen, param, state
    end
    if count == 0 then return wrap(nil_gen, nil, nil) end
    return wrap(zip_gen, its, states)
end
fun.zip, methods.zip = zip, zip
local function cycle_gen(it, state)
    local gen, param, start = it[1], it[2], it[3]
    local function pass(next_state, ...)
        if next_state ~= nil then return next_state, ... end
        local function again(first_state, ...)
            if first_state ~= nil then return first_state, ... end
        end
        return again(gen(param, start))
    end
    return pass(gen(param, state))
end
export(0, 'cycle', function(gen, param, state) return wrap(cycle_gen, {gen, param, state}, state) end)
local function chain_gen(its, state)
    local at, inner = state[1], state[2]
    while true do
        local it = its[at]
        if it == nil then return nil end
        local results
        local function collect(next_state, ...)
            results = {n = select('#', ...), ...}
            return next_state
        end
        local next_state = collect(it[1](it[2], inner))
        if next_state ~= nil then return {at, next_state}, unpack(results, 1, results.n) end
        at = at + 1
        if its[at] == nil then return nil end
        inner = its[at][3]
    end
end
local function chain(...)
    local its = {}
    for at = 1, select('#', ...) do its[at] = {raw((select(at, ...)))} end
    if #its == 0 then return wrap(nil_gen, nil, nil) end
    return wrap(chain_gen, its, {1, its[1][3]})
end
fun.chain, methods.chain = chain, chain

local operator = {
    lt = function(a, b) return a < b end, le = function(a, b) return a <= b end,
    eq = function(a, b) return a == b end, ne = function(a, b) return a ~= b end,
    ge = function(a, b) return a >= b end, gt = function(a, b) return a > b end,
    add = function(a, b) return a + b end, div = function(a, b) return a / b end,
    floordiv = function(a, b) return math.floor(a / b) end,
    intdiv = function(a, b)
        local q = a / b
        return a >= 0 and math.floor(q) or math.ceil(q)
    end,
    mod = function(a, b) return a % b end, mul = function(a, b) return a * b end,
    neq = function(a, b) return a ~= b end, unm = function(a) return -a end,
    pow = function(a, b) return a ^ b end, sub = function(a, b) return a - b end,
    truediv = function(a, b) return a / b end, concat = function(a, b) return a .. b end,
    len = function(a) return #a end, length = function(a) return #a end,
    land = function(a, b) return a and b end, lor = function(a, b) return a or b end,
    lnot = function(a) return not a end, truth = function(a) return not not a end,
}
fun.operator, fun.op = operator, operator

-- fun() makes globals of all functions; fun(true) also of those whose name is taken.
setmetatable(fun, {__call = function(self, overrides)
    for name, f in pairs(self) do
        local isTaken = rawget(_G, name) ~= nil
        if isTaken then
            local words = 'function ' .. name .. ' already exists in global scope.'
            print((overrides and 'WARNING: ' or 'NOTICE: ') .. words .. (overrides and ' Overwritten.' or ' Skipped.'))
        end
        if not isTaken or overrides then rawset(_G, name, f) end
    end
end})

return fun
`;
