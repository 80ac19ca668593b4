-- Turns, for those who lost a race: what they saw was no longer so when they came to commit. If all
-- of them tried again at once, one would win and the others lose, again and again.

-- No shorter than what a client's timer can tell, and no longer than a slow client may hold up others.
local SHORTEST, LONGEST = 1000, 100000
-- A turn further away than this is of a clock that was set back since.
local FARTHEST = 10000000

-- In how long the caller, which saw what it saw at `seen_at`, may try again without being raced by
-- the others who lost. It is politeness, and nothing else: whoever comes at another time is judged as
-- always, and a turn that nobody uses is over by itself.
local function give_turn(seen_at)
  local now = step.now
  local begins = tonumber(redis.call('HGET', KEYS[1], 'turn') or 0) or 0
  if begins < now or begins > now + FARTHEST then
    begins = now
  end
  -- It takes about half as long to look and to commit when not everybody does it at the same time.
  local span = math.min(math.max((now - seen_at) / 2, SHORTEST), LONGEST)
  -- Where there is no room for it, or no right to write, everybody comes at once, as ever.
  redis.pcall('HSET', KEYS[1], 'turn', whole(begins + span))
  return begins - now
end
