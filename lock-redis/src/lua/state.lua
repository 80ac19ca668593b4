-- One step of a namespace: look, and change only what is still as it was seen.
--
-- data    hash   version, token, format, forgetful, turn; and by id each lock's record:
--                expires refreshed acquired token revision {json}
-- index   zset   a ANCHOR NUL PATTERN NUL ID NUL ACQUIRED    each lock, by where it is anchored
--                g AGENT NUL ID                              each lock, by whose it is
--                e AGENT NUL HOLDER NUL PATTERN NUL VERSION UNTIL FROM TOKEN {json}   endings
--                (the letter is followed by no space; all scores are 0, so bytes sort it)
-- waiters hash   by id: expires since ticket {json}
-- log     list   A VERSION AT NONCE RECORD | E VERSION AT NONCE ENDING
-- quarantine hash  by id: records that could not be read
-- counts  hash   refusals, and how many lines of each kind the log has forgotten
--
-- Whole numbers are exact in Lua below 2^53, so times are microseconds since the epoch, and every
-- number is written with '%.0f': '..' would round it to 14 digits. Few calls and few closures: both
-- are paid for in every step. What a step may write has had its type looked at before: a step is
-- whole, or it is nothing.

local DATA, INDEX, WAITERS, LOG, QUARANTINE, COUNTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ARGS, call = ARGV, redis.call

local FORMAT = '1'
-- Enough for 10,000 endings and the grants between them.
local LOG_KEPT = 20000
-- A record whose expiry cannot be read is held for the default lease.
local DEFAULT_LEASE = 300000000

local now, version, token, forgetful
-- Where in the arguments the next one stands.
local at
-- The records asked for by id, and what the indexes say is in scope: id to entry.
local records, found
local wrote = false

-- The waiters in scope, id and record in turn: all, none, or the one of that id.
local function waiters_in(scope)
  if scope == '0' then return {} end
  if scope == '1' then return call('HGETALL', WAITERS) end
  local record = call('HGET', WAITERS, scope)
  return record and { scope, record } or {}
end

-- The ids in scope, and how many.
local function look_up(ranges)
  local count = 0
  found = {}
  for range = 1, ranges do
    local members = call('ZRANGEBYLEX', INDEX, ARGS[at], ARGS[at + 1])
    at = at + 2
    for i = 1, #members do
      local member = members[i]
      -- What is no entry of ours disturbs nobody; `doctor` reports it.
      local id = string.match(member, '%z(%x+%-%d+)%z%d+$') or string.match(member, '^g.*%z(%x+%-%d+)$')
      if id and not found[id] then
        found[id] = member
        count = count + 1
      end
    end
  end
  return count
end

-- Whether a lock in scope is within its lease; one whose end nobody can tell is.
local function is_live(id)
  local record = records[id]
  local expires = record and tonumber(string.match(record, '^(%d+) %d+ %d+ %d+ %d+ {'))
  if not expires then
    local acquired = tonumber(string.match(found[id], '%z(%d+)$'))
    expires = acquired and acquired + DEFAULT_LEASE
  end
  return not expires or now < expires
end
