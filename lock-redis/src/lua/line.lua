-- Whether the line and the endings are as they were seen. Most steps ask for neither, or find nobody in line.

-- The id, the ticket and a letter of each waiter begin at the word `first`.
local function waiters_as_seen(waiters, first, count)
  if #waiters ~= 2 * count then return false end
  local by_id, asked = {}, step.asked
  for i = 1, #waiters, 2 do
    by_id[waiters[i]] = waiters[i + 1]
  end
  for i = first, first + 3 * (count - 1), 3 do
    local record = by_id[asked[i]]
    local expires, ticket = string.match(record or '', '^(%d+) %d+ (%d+) {')
    if not record or (ticket or '') ~= asked[i + 1] then return false end
    if (expires and step.now < tonumber(expires) or false) ~= (asked[i + 2] == 'L') then return false end
  end
  return true
end

-- Endings only come and go with versions: their number and the latest version tell them apart.
local function endings_as_seen(kind, keys, seen)
  local list, latest = endings(kind, keys), ''
  for i = 1, #list do
    local made = string.match(list[i], '%z(%d+) [^%z]*$') or ''
    if made > latest then latest = made end
  end
  return #list .. ' ' .. latest == seen
end

-- What was seen of the endings, and then of the waiters, begins at the word `seen`.
local function others_as_seen(line, kind, keys, seen, waiters)
  local in_line = waiters_in(line)
  if kind > 0 then
    if not endings_as_seen(kind, keys, step.asked[seen]) then return false end
    seen = seen + 1
  end
  return line == 0 or waiters_as_seen(in_line, seen, waiters)
end
