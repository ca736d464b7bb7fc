/** The part of `fio` that is written in Lua: names of files, whole trees, files that are written in the middle. */
export const fioSource = `
local core = ...
local fio = {path = {}, c = {
    flag = {O_APPEND = 1024, O_ASYNC = 8192, O_CLOEXEC = 524288, O_CREAT = 64, O_DIRECT = 16384, O_DIRECTORY = 65536,
        O_EXCL = 128, O_LARGEFILE = 0, O_NDELAY = 2048, O_NOATIME = 262144, O_NOCTTY = 256, O_NOFOLLOW = 131072,
        O_NONBLOCK = 2048, O_PATH = 2097152, O_RDONLY = 0, O_RDWR = 2, O_SYNC = 1052672, O_TMPFILE = 4259840,
        O_TRUNC = 512, O_WRONLY = 1},
    mode = {S_IRGRP = 32, S_IROTH = 4, S_IRUSR = 256, S_IRWXG = 56, S_IRWXO = 7, S_IRWXU = 448, S_IWGRP = 16,
        S_IWOTH = 2, S_IWUSR = 128, S_IXGRP = 8, S_IXOTH = 1, S_IXUSR = 64},
    seek = {SEEK_CUR = 1, SEEK_DATA = 3, SEEK_END = 2, SEEK_HOLE = 4, SEEK_SET = 0}}}

-- The real module is written in Lua as well: its errors name lines of its own. Some name none.
local function fail(text, line) error(line == nil and text or 'builtin/fio.lua:' .. line .. ': ' .. text, 0) end
local function usage(text, line) fail('Usage: ' .. text, line) end

function fio.pathjoin(...)
    local parts = {}
    for i = 1, select('#', ...) do
        local part = tostring((select(i, ...)))
        if part ~= '' then parts[#parts + 1] = part end
    end
    if #parts == 0 then return '.' end
    local path = table.concat(parts, '/'):gsub('/+', '/')
    if #path > 1 then path = path:gsub('/$', '') end
    return path
end

function fio.basename(path, suffix)
    if type(path) ~= 'string' then usage('fio.basename(path[, suffix])', 282) end
    local name = path:match('([^/]*)$')
    if type(suffix) == 'string' and #suffix > 0 and name:sub(-#suffix) == suffix then name = name:sub(1, -#suffix - 1) end
    return name
end

function fio.dirname(path)
    if type(path) ~= 'string' then usage('fio.dirname(path)', 301) end
    local directory = path:gsub('/+$', ''):match('^(.*)/[^/]*$')
    if directory == nil then return '.' end
    return directory == '' and '/' or directory
end

function fio.cwd() return core.cwd() end

function fio.abspath(path)
    if path == nil then usage('fio.abspath(path)', 329) end
    return core.absolute(path)
end

function fio.chdir(path)
    if type(path) ~= 'string' then usage('fio.chdir(path)', 351) end
    return (core.chdir(path))
end

local stat = {}
stat.__index = stat
function stat:is_reg() return self.mode >= 32768 end
function stat:is_dir() return self.mode < 32768 end
function stat:is_link() return false end
stat.is_blk, stat.is_chr, stat.is_fifo, stat.is_sock = stat.is_link, stat.is_link, stat.is_link, stat.is_link
stat.__serialize = function(self) local t = {} for k, v in pairs(self) do t[k] = v end return t end

function fio.stat(path)
    if path == nil then usage('fio.stat(pathname)') end
    local kind, size, time = core.stat(path)
    if kind == nil then return nil, size end
    return setmetatable({size = size, mtime = time, atime = time, ctime = time, mode = kind == 'file' and 33188 or 16877,
        nlink = 1, uid = 0, gid = 0, inode = 0, dev = 0, rdev = 0, blksize = 4096, blocks = math.ceil(size / 512)}, stat)
end
fio.lstat = fio.stat

function fio.path.exists(path) return core.stat(path) ~= nil end
fio.path.lexists = fio.path.exists
function fio.path.is_file(path) return core.stat(path) == 'file' end
function fio.path.is_dir(path) return core.stat(path) == 'directory' end
function fio.path.is_link() return false end

function fio.listdir(path)
    if type(path) ~= 'string' then usage('fio.listdir(path)', 358) end
    local names, message = core.list(path)
    if names == nil then return nil, "can't listdir " .. path .. ': ' .. message end
    return names
end

local function pattern_of(mask)
    return '^' .. mask:gsub('[%^%$%(%)%%%.%+%-]', '%%%0'):gsub('%[!', '[^'):gsub('%*', '[^/]*'):gsub('%?', '[^/]') .. '$'
end

function fio.glob(mask)
    if type(mask) ~= 'string' then usage('fio.glob(pattern)') end
    local found = {mask:sub(1, 1) == '/' and '/' or ''}
    for part in mask:gmatch('[^/]+') do
        local next_found = {}
        for _, base in ipairs(found) do
            if part:find('[%*%?%[]') then
                for _, name in ipairs(core.list(base == '' and '.' or base) or {}) do
                    local is_hidden = name:sub(1, 1) == '.' and part:sub(1, 1) ~= '.'
                    if not is_hidden and name:match(pattern_of(part)) then next_found[#next_found + 1] = base .. name .. '/' end
                end
            elseif core.stat(base .. part) then next_found[#next_found + 1] = base .. part .. '/' end
        end
        found = next_found
    end
    for at, path in ipairs(found) do found[at] = path:sub(1, -2) end
    table.sort(found)
    return found
end

for name, text in pairs({mkdir = 'Usage fio.mkdir(pathname[, mode])', rmdir = 'Usage: fio.rmdir(pathname)',
    unlink = 'Usage: fio.unlink(pathname)'}) do
    fio[name] = function(path)
        if path == nil then error(text, 0) end
        return core[name](path)
    end
end

function fio.rename(from, to)
    if from == nil or to == nil then usage('fio.rename(oldpath, newpath)') end
    return core.rename(from, to)
end

function fio.mktree(path)
    if type(path) ~= 'string' then usage('fio.mktree(path[, mode])', 377) end
    local made = path:sub(1, 1) == '/' and '' or '.'
    for part in path:gmatch('[^/]+') do
        made = made .. '/' .. part
        if not core.stat(made) then
            local ok, message = core.mkdir(made)
            if not ok then return false, string.format('Error creating directory %s: %s', made, message) end
        end
    end
    return true
end

function fio.rmtree(path)
    if type(path) ~= 'string' then usage('fio.rmtree(path)', 408) end
    local names, message = fio.listdir(fio.abspath(path))
    if names == nil then return nil, message end
    for _, name in ipairs(names) do
        local one = path .. '/' .. name
        local ok, why
        if core.stat(one) == 'directory' then ok, why = fio.rmtree(one) else ok, why = core.unlink(one) end
        if not ok then return nil, string.format('failed to remove %s: %s', one, why) end
    end
    return core.rmdir(path)
end

function fio.copyfile(from, to)
    if type(from) ~= 'string' or type(to) ~= 'string' then usage('fio.copyfile(from, to)', 438) end
    if core.stat(to) == 'directory' then to = to .. '/' .. fio.basename(from) end
    local source, message = fio.open(from, {'O_RDONLY'})
    if source == nil then return false, string.format('failed to copy %s to %s: %s', from, to, message) end
    local content = source:read()
    source:close()
    local target, reason = fio.open(to, {'O_CREAT', 'O_TRUNC', 'O_WRONLY'})
    if target == nil then return false, string.format('failed to copy %s to %s: %s', from, to, reason) end
    target:write(content)
    return target:close()
end

function fio.copytree(from, to)
    if type(from) ~= 'string' or type(to) ~= 'string' then usage('fio.copytree(from, to)', 453) end
    local names, message = core.list(from)
    if names == nil then return false, message end
    local ok, why = fio.mktree(to)
    if not ok then return false, why end
    for _, name in ipairs(names) do
        local one, other = from .. '/' .. name, to .. '/' .. name
        local copy = core.stat(one) == 'directory' and fio.copytree or fio.copyfile
        ok, why = copy(one, other)
        if not ok then return false, why end
    end
    return true
end

local directories = 0
function fio.tempdir()
    directories = directories + 1
    local path = '/tmp/' .. core.random()
    local ok, message = fio.mktree(path)
    if not ok then return nil, message end
    return path
end

local file = {}
file.__index = file
file.__serialize = function(self) return {fh = self.fh} end

local flag_values = fio.c.flag
function fio.open(path, flags)
    if type(path) ~= 'string' then usage('fio.open(path[, flags[, mode]])', 189) end
    local set = {}
    for _, name in ipairs(type(flags) == 'table' and flags or {flags}) do
        if flag_values[name] == nil and not flag_values['O_' .. tostring(name)] then
            fail('fio.open(): unknown flag: ' .. tostring(name), 204)
        end
        set[name] = true
    end
    local kind, message = core.stat(path)
    if kind == 'directory' and (set.O_WRONLY or set.O_RDWR) then return nil, 'fio: Is a directory' end
    if kind == nil and not set.O_CREAT then return nil, message end
    if kind ~= nil and set.O_CREAT and set.O_EXCL then return nil, 'fio: File exists' end
    local handle, reason = core.open(path, set.O_TRUNC and 'truncate' or (set.O_WRONLY or set.O_RDWR or set.O_CREAT) and 'append' or 'read')
    if handle == nil then return nil, reason end
    local is_readonly = not (set.O_WRONLY or set.O_RDWR)
    return setmetatable({handle = handle, path = path, at = 0, appends = set.O_APPEND, is_readonly = is_readonly,
        fh = core.number(handle)}, file)
end

local function closed(self)
    if self.handle == nil then return false, 'fio: Bad file descriptor' end
    return true
end

function file:close()
    if self.handle == nil then return closed(self) end
    local handle = self.handle
    self.handle = nil
    return core.close(handle)
end

function file:pread(size, offset)
    if self.handle == nil then return nil, 'fio: Bad file descriptor' end
    return core.pread(self.handle, offset or 0, size)
end

function file:read(size)
    if self.handle == nil then return nil, 'fio: Bad file descriptor' end
    local _, length = core.stat(self.path)
    local content, message = core.pread(self.handle, self.at, size or math.max(0, length - self.at))
    if content == nil then return nil, message end
    self.at = self.at + #content
    return content
end

function file:pwrite(content, offset)
    if self.handle == nil then return closed(self) end
    if self.is_readonly then return false, 'fio: Bad file descriptor' end
    offset = offset or 0
    local _, length = core.stat(self.path)
    local rest = ''
    if offset > length then content = string.rep('\\0', offset - length) .. content offset = length end
    if offset < length then
        local tail = core.pread(self.handle, offset, length - offset)
        rest = tail:sub(#content + 1)
        local ok, message = core.truncate(self.handle, offset)
        if not ok then return false, message end
    end
    local ok, message = core.append(self.handle, content .. rest)
    if ok then return true end
    return ok, message
end

function file:write(content)
    if self.handle == nil then return closed(self) end
    local _, length = core.stat(self.path)
    content = tostring(content)
    if self.appends then self.at = length end
    local ok, message = self:pwrite(content, self.at)
    if not ok then return ok, message end
    self.at = self.at + #content
    return true
end

function file:seek(offset, whence)
    local _, length = core.stat(self.path)
    if type(whence) == 'string' then
        local name = whence
        whence = fio.c.seek[name] or fail('fio.seek(): unknown whence: ' .. name, 136)
    end
    local base = (whence == nil or whence == 0) and 0 or whence == 1 and self.at or length
    self.at = base + (offset or 0)
    return self.at
end

function file:truncate(size)
    if self.handle == nil then return closed(self) end
    size = size or 0
    local _, length = core.stat(self.path)
    -- A disk only cuts: what is longer is filled up.
    local ok, message
    if size <= length then ok, message = core.truncate(self.handle, size)
    else ok, message = core.append(self.handle, string.rep('\\0', size - length)) end
    if ok then return true end
    return ok, message
end

function file:stat() return fio.stat(self.path) end
function file:fsync() return closed(self) end
file.fdatasync = file.fsync

function fio.truncate(path, size)
    if path == nil then usage('fio.truncate(pathname[, newlen])') end
    local handle, message = fio.open(path, {'O_RDWR'})
    if handle == nil then return false, message end
    local ok, reason = handle:truncate(size or 0)
    handle:close()
    if ok then return true end
    return ok, reason
end

function fio.sync() return true end
function fio.umask() return 18 end
function fio.utime(path) return core.stat(path) ~= nil end
function fio.chmod(path) return core.stat(path) ~= nil end
function fio.chown(path, owner, group)
    if path == nil or owner == nil or group == nil then usage('fio.chown(pathname, owner, group)') end
    return core.stat(path) ~= nil
end
function fio.readlink() return nil, 'fio: Invalid argument' end
function fio.symlink() return false, 'fio: Function not implemented' end
fio.link = fio.symlink

return fio
`;
