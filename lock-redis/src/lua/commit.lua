-- Changes, if the scope is as it was seen.

local nonce, seen_version, seen_now, seen_until
local seen_locks, seen_waiters, seen_endings, grants, makes_version, changes

-- How many arguments each change has after its letter and the record's id.
local ARGUMENTS = { G = 4, E = 4, D = 7, W = 1, R = 0, X = 0 }

local function read_changes()
  nonce = arg()
  seen_version, seen_now, seen_until = number(), number(), number()
  seen_locks, seen_waiters = {}, {}
  for i = 1, number() do
    seen_locks[i] = { arg(), arg() == 'L' }
  end
  for i = 1, number() do
    seen_waiters[i] = { arg(), arg(), arg() == 'L' }
  end
  seen_endings = arg()
  grants, makes_version, changes = arg() == '1', arg() == '1', {}
  for i = 1, number() do
    local change = { arg(), arg() }
    for j = 1, ARGUMENTS[change[1]] do
      change[j + 2] = arg()
    end
    changes[i] = change
  end
end

local function locks_as_seen()
  load_locks()
  if #ids ~= #seen_locks then return false end
  for _, seen in ipairs(seen_locks) do
    local id = seen[1]
    if records[id] == nil then return false end
    local expires = expiry(id)
    if (expires == nil or now < expires) ~= seen[2] then return false end
  end
  return true
end

local function waiters_as_seen()
  if not wants_waiters then return true end
  load_waiters()
  if #waiters ~= 2 * #seen_waiters then return false end
  local by_id = {}
  for i = 1, #waiters, 2 do
    by_id[waiters[i]] = waiters[i + 1]
  end
  for _, seen in ipairs(seen_waiters) do
    local expires, ticket = string.match(by_id[seen[1]] or '', '^(%d+) %d+ (%d+) {')
    if (ticket or '') ~= seen[2] then return false end
    if (expires and now < tonumber(expires) or false) ~= seen[3] then return false end
  end
  return true
end

-- Endings only come and go with versions: their number and the latest version tell them apart.
local function endings_as_seen()
  if wants_endings == '' then return true end
  load_endings()
  local latest = ''
  for _, ending in ipairs(endings) do
    local made = string.match(ending, '%z(%d+) [^%z]*$') or ''
    if made > latest then latest = made end
  end
  return #endings .. ' ' .. latest == seen_endings
end

-- A record that is to change must be what was seen, but for the times of a mere refresh: what a
-- decision read of it has not changed, and heartbeats make nobody decide again.
local function records_as_seen()
  for _, change in ipairs(changes) do
    local letter, id, revision = change[1], change[2], change[3]
    if letter == 'E' or letter == 'D' then
      local record = record_of(id)
      local refreshed, found
      if record then
        refreshed, found = string.match(record, '^%d+ (%d+) %d+ %d+ (%d+) {')
      end
      if (found or '') ~= revision then return false end
      if letter == 'D' and change[4] ~= '' and change[4] ~= refreshed then return false end
    end
  end
  return true
end

-- The scope is as it was seen at once if nothing has changed since, and nothing has run out.
local function as_seen()
  if not (seen_version == version and seen_now <= now and now < seen_until) then
    if not (locks_as_seen() and waiters_as_seen() and endings_as_seen()) then return false end
  end
  return records_as_seen()
end

local function log_line(kind, rest)
  write('RPUSH', LOG, kind .. ' ' .. text(version) .. ' ' .. text(now) .. ' ' .. nonce .. ' ' .. rest)
end

local function trim_log()
  local excess = call('LLEN', LOG) - LOG_KEPT
  if excess > 0 and not forgetful then
    write('HSET', META, 'forgetful', '1')
  end
  for _ = 1, excess do
    local ending = string.match(write('LPOP', LOG), '^E %d+ %d+ %x+ (.*)$')
    if ending then
      write('ZREM', ENDINGS, ending)
    end
  end
end

-- What was there before: the client builds its answer from it.
local times = {}
local function remember(record)
  local expires, refreshed = string.match(record or '', '^(%d+) (%d+) ')
  times[#times + 1] = tonumber(expires) or 0
  times[#times + 1] = tonumber(refreshed) or 0
  return tonumber(expires)
end

local apply = {}

function apply.G(id, ttl, name, agent, body)
  local at = text(now)
  local record = text(now + tonumber(ttl)) .. ' ' .. at .. ' ' .. at .. ' ' .. text(token) .. ' 0 ' .. body
  write('ZADD', ANCHORS, '0', name .. '\0' .. at)
  write('ZADD', AGENTS, '0', agent)
  write('HSET', LOCKS, id, record)
  log_line('A', record)
end

function apply.E(id, revision, ttl, at_least, body)
  local record = record_of(id)
  local expires = now + tonumber(ttl)
  local before = remember(record)
  if at_least == '1' then
    expires = math.max(expires, before)
  end
  local rest, old = string.match(record, '^%d+ %d+ (%d+ %d+) %d+ (.*)$')
  if body == '' then
    body = old
  else
    revision = text(tonumber(revision) + 1)
  end
  write('HSET', LOCKS, id, text(expires) .. ' ' .. text(now) .. ' ' .. rest .. ' ' .. revision .. ' ' .. body)
end

-- Flags: `x` the lease ran out, and ended the lock when it did; `q` the record is damaged.
function apply.D(id, _, _, _, _, flags, key, body)
  local record = record_of(id)
  local expires = remember(record)
  local ended = now
  if string.find(flags, 'x', 1, true) and expires and expires < now then
    ended = expires
  end
  if string.find(flags, 'q', 1, true) then
    write('HSET', QUARANTINE, id, record or '')
  end
  local ending = key .. string.format('%016.0f', version) .. ' ' .. text(ended) .. ' ' .. body
  write('ZADD', ENDINGS, '0', ending)
  log_line('E', ending)
end

function apply.W(id, body)
  write('HSET', WAITERS, id, text(now + 5000000) .. ' ' .. text(now) .. ' ' .. text(version) .. ' ' .. body)
end

function apply.R(id)
  local rest = string.match(call('HGET', WAITERS, id) or '', '^%d+ (.*)$')
  if rest then
    write('HSET', WAITERS, id, text(now + 5000000) .. ' ' .. rest)
  end
end

function apply.X() end

-- What goes, goes first: a store that is full lets go of records, because a script that has
-- written once may go on.
local function take_away()
  records = records or {}
  local grows = false
  for _, change in ipairs(changes) do
    grows = grows or change[1] == 'G' or change[1] == 'W'
    if change[1] == 'D' then
      local id, name, agent = change[2], change[5], change[6]
      records[id] = record_of(id)
      write('ZREM', ANCHORS, name)
      if agent ~= '' then write('ZREM', AGENTS, agent) end
      write('HDEL', LOCKS, id)
    elseif change[1] == 'X' then
      write('HDEL', WAITERS, change[2])
    end
  end
  -- A refresh must not fail for want of room that it does not need.
  if not grows then write('HDEL', WAITERS, '') end
end

local function commit()
  if grants then
    -- A clock past 2100 is broken, and following it would burn the tokens.
    token = math.max(token + 1, now < 4102444800000000 and now or 0)
    if token > 9007199254740991 then
      error({ err = 'TOKENS the fencing tokens are used up' })
    end
  end
  if makes_version then
    version = version + 1
  end
  -- Each key has its type looked at before the first write: a step is whole, or it is nothing.
  call('LLEN', LOG)
  call('ZCARD', ENDINGS)
  call('ZCARD', AGENTS)
  call('ZCARD', ANCHORS)
  call('HLEN', LOCKS)
  call('HLEN', WAITERS)
  call('HLEN', QUARANTINE)
  take_away()
  write('HSET', META, 'version', text(version), 'token', text(token), 'format', FORMAT)
  for _, change in ipairs(changes) do
    apply[change[1]](unpack(change, 2))
  end
  trim_log()
end
