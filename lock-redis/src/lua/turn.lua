-- Turns, for those who lost a race: what they saw was no longer so when they came to commit. If all
-- of them tried again at once, one would win and the others lose, again and again.

-- No shorter than it takes to look at a line of a hundred and to commit, and no longer than a slow client
-- may hold up others.
local SHORTEST, LONGEST = 3000, 100000
-- A turn further away than this is of a clock that was set back since; and whoever comes into line waits
-- for others no longer than that.
local FARTHEST, POLITE = 10000000, 1000000

-- When the next turn begins that nobody has been given.
local function next_turn()
  local begins = tonumber(redis.call('HGET', KEYS[1], 'turn') or 0) or 0
  return (begins < step.now or begins > step.now + FARTHEST) and step.now or begins
end

-- Whether whoever has no turn must let others come into line who have. Else whoever has just been served is
-- in line again before those with whom it came first, and of a hundred some wait twice as long as others.
local function others_have_turns()
  local ahead = next_turn() - step.now
  return ahead > SHORTEST and ahead <= POLITE
end

-- Whether whoever has lost tries again at once: because its turn has come, at `turn`, and for a while it does
-- not go to the end of all others again; or because it stands in line, and should not have to stand in another.
local function has_turn(turn)
  return turn == -2 or turn > 0 and turn <= step.now and step.now < turn + LONGEST
end

-- In how long the caller, which saw what it saw at `seen_at`, may try again without being raced by
-- the others who have turns. It is politeness, and nothing else: what is committed is judged as always, and a
-- turn that nobody uses is over by itself.
local function give_turn(seen_at)
  local now, begins = step.now, next_turn()
  -- To look and to commit takes a fraction of the time when not everybody does it at once.
  local span = math.min(math.max((now - seen_at) / 4, SHORTEST), LONGEST)
  -- Where there is no room for it, or no right to write, everybody comes at once, as ever.
  redis.pcall('HSET', KEYS[1], 'turn', whole(begins + span))
  return begins - now
end
