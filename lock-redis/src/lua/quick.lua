-- Who waits keeps its place, if it stands there as it was seen, and still lives. Nil as below.
local function keep_place(now, text_now)
  local call, KEYS, id = redis.call, KEYS, ARGV[7]
  local state = call('HMGET', KEYS[1], 'version', 'token')
  local record = call('HGET', KEYS[3], id)
  local expires, rest, ticket = string.match(record or '', '^(%d+) (%d+ (%d+) {.*)$')
  if ticket ~= ARGV[8] or now >= tonumber(expires) then return nil end
  expires = string.format('%d', now + 5000000)
  if #expires ~= 16 then return nil end
  -- Where there is no room, it takes longer.
  if type(redis.pcall('HSET', KEYS[3], id, expires .. ' ' .. rest)) == 'table' then return nil end
  return 'done ' .. text_now .. ' ' .. (state[1] or '0') .. ' ' .. (state[2] or '0') .. ' 0', 0
end

-- The step of a client that works alone, if all it does is to grant one lock or to end one. Nobody else
-- has written since it knew all that this step depends on, so there is nothing to compare and the types
-- are known.
-- Nil, and nothing written, if it is not so. The numbers are those of `main`.
local function quick(what, now, text_now, seen_version, seen_token, ttl)
  local call, KEYS, ARGV = redis.call, KEYS, ARGV
  local data, index, id = KEYS[1], KEYS[2], ARGV[7]
  local state = call('HMGET', data, 'version', 'token', 'alone', id)
  local version, text_token, as_claimed = tonumber(state[1] or 0), state[2] or '0', state[3] == ARGV[4]
  -- The token tells apart what came to the same version again after all was deleted.
  if not as_claimed and (version ~= seen_version or tonumber(text_token) ~= seen_token) then return nil end
  version = version + 1
  local text_version = string.format('%d', version)
  local stamp = ' ' .. text_version .. ' ' .. text_now .. ' ' .. ARGV[3] .. ' '
  local kept
  if what == 1 then
    local expires = string.format('%d', now + ttl)
    -- Where a number is not exact this way, or the clock is not ahead of the token, it takes longer.
    if #expires ~= 16 or now <= tonumber(text_token) or now >= 4102444800000000 then return nil end
    text_token = text_now
    local record = expires .. ' ' .. text_now .. ' ' .. text_now .. ' ' .. text_now .. ' 0 ' .. ARGV[10]
    local entry, agent_entry = ARGV[8] .. '\0' .. text_now, ARGV[9]
    call('ZADD', index, '0', entry, '0', agent_entry)
    kept = redis.pcall('RPUSH', KEYS[4], 'A' .. stamp .. record)
    if type(kept) == 'table' then
      call('ZREM', index, entry, agent_entry)
      error(kept)
    end
    wrote = true
    call('HSET', data, 'version', text_version, 'token', text_token, id, record)
  else
    local seen, entry, agent_entry = ARGV[8], ARGV[9], ARGV[10]
    if not state[4] or string.sub(state[4], 1, #seen) ~= seen then return nil end
    local ending = ARGV[11] .. string.sub('000000000000000' .. text_version, -16) .. ' ' .. text_now
      .. ' ' .. ARGV[12]
    -- What goes, goes first: a script that has written once may go on where there is no room.
    call('ZREM', index, entry, agent_entry)
    kept = redis.pcall('RPUSH', KEYS[4], 'E' .. stamp .. ending)
    if type(kept) == 'table' then
      call('ZADD', index, '0', entry, '0', agent_entry)
      error(kept)
    end
    wrote = true
    call('ZADD', index, '0', ending)
    call('HDEL', data, id)
    call('HSET', data, 'version', text_version)
  end
  local epoch = '0'
  if not as_claimed then
    epoch = text_token .. '.' .. text_version
    call('HSET', data, 'alone', string.match(ARGV[4], '^%S+') .. ' ' .. epoch)
  end
  redis.pcall('PUBLISH', ARGV[2], text_version)
  return 'done ' .. text_now .. ' ' .. text_version .. ' ' .. text_token .. ' ' .. epoch, kept
end
