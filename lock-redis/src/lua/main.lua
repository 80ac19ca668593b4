-- Arguments: the numbers in one, as doubles; the channel; the nonce (empty: only look); the ids of
-- the locks that were seen; of the scope, from and to of each range, the id of the waiter (if its
-- number is 2) and the keys of endings; and for a commit, what was seen: a letter for each lock (if
-- there were any), the endings (if it asks for any), three of each waiter; and what is to change.
-- The numbers: the latest time at which it may be carried out (0: any); how many locks, ranges, keys,
-- waiters and changes follow; which waiters are in scope (0: none, 1: all, 2: one), after which
-- version the history is (-1: none), which endings; the version and the token that were seen (-1: not
-- known), when, and until when what was live is so; whether it is a guess, grants, makes a version,
-- and others are to be told.
local function main()
  local call, KEYS, ARGV = redis.call, KEYS, ARGV
  local clock = call('TIME')
  local now = clock[1] * 1000000 + clock[2]
  local deadline, locks, ranges, keys, waiters, changes, line, history, kind, seen_version, seen_token,
    seen_at, until_then, guessed, grants, makes_version, audible =
    struct.unpack('>ddddddddddddddddd', ARGV[1])
  -- Few records come with the numbers in one call, many in calls of their own.
  local few = locks <= 200 and locks or 0
  local state = call('HMGET', KEYS[1], 'version', 'token', 'forgetful', 'format', unpack(ARGV, 4, 3 + few))
  local version, token = tonumber(state[1] or 0), tonumber(state[2] or 0)
  if state[4] and state[4] ~= FORMAT then
    return redis.error_reply('FORMAT ' .. state[4] .. ' of this namespace is not ' .. FORMAT)
  end
  if not version or not token then
    return redis.error_reply('DAMAGED the version or the token in ' .. KEYS[1] .. ' is no number')
  end
  -- Whoever sent this has stopped waiting for it, and may have sent it again.
  if deadline > 0 and now > deadline then
    return { 'late', now }
  end
  step.now, step.version, step.token, step.forgetful = now, version, state[2] or '0', state[3]
  local scope = 4 + locks
  step.at = scope
  if ARGV[3] == '' then
    return rare().view(ranges, line, history, kind, keys)
  end
  local records = {}
  for i = 1, few do
    records[ARGV[3 + i]] = state[4 + i]
  end
  for first = 4, 3 + locks - few, 500 do
    local last = math.min(first + 499, 3 + locks)
    local part = call('HMGET', KEYS[1], unpack(ARGV, first, last))
    for i = first, last do
      records[ARGV[i]] = part[i - first + 1]
    end
  end
  step.records = records
  local seen = scope + 2 * ranges + (line == 2 and 1 or 0) + keys
  -- If nothing has changed since and nothing has run out, all is as it was seen. The token tells
  -- apart what came to the same version again after all was deleted.
  local still = version == seen_version and token == seen_token and now >= seen_at and now < until_then
  if still or as_seen(ranges, line, kind, keys, locks, seen, waiters) then
    local text_now = clock[1] .. string.sub('00000' .. clock[2], -6)
    local changed = seen + (locks > 0 and 1 or 0) + (kind > 0 and 1 or 0) + 3 * waiters
    local reply = commit(text_now, ARGV[3], grants == 1, makes_version == 1, audible == 1, changed, changes)
    if reply then return reply end
  end
  step.at = scope
  local rare = rare()
  local there = rare.view(ranges, line, history, kind, keys)
  -- A guess has lost no race: it was never seen.
  if guessed == 0 then
    there[10] = rare.give_turn(seen_at)
  end
  return there
end

if string.format('%d', 9007199254740992) == '9007199254740992' then step.whole = '%d' end
local fine, reply = pcall(main)
if fine then return reply end
local message = type(reply) == 'table' and reply.err or tostring(reply)
if step.wrote then
  message = 'TORN ' .. message
elseif string.find(message, 'WRONGTYPE', 1, true) then
  for i, kind in ipairs({ 'hash', 'zset', 'hash', 'list', 'hash', 'hash' }) do
    local found_kind = redis.pcall('TYPE', KEYS[i]).ok
    if found_kind and found_kind ~= kind and found_kind ~= 'none' then
      message = 'WRONGTYPE ' .. KEYS[i] .. ' is a ' .. found_kind .. ', not a ' .. kind
    end
  end
end
return redis.error_reply(message)
