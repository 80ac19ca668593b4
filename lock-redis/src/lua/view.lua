-- What there is in a scope. It is slow beside a commit that finds all as it was seen, and need not be fast.

-- Calls `visit` with each line of the log, the latest first, until it says stop.
local function walk_log(visit)
  local last = -1
  while true do
    local lines = call('LRANGE', LOG, last - 99, last)
    for i = #lines, 1, -1 do
      if visit(lines[i]) then return end
    end
    if #lines < 100 then return end
    last = last - 100
  end
end

local function endings(kind, keys)
  local list = {}
  for _ = 1, keys do
    local key = ARGS[at]
    at = at + 1
    -- The key ends in NUL: what begins with it comes before the same with 1 there.
    local above = '(' .. string.sub(key, 1, -2) .. '\1'
    if kind == 'last' then
      -- The last few of this agent and holder on one pattern.
      for _, member in ipairs(call('ZREVRANGEBYLEX', INDEX, above, '[' .. key, 'LIMIT', 0, 8)) do
        list[#list + 1] = member
      end
    elseif kind == 'holder' then
      -- The last one of each of its patterns: one seek for each.
      while true do
        local member = call('ZREVRANGEBYLEX', INDEX, above, '[' .. key, 'LIMIT', 0, 1)[1]
        local pattern_end = member and string.find(member, '%z', #key + 1)
        if not pattern_end then break end
        list[#list + 1] = member
        above = '(' .. string.sub(member, 1, pattern_end)
      end
    elseif kind == 'made' then
      -- An earlier try of the same command is at most a minute old.
      walk_log(function(line)
        local letter, made, nonce, ending = string.match(line, '^(%u) %d+ (%d+) (%x+) (.*)$')
        if not letter or tonumber(made) + 60000000 < now then return true end
        if letter == 'E' and nonce == key then
          list[#list + 1] = ending
        end
      end)
    end
  end
  return list
end

local function history(after)
  local list = {}
  walk_log(function(line)
    local made = tonumber(string.match(line, '^%u (%d+) '))
    if not made or made <= after then return true end
    list[#list + 1] = line
  end)
  return list
end

local function view(scope)
  at = scope + 1
  look_up(tonumber(ARGS[scope]))
  local ids = {}
  for id in pairs(found) do
    ids[#ids + 1] = id
  end
  local locks = {}
  for first = 1, #ids, 500 do
    local last = math.min(first + 499, #ids)
    local part = call('HMGET', DATA, unpack(ids, first, last))
    for i = first, last do
      locks[3 * i - 2] = ids[i]
      locks[3 * i - 1] = found[ids[i]]
      locks[3 * i] = part[i - first + 1] or ''
    end
  end
  local waiters = waiters_in(ARGS[at])
  local after, kind, keys = tonumber(ARGS[at + 1]), ARGS[at + 2], tonumber(ARGS[at + 3])
  at = at + 4
  local ended = endings(kind, keys)
  return { 'view', now, version, forgetful and 1 or 0, locks, waiters, ended, after and history(after) or {} }
end
