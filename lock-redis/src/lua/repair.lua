-- Mends what `doctor` found, each only if it is still what was found; says how much of it was done.
-- KEYS: data, index, waiters, log, quarantine, counts. What goes is kept in the quarantine.
-- ARGV: how many arguments an act has is told by its word.
local done, at = 0, 1
local function take(count)
  local part = { unpack(ARGV, at, at + count - 1) }
  at = at + count
  return unpack(part)
end
local function keep(name, text)
  redis.call('HSET', KEYS[5], name, text)
  done = done + 1
end
while at <= #ARGV do
  local word = take(1)
  if word == 'key' then
    local number, kind, aside = take(3)
    local found = redis.call('TYPE', KEYS[tonumber(number)]).ok
    if found ~= kind and found ~= 'none' then
      redis.call('RENAME', KEYS[tonumber(number)], aside)
      done = done + 1
    end
  elseif word == 'field' then
    local number, field, text, name = take(4)
    local key = KEYS[tonumber(number)]
    if (redis.call('HGET', key, field) or '') == text then
      keep(name, text)
      redis.call('HDEL', key, field)
    end
  elseif word == 'entry' then
    local member, name = take(2)
    if redis.call('ZREM', KEYS[2], member) == 1 then keep(name, member) end
  elseif word == 'line' then
    local line, name = take(2)
    if redis.call('LREM', KEYS[4], '1', line) == 1 then
      keep(name, line)
      redis.call('HSET', KEYS[1], 'forgetful', '1')
    end
  elseif word == 'index' then
    local field, text, member, agent = take(4)
    if redis.call('HGET', KEYS[1], field) == text then
      redis.call('ZADD', KEYS[2], '0', member, '0', agent)
      done = done + 1
    end
  elseif word == 'endings' then
    for _, line in ipairs(redis.call('LRANGE', KEYS[4], '0', '-1')) do
      local ending = string.match(line, '^E %d+ %d+ %x+ (.*)$')
      if ending then redis.call('ZADD', KEYS[2], '0', ending) end
    end
    done = done + 1
  elseif word == 'numbers' then
    local version, token = take(2)
    if not redis.call('HGET', KEYS[1], 'version') then
      redis.call('HSET', KEYS[1], 'version', version, 'token', token, 'forgetful', '1')
      done = done + 1
    end
  end
end
-- Whoever knows what there was at this version must look again.
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '')
if done > 0 and version then
  redis.call('HSET', KEYS[1], 'version', string.format('%.0f', version + 1))
  redis.call('HDEL', KEYS[1], 'alone')
end
return done
