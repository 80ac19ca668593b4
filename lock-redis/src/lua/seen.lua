-- Whether the scope is as it was seen: the same locks and waiters, each still live or still not.

-- It begins at the word `step.at`; the ids of the locks come first, and what was seen begins at `seen`.
local function as_seen(ranges, line, kind, keys, locks, seen, waiters)
  if look_up(ranges) ~= locks then return false end
  local now, asked = step.now, step.asked
  for i = 1, locks do
    local id = asked[i]
    local member = step.found[id]
    if not member then return false end
    local expires = tonumber((numbers(step.records[id])))
    if not expires then
      -- A record whose expiry cannot be read is held for the default lease, and one of which nobody
      -- can tell when it was taken is live.
      local acquired = tonumber(string.match(member, '%z(%d+)$'))
      expires = acquired and acquired + 300000000 or now + 1
    end
    if (now < expires) ~= (string.byte(asked[seen], i) == 76) then return false end
  end
  if locks > 0 then
    seen = seen + 1
  end
  if kind == 0 and (line == 0 or line == 1 and waiters == 0) then
    return line == 0 or redis.call('HLEN', KEYS[3]) == 0
  end
  return rare().others_as_seen(line, kind, keys, seen, waiters)
end
