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
-- number is written with `whole`: '..' would round it to 14 digits. What a step may write has had its
-- type looked at before: a step is whole, or it is nothing.
--
-- What costs here, beside the calls: every argument, every text that is read as a number, and every
-- variable that a function shares with what is around it, for all functions are made anew in each
-- step. So numbers come packed in one argument, what functions share is in `step`, and functions
-- that are seldom needed are made by `rare`.

local FORMAT = '1'

-- What is known of this step: now, version, token, forgetful; `at`, the next argument; the `records`
-- asked for, by id; what the indexes say is in scope, `found`, by id; whether anything was written.
local step = {
  whole = '%.0f', now = 0, version = 0, token = '0', forgetful = false, at = 0, records = false,
  found = false, wrote = false,
}

-- Three times as fast as '%.0f', and exact where C's long has 64 bits.
local function whole(number)
  return string.format(step.whole, number)
end

-- Its numbers, if they can be read: when it expires, when it was refreshed, and its state.
local function numbers(record)
  return string.match(record or '', '^(%d+) (%d+) %d+ (%d+ %d+) {')
end

-- The ids in scope, and how many.
local function look_up(ranges)
  local found, count, call, ARGV, index = {}, 0, redis.call, ARGV, KEYS[2]
  for at = step.at, step.at + 2 * (ranges - 1), 2 do
    local members = call('ZRANGEBYLEX', index, ARGV[at], ARGV[at + 1])
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
  step.at = step.at + 2 * ranges
  step.found = found
  return count
end

-- A list with one or two more: most lists of most steps are empty, and not even made.
local function add(list, one, two)
  if not list then return { one, two } end
  local n = #list
  list[n + 1], list[n + 2] = one, two
  return list
end

local function many(command, key, list)
  if not list then return end
  for first = 1, #list, 1000 do
    redis.call(command, key, unpack(list, first, math.min(first + 999, #list)))
    step.wrote = true
  end
end
