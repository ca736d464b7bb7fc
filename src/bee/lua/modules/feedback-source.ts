/** `db.feedback`, in Lua. Nothing is sent to anybody: a program can have the report written to a file, to see what is in it. */
export const feedbackSource = `
local names = {'memtx_spaces', 'vinyl_spaces', 'temporary_spaces', 'local_spaces', 'tree_indices', 'rtree_indices',
    'hash_indices', 'bitset_indices', 'jsonpath_indices', 'jsonpath_multikey_indices', 'functional_indices',
    'functional_multikey_indices'}

local function countIndex(schema, index)
    schema[index.type:lower() .. '_indices'] = schema[index.type:lower() .. '_indices'] + 1
    if index.type ~= 'TREE' then return end
    if index.func then
        local kind = index.func.is_multikey and 'functional_multikey_indices' or 'functional_indices'
        schema[kind] = schema[kind] + 1
    end
    for _, part in pairs(index.parts) do
        if part.path then
            local kind = part.path:find('[*]', 1, true) and 'jsonpath_multikey_indices' or 'jsonpath_indices'
            schema[kind] = schema[kind] + 1
            return
        end
    end
end

local function countSchema()
    local schema = {}
    for _, name in ipairs(names) do schema[name] = 0 end
    for name, space in pairs(db.space) do
        if type(name) == 'number' and name > db.schema.SYSTEM_ID_MAX then
            local kind = space.temporary and 'temporary_spaces' or space.is_local and 'local_spaces' or 'memtx_spaces'
            schema[kind] = schema[kind] + 1
            for id, index in pairs(space.index) do
                if type(id) == 'number' then countIndex(schema, index) end
            end
        end
    end
    return schema
end

local function save(path)
    if type(path) ~= 'string' then
        error('builtin/box/feedback_daemon.lua:332: Usage: db.feedback.save(path)', 0)
    end
    local report = {
        arch = jit.arch, os = jit.os, cgroup = '', feedback_version = 2, bee_version = require('bee').version,
        server_id = db.info.uuid, cluster_id = db.info.cluster.uuid, features = {schema = countSchema()},
    }
    local fio = require('fio')
    local file, err = fio.open(path, {'O_CREAT', 'O_RDWR', 'O_TRUNC'}, tonumber('0777', 8))
    if file == nil then error(tostring(err), 0) end
    file:write(require('json').encode(report))
    file:close()
end

return {save = save}
`;
