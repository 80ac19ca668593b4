-- Arguments: the latest time at which it may be carried out (0: any), the channel, the nonce (empty:
-- only look), how many locks were seen, their ids; the scope: how many ranges, from and to of each,
-- waiters 0|1 or the id of one, history after, the kind of endings, how many keys, the keys; and for a commit: what
-- was seen and what is to change.
local function main()
  local clock = call('TIME')
  now = clock[1] * 1000000 + clock[2]
  local count = tonumber(ARGS[4])
  -- Few records come with the numbers in one call, many in calls of their own.
  local few = count <= 200 and count or 0
  local state = call('HMGET', DATA, 'version', 'token', 'forgetful', 'format', unpack(ARGS, 5, 4 + few))
  version, token, forgetful = tonumber(state[1] or 0), tonumber(state[2] or 0), state[3]
  if state[4] and state[4] ~= FORMAT then
    return redis.error_reply('FORMAT ' .. state[4] .. ' of this namespace is not ' .. FORMAT)
  end
  if not version or not token then
    return redis.error_reply('DAMAGED the version or the token in ' .. DATA .. ' is no number')
  end
  -- Whoever sent this has stopped waiting for it, and may have sent it again.
  local deadline = tonumber(ARGS[1])
  if deadline > 0 and now > deadline then
    return { 'late', now }
  end
  local scope = 5 + count
  if ARGS[3] == '' then
    return view(scope)
  end
  records = {}
  for i = 1, few do
    records[ARGS[4 + i]] = state[4 + i]
  end
  for first = 5, 4 + count - few, 500 do
    local last = math.min(first + 499, 4 + count)
    local part = call('HMGET', DATA, unpack(ARGS, first, last))
    for i = first, last do
      records[ARGS[i]] = part[i - first + 1]
    end
  end
  local rest = scope + 1 + 2 * ARGS[scope]
  local seen = rest + 4 + ARGS[rest + 3]
  local waiters = tonumber(ARGS[seen + 8])
  -- If nothing has changed since and nothing has run out, all is as it was seen.
  local still = tonumber(ARGS[seen + 1]) == version and now >= tonumber(ARGS[seen + 2])
    and now < tonumber(ARGS[seen + 3])
  local reply
  if still or as_seen(scope, count, seen, waiters) then
    at = seen + 9 + 3 * waiters
    local makes_version = ARGS[seen + 6] == '1'
    reply = commit(ARGS[3], ARGS[seen + 5] == '1', makes_version, tonumber(ARGS[seen + 7]))
    if reply and not reply.err and makes_version then
      -- Who may not publish is slower, not wrong: others poll.
      redis.pcall('PUBLISH', ARGS[2], string.format('%.0f', reply[3]))
    end
  end
  if reply then return reply end
  local there = view(scope)
  -- A guess has lost no race: it was never seen.
  if ARGS[seen + 1] ~= '' then
    there[9] = give_turn(tonumber(ARGS[seen + 2]))
  end
  return there
end

local fine, reply = pcall(main)
if fine then return reply end
local message = type(reply) == 'table' and reply.err or tostring(reply)
if wrote then
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
