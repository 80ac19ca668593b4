-- Whether the scope is as it was seen: the same locks and waiters, each still live or still not.

-- The id, the ticket and a letter of each waiter begin at argument `first`.
local function waiters_as_seen(scope, first, count)
  if scope == '0' then return true end
  if scope == '1' and count == 0 then
    return call('HLEN', WAITERS) == 0
  end
  local waiters = waiters_in(scope)
  if #waiters ~= 2 * count then return false end
  local by_id = {}
  for i = 1, #waiters, 2 do
    by_id[waiters[i]] = waiters[i + 1]
  end
  for i = first, first + 3 * (count - 1), 3 do
    local record = by_id[ARGS[i]]
    local expires, ticket = string.match(record or '', '^(%d+) %d+ (%d+) {')
    if not record or (ticket or '') ~= ARGS[i + 1] then return false end
    if (expires and now < tonumber(expires) or false) ~= (ARGS[i + 2] == 'L') then return false end
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

-- The scope begins at argument `scope`, what was seen of it at `seen`; the ids begin at 5.
local function as_seen(scope, count, seen, waiters)
  at = scope + 1
  if look_up(tonumber(ARGS[scope])) ~= count then return false end
  local live = ARGS[seen]
  for i = 1, count do
    local id = ARGS[4 + i]
    if not found[id] or is_live(id) ~= (string.byte(live, i) == 76) then return false end
  end
  local in_line, kind, keys = ARGS[at], ARGS[at + 2], tonumber(ARGS[at + 3])
  at = at + 4
  if kind ~= '' and not endings_as_seen(kind, keys, ARGS[seen + 4]) then return false end
  return waiters_as_seen(in_line, seen + 9, waiters)
end
