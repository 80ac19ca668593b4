-- Changes. Each begins with its letter and the record's id:
--   G ttl entry agent-entry body          a new lock
--   E state ttl at-least body             a lock lives on; an empty body stays as it is
--   D state refreshed entry agent-entry flags key body     a lock ends
--   W body, R, X                          a waiter comes, stays, goes
-- A state is the token and the revision: a command that is tried again after its lock was removed
-- makes another lock with the same id.
-- The flags of an end: `q` it is damaged.

-- The numbers in front of the record that was changed, as they were: the client's answer has them.
local before = {}
local function remember(record)
  local expires, refreshed = string.match(record or '', '^(%d+) (%d+) ')
  before[#before + 1] = tonumber(expires) or 0
  before[#before + 1] = tonumber(refreshed) or 0
  return tonumber(expires)
end

-- A record that is to change must be what was seen, but for the times of a mere refresh: what a
-- decision read of it has not changed, and heartbeats make nobody decide again.
local function is_as_seen(id, state, refreshed_then)
  local refreshed, found
  local record = records[id]
  if record then
    refreshed, found = string.match(record, '^%d+ (%d+) %d+ (%d+ %d+) {')
  end
  return (found or '') == state and (refreshed_then == '' or refreshed_then == refreshed)
end

local function many(command, key, list)
  for first = 1, #list, 1000 do
    call(command, key, unpack(list, first, math.min(first + 999, #list)))
    wrote = true
  end
end

-- Cuts the log to size. Endings are remembered for as long as their lines are, and counted for ever.
local function trim_log(excess)
  local forgotten = {}
  for _ = 1, excess do
    local ending = string.match(call('LPOP', LOG), '^E %d+ %d+ %x+ (.*)$')
    local what = 'acquired'
    if ending then
      call('ZREM', INDEX, ending)
      what = string.match(ending, '^.*"ended":"([%a_]+)"') or 'unknown'
    end
    forgotten[what] = (forgotten[what] or 0) + 1
  end
  for what, lines in pairs(forgotten) do
    -- It is only a count: what stands in its way must not tear a step.
    local field = 'forgotten:' .. what
    local counted = redis.pcall('HGET', COUNTS, field)
    if type(counted) ~= 'table' then
      redis.pcall('HSET', COUNTS, field, string.format('%.0f', (tonumber(counted) or 0) + lines))
    end
  end
end

-- Nothing is written unless every record is as it was seen; then all of it is.
local function commit(nonce, grants, makes_version, count)
  local next_version, next_token = makes_version and version + 1 or version, token
  if grants then
    -- A clock past 2100 is broken, and following it would burn the tokens.
    next_token = math.max(token + 1, now < 4102444800000000 and now or 0)
    if next_token > 9007199254740991 then
      return redis.error_reply('TOKENS the fencing tokens are used up')
    end
  end
  local format = string.format
  local text_now, text_version = format('%.0f', now), format('%.0f', next_version)
  local stamp = ' ' .. text_version .. ' ' .. text_now .. ' ' .. nonce .. ' '
  local data = { 'version', text_version, 'token', format('%.0f', next_token), 'format', FORMAT }
  local lines, entries, gone_entries, gone_locks, gone_waiters, quarantine = {}, {}, {}, {}, {}, {}
  local waiters, grows = {}, false
  for _ = 1, count do
    local letter, id = ARGS[at], ARGS[at + 1]
    if letter == 'G' then
      local record = format('%.0f', now + ARGS[at + 2]) .. ' ' .. text_now .. ' ' .. text_now .. ' '
        .. data[4] .. ' 0 ' .. ARGS[at + 5]
      entries[#entries + 1] = '0'
      entries[#entries + 1] = ARGS[at + 3] .. '\0' .. text_now
      entries[#entries + 1] = '0'
      entries[#entries + 1] = ARGS[at + 4]
      data[#data + 1] = id
      data[#data + 1] = record
      lines[#lines + 1] = 'A' .. stamp .. record
      grows = true
      at = at + 6
    elseif letter == 'E' then
      local body = ARGS[at + 5]
      if not is_as_seen(id, ARGS[at + 2], '') then return nil end
      local record = records[id]
      local expires, was = now + ARGS[at + 3], remember(record)
      if ARGS[at + 4] == '1' and was > expires then
        expires = was
      end
      local rest, revision, old = string.match(record, '^%d+ %d+ (%d+ %d+) (%d+) (.*)$')
      if body == '' then
        body = old
      else
        revision = format('%.0f', revision + 1)
      end
      data[#data + 1] = id
      data[#data + 1] = format('%.0f', expires) .. ' ' .. text_now .. ' ' .. rest .. ' ' .. revision .. ' ' .. body
      at = at + 6
    elseif letter == 'D' then
      if not is_as_seen(id, ARGS[at + 2], ARGS[at + 3]) then return nil end
      local record, flags, ended = records[id], ARGS[at + 6], text_now
      local expires = remember(record)
      if flags == 'q' then
        quarantine[#quarantine + 1] = id
        quarantine[#quarantine + 1] = record or ''
      elseif expires and expires < now then
        -- A lease that ran out ended the lock then, whatever becomes of its record now.
        ended = format('%.0f', expires)
      end
      local ending = ARGS[at + 7] .. format('%016.0f', next_version) .. ' ' .. ended .. ' ' .. ARGS[at + 8]
      gone_locks[#gone_locks + 1] = id
      gone_entries[#gone_entries + 1] = ARGS[at + 4]
      gone_entries[#gone_entries + 1] = ARGS[at + 5]
      entries[#entries + 1] = '0'
      entries[#entries + 1] = ending
      lines[#lines + 1] = 'E' .. stamp .. ending
      at = at + 9
    elseif letter == 'W' then
      waiters[#waiters + 1] = id
      waiters[#waiters + 1] = format('%.0f', now + 5000000) .. ' ' .. text_now .. ' ' .. text_version .. ' ' .. ARGS[at + 2]
      grows = true
      at = at + 3
    elseif letter == 'R' then
      local rest = string.match(call('HGET', WAITERS, id) or '', '^%d+ (.*)$')
      if rest then
        waiters[#waiters + 1] = id
        waiters[#waiters + 1] = format('%.0f', now + 5000000) .. ' ' .. rest
      end
      at = at + 2
    else
      gone_waiters[#gone_waiters + 1] = id
      at = at + 2
    end
  end
  local excess = 0
  if #lines > 0 then
    excess = call('LLEN', LOG) + #lines - LOG_KEPT
    if excess > 0 and not forgetful then
      data[#data + 1] = 'forgetful'
      data[#data + 1] = '1'
    end
  end
  if #waiters + #gone_waiters > 0 then
    call('HLEN', WAITERS)
  end
  if #quarantine > 0 then
    call('HLEN', QUARANTINE)
  end
  -- What goes, goes first: a script that has written once may go on where there is no room, so a
  -- full store still lets go. And a refresh must not fail for want of room that it does not need.
  many('ZREM', INDEX, gone_entries)
  many('HDEL', DATA, gone_locks)
  many('HDEL', WAITERS, gone_waiters)
  if not grows and not wrote then
    call('HDEL', DATA, '')
  end
  many('HSET', DATA, data)
  many('ZADD', INDEX, entries)
  many('RPUSH', LOG, lines)
  many('HSET', WAITERS, waiters)
  many('HSET', QUARANTINE, quarantine)
  trim_log(excess)
  return { 'done', now, next_version, next_token, before }
end
