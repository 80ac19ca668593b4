-- A step that is committed only if all that it depends on is as it was seen, or a look.
-- `text_now` is the time, written.
local function step_with_care(now, text_now)
  local call, KEYS, ARGV = redis.call, KEYS, ARGV
  local _, _, seen_version, seen_token, seen_at, until_then, _, locks, ranges, keys, waiters, changes,
    line, history, kind, guessed, grants, makes_version, audible, turn =
    struct.unpack('>dddddddddddddddddddd', ARGV[1])
  local asked = cmsgpack.unpack(ARGV[5])
  -- Few records come with the numbers in one call, many in calls of their own.
  local few = locks <= 200 and locks or 0
  local state = call('HMGET', KEYS[1], 'version', 'token', 'forgetful', 'format', 'alone',
    unpack(asked, 1, few))
  local version, token = tonumber(state[1] or 0), tonumber(state[2] or 0)
  if state[4] and state[4] ~= FORMAT then
    return redis.error_reply('FORMAT ' .. state[4] .. ' of this namespace is not ' .. FORMAT)
  end
  if not version or not token then
    return redis.error_reply('DAMAGED the version or the token in ' .. KEYS[1] .. ' is no number')
  end
  step.now, step.version, step.token, step.forgetful = now, version, state[2] or '0', state[3]
  step.asked, step.at, step.alone = asked, 1 + locks, state[5]
  if ARGV[3] == '' then
    return rare().view(ranges, line, history, kind, keys)
  end
  local records = {}
  for i = 1, few do
    records[asked[i]] = state[5 + i]
  end
  for first = 1, locks - few, 500 do
    local last = math.min(first + 499, locks)
    local part = call('HMGET', KEYS[1], unpack(asked, first, last))
    for i = first, last do
      records[asked[i]] = part[i - first + 1]
    end
  end
  step.records = records
  local seen = step.at + 2 * ranges + math.max(line - 1, 0) + keys
  -- If nothing has changed since and nothing has run out, all is as it was seen; or if only this client
  -- has written, which knows what it did. The token tells apart what came to the same version again
  -- after all was deleted.
  local still = version == seen_version and token == seen_token or state[5] == ARGV[4]
  still = still and now >= seen_at and now < until_then
  local in_turn = turn ~= 0 or not rare().others_have_turns()
  if in_turn and (still or as_seen(ranges, line, kind, keys, locks, seen, waiters)) then
    local reply = commit(text_now, ARGV[3], grants == 1, makes_version == 1, audible == 1, 6, changes)
    if reply then return reply end
  end
  step.at = 1 + locks
  local rare = rare()
  local there = rare.view(ranges, line, history, kind, keys)
  -- A guess has lost no race: it was never seen.
  if guessed == 0 and not rare.has_turn(turn) then
    there[10] = rare.give_turn(seen_at)
  end
  return there
end
