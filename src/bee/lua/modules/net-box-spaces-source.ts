/** The part of `net.box` that makes remote spaces of the schema that a server tells. */
export const netBoxSpacesSource = `
local core = ...

local function check_space(self, method)
    if type(self) ~= 'table' or self.id == nil then
        error('builtin/box/schema.lua:1291: Use space:' .. method .. '(...) instead of space.' .. method .. '(...)', 0)
    end
end

local function check_index(self, method)
    if type(self) ~= 'table' or self.id == nil or type(self.space) ~= 'table' then
        error('builtin/box/schema.lua:1310: Use index:' .. method .. '(...) instead of index.' .. method .. '(...)', 0)
    end
end

local function primary(space)
    return space.index[0] or error(db.error.new(db.error.NO_SUCH_INDEX_ID, 0, space.name))
end

local function list_of(result) result.n = nil return result end
local function first(result) if result[1] ~= nil then return result[1] end end
local function nothing() end

local iterators = {EQ = 0, REQ = 1, ALL = 2, LT = 3, LE = 4, GE = 5, GT = 6, BITS_ALL_SET = 7,
    BITS_ANY_SET = 8, BITS_ALL_NOT_SET = 9, OVERLAPS = 10, NEIGHBOR = 11}

local function iterator_of(opts, key)
    local wanted = opts ~= nil and opts.iterator or nil
    if wanted == nil then
        local is_empty = key == nil or type(key) == 'table' and next(key) == nil
        return is_empty and 2 or 0
    end
    if type(wanted) == 'number' then return wanted end
    return type(wanted) == 'string' and iterators[wanted:upper()]
        or error(db.error.new(db.error.ITERATOR_TYPE, tostring(wanted)))
end

local function methods_of(connection, request)
    local space, index = {}, {}

    local function ask(self, shape, opts, kind, ...)
        return request(connection, shape, self._format_cdata, opts, kind, ...)
    end

    -- These answer with one value, which is not what a buffer is for.
    local function refuse_buffer(opts, line, method)
        if opts ~= nil and opts.buffer ~= nil then
            error('builtin/box/net_box.lua:' .. line .. ': index:' .. method .. "() doesn't support \`buffer\` argument", 0)
        end
    end

    local function select(self, at, key, opts)
        if opts ~= nil and type(opts) ~= 'table' then
            if type(opts) ~= 'string' then
                error("builtin/box/schema.lua:1338: attempt to index local 'opts' (a " .. type(opts) .. ' value)', 0)
            end
            -- A text can be indexed, and has none of the options.
            opts = nil
        end
        local iterator = iterator_of(opts, key)
        local offset = opts ~= nil and tonumber(opts.offset) or 0
        local limit = opts ~= nil and tonumber(opts.limit) or 0xffffffff
        if key == nil then key = {} end
        return ask(self, list_of, opts, 'select', self.id, at.id, iterator, offset, limit, key)
    end

    local function get(self, at, key, opts)
        refuse_buffer(opts, 1527, 'get')
        if key == nil then key = {} end
        return ask(self, function(result)
            if result[2] ~= nil then error('', 0) end
            return first(result)
        end, opts, 'select', self.id, at.id, 0, 0, 2, key)
    end

    local function delete(self, at, key, opts)
        if key == nil then key = {} end
        return ask(self, first, opts, 'delete', self.id, at.id, key)
    end

    local function update(self, at, key, ops, opts)
        if key == nil then key = {} end
        return ask(self, first, opts, 'update', self.id, at.id, key, ops)
    end

    function space:format() check_space(self, 'format') return self._format end
    function space:insert(tuple, opts) check_space(self, 'insert') return ask(self, first, opts, 'insert', self.id, tuple) end
    function space:replace(tuple, opts) check_space(self, 'replace') return ask(self, first, opts, 'replace', self.id, tuple) end
    function space:select(key, opts) check_space(self, 'select') return select(self, primary(self), key, opts) end
    function space:get(key, opts) check_space(self, 'get') return get(self, primary(self), key, opts) end
    function space:delete(key, opts) check_space(self, 'delete') return delete(self, primary(self), key, opts) end
    function space:update(key, ops, opts) check_space(self, 'update') return update(self, primary(self), key, ops, opts) end
    function space:upsert(tuple, ops, opts)
        check_space(self, 'upsert')
        return ask(self, nothing, opts, 'upsert', self.id, tuple, ops)
    end

    local function one_of(self, iterator, key, opts)
        if key == nil then key = {} end
        return ask(self.space, first, opts, 'select', self.space.id, self.id, iterator, 0, 1, key)
    end

    function index:select(key, opts) check_index(self, 'select') return select(self.space, self, key, opts) end
    function index:get(key, opts) check_index(self, 'get') return get(self.space, self, key, opts) end
    function index:delete(key, opts) check_index(self, 'delete') return delete(self.space, self, key, opts) end
    function index:update(key, ops, opts) check_index(self, 'update') return update(self.space, self, key, ops, opts) end
    function index:min(key, opts) check_index(self, 'min') refuse_buffer(opts, 1538, 'min') return one_of(self, iterators.GE, key, opts) end
    function index:max(key, opts) check_index(self, 'max') refuse_buffer(opts, 1549, 'max') return one_of(self, iterators.LE, key, opts) end
    function index:count(key, opts)
        check_index(self, 'count')
        refuse_buffer(opts, 1560, 'count')
        local path = 'db.space.' .. self.space.name .. '.index.' .. self.name .. ':count'
        return request(connection, first, nil, opts, 'call', path, {key, opts and {iterator = opts.iterator}})
    end
    return {__index = space, __metatable = false}, {__index = index, __metatable = false}
end

local function parts_of(definition, collations)
    local parts = {}
    for at, part in ipairs(definition) do
        local fieldno, kind = part.field or part[1], part.type or part[2]
        parts[at] = {type = kind, fieldno = fieldno + 1, is_nullable = part.is_nullable or false}
        if part.path ~= nil then parts[at].path = part.path end
        if part.collation ~= nil then parts[at].collation = collations[part.collation] end
    end
    return parts
end

-- Spaces by their ids and names. Objects of spaces that are still there stay the same.
return function(connection, request, spaces, indexes, collations)
    if connection._space_mt == nil then
        connection._space_mt, connection._index_mt = methods_of(connection, request)
    end
    local known, by_id, listing, names = connection.space or {}, {}, {}, {}
    for _, one in ipairs(collations) do names[one[1]] = one[2] end
    for _, one in ipairs(spaces) do
        local id, name = one[1], one[3]
        local space = known[id] or setmetatable({}, connection._space_mt)
        -- One by one, which decides the order of the listing.
        space.id = id
        space.name = name
        space.engine = one[4]
        space.field_count = one[5]
        space.enabled = true
        space.index = {}
        space.temporary = one[6] ~= nil and one[6].temporary == true
        space.is_sync = one[6] ~= nil and one[6].is_sync == true
        space._format = one[7]
        space._format_cdata = core.format(one[7])
        space.connection = connection
        listing[id], listing[name], by_id[id] = space, space, space
    end
    for _, one in ipairs(indexes) do
        local space = by_id[one[1]]
        if space ~= nil then
            local index = setmetatable({
                id = one[2], name = one[3], type = one[4]:upper(), unique = one[5].unique,
                parts = parts_of(one[6], names), space = space,
            }, connection._index_mt)
            space.index[index.id], space.index[index.name] = index, index
        end
    end
    return listing
end
`;
