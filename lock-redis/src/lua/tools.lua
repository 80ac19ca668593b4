-- What the steps share that cannot be quick.

-- What is known of this step: now, version, token, forgetful, who is alone; what was asked for and
-- seen, `asked`, and `at`, the next word of it; the `records` asked for, by id; what the indexes say is
-- in scope, `found`, by id.
local step = {
  whole = '%.0f', now = 0, version = 0, token = '0', forgetful = false, alone = false,
  asked = false, at = 0, records = false, found = false,
}
if string.format('%d', 9007199254740992) == '9007199254740992' then step.whole = '%d' end

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
  local found, count, call, asked, index = {}, 0, redis.call, step.asked, KEYS[2]
  for at = step.at, step.at + 2 * (ranges - 1), 2 do
    local members = call('ZRANGEBYLEX', index, asked[at], asked[at + 1])
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
    wrote = true
  end
end
