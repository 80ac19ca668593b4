-- What the store holds in a scope.

local ranges, wants_waiters, wants_endings, ending_keys, after

local function read_scope()
  ranges = {}
  for i = 1, number() do
    local index, from, to = arg(), arg(), arg()
    ranges[i] = { index == 'g' and AGENTS or ANCHORS, from, to }
  end
  wants_waiters = arg() == '1'
  wants_endings = arg()
  ending_keys = {}
  for i = 1, number() do
    ending_keys[i] = arg()
  end
  after = number() -- nil: no history
end

-- Records by id in the order found; false: named in the index, but not there.
local ids, names, written, records
local function load_locks()
  if ids then return end
  ids, names, written, records = {}, {}, {}, {}
  for _, range in ipairs(ranges) do
    for _, member in ipairs(call('ZRANGEBYLEX', range[1], range[2], range[3])) do
      local id, acquired
      if range[1] == ANCHORS then
        id, acquired = string.match(member, '%z(%x+%-%d+)%z(%d+)$')
      else
        id = string.match(member, '%z(%x+%-%d+)$')
      end
      -- What is no name of ours disturbs nobody; `doctor` reports it.
      if id and names[id] == nil then
        ids[#ids + 1] = id
        names[id] = acquired and member or ''
        written[id] = tonumber(acquired)
      end
    end
  end
  for first = 1, #ids, 500 do
    local found = call('HMGET', LOCKS, unpack(ids, first, math.min(first + 499, #ids)))
    for i, record in ipairs(found) do
      records[ids[first + i - 1]] = record
    end
  end
end

-- A record, whether in scope or not; false if there is none.
local function record_of(id)
  local record = records and records[id]
  if record == nil then
    record = call('HGET', LOCKS, id)
  end
  return record
end

-- When a lock ends; nil if nobody can tell.
local function expiry(id)
  local record = records[id]
  local expires = record and string.match(record, '^(%d+) %d+ %d+ %d+ %d+ {')
  return tonumber(expires) or (written[id] and written[id] + DEFAULT_LEASE)
end

local waiters
local function load_waiters()
  if waiters then return end
  if call('HLEN', WAITERS) == 0 then
    waiters = {}
  else
    waiters = call('HGETALL', WAITERS)
  end
end

-- The last few endings under a key `agent NUL holder NUL pattern NUL`, the latest first.
local function last_endings(found, key)
  local above = '(' .. string.sub(key, 1, -2) .. '\1'
  for _, member in ipairs(call('ZREVRANGEBYLEX', ENDINGS, above, '[' .. key, 'LIMIT', 0, 8)) do
    found[#found + 1] = member
  end
end

-- The last ending of each pattern under `agent NUL holder NUL`: one seek for each.
local function endings_of_holder(found, prefix)
  local below = '(' .. string.sub(prefix, 1, -2) .. '\1'
  while true do
    local member = call('ZREVRANGEBYLEX', ENDINGS, below, '[' .. prefix, 'LIMIT', 0, 1)[1]
    if not member then return end
    found[#found + 1] = member
    local pattern_end = string.find(member, '%z', #prefix + 1)
    if not pattern_end then return end
    below = '(' .. string.sub(member, 1, pattern_end)
  end
end

-- Calls `visit` with each line of the log, the latest first, until it says stop.
local function walk_log(visit)
  local last = -1
  while true do
    local lines = call('LRANGE', LOG, last - 99, last)
    for i = #lines, 1, -1 do
      if visit(lines[i]) then return end
    end
    if #lines < 100 then return end
    last = last - 100
  end
end

local endings
local function load_endings()
  if endings then return end
  endings = {}
  for _, key in ipairs(ending_keys) do
    if wants_endings == 'last' then
      last_endings(endings, key)
    elseif wants_endings == 'holder' then
      endings_of_holder(endings, key)
    elseif wants_endings == 'made' then
      walk_log(function(line)
        local kind, at, nonce, ending = string.match(line, '^(%u) %d+ (%d+) (%x+) (.*)$')
        if not kind or tonumber(at) + RETRIED_WITHIN < now then return true end
        if kind == 'E' and nonce == key then
          endings[#endings + 1] = ending
        end
      end)
    end
  end
end

local function history()
  local found = {}
  if after then
    walk_log(function(line)
      local made = tonumber(string.match(line, '^%u (%d+) '))
      if not made or made <= after then return true end
      found[#found + 1] = line
    end)
  end
  return found
end

local function view()
  load_locks()
  load_endings()
  local locks = {}
  for i, id in ipairs(ids) do
    locks[3 * i - 2] = id
    locks[3 * i - 1] = names[id]
    locks[3 * i] = records[id] or ''
  end
  if wants_waiters then load_waiters() end
  return { 'view', now, version, forgetful, locks, waiters or {}, endings, history() }
end
