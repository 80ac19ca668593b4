-- What there is in a scope. It is slow beside a commit that finds all as it was seen, and need not be fast.

-- The waiters in scope, id and record in turn: none, all, or those whose ids are the next words.
local function waiters_in(line)
  if line == 0 then return {} end
  if line == 1 then return redis.call('HGETALL', KEYS[3]) end
  local named, first = line - 1, step.at
  step.at = first + named
  local records = redis.call('HMGET', KEYS[3], unpack(step.asked, first, first + named - 1))
  local there = {}
  for i = 1, named do
    if records[i] then
      there[#there + 1], there[#there + 2] = step.asked[first + i - 1], records[i]
    end
  end
  return there
end

-- Calls `visit` with each line of the log, the latest first, until it says stop.
local function walk_log(visit)
  local last = -1
  while true do
    local lines = redis.call('LRANGE', KEYS[4], last - 99, last)
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
    local key = step.asked[step.at]
    step.at = step.at + 1
    -- The key ends in NUL: what begins with it comes before the same with 1 there.
    local above = '(' .. string.sub(key, 1, -2) .. '\1'
    if kind == 1 then
      -- The last few of this agent and holder on one pattern.
      for _, member in ipairs(redis.call('ZREVRANGEBYLEX', KEYS[2], above, '[' .. key, 'LIMIT', '0', '8')) do
        list[#list + 1] = member
      end
    elseif kind == 2 then
      -- The last one of each of its patterns: one seek for each.
      while true do
        local member = redis.call('ZREVRANGEBYLEX', KEYS[2], above, '[' .. key, 'LIMIT', '0', '1')[1]
        local pattern_end = member and string.find(member, '%z', #key + 1)
        if not pattern_end then break end
        list[#list + 1] = member
        above = '(' .. string.sub(member, 1, pattern_end)
      end
    elseif kind == 3 then
      -- An earlier try of the same command is at most a minute old.
      walk_log(function(line)
        local letter, made, nonce, ending = string.match(line, '^(%u) %d+ (%d+) (%x+) (.*)$')
        if not letter or tonumber(made) + 60000000 < step.now then return true end
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

-- The scope begins at the word `step.at`.
local function view(ranges, line, after, kind, keys)
  look_up(ranges)
  local ids = {}
  for id in pairs(step.found) do
    ids[#ids + 1] = id
  end
  local locks = {}
  for first = 1, #ids, 500 do
    local last = math.min(first + 499, #ids)
    local part = redis.call('HMGET', KEYS[1], unpack(ids, first, last))
    for i = first, last do
      locks[3 * i - 2] = ids[i]
      locks[3 * i - 1] = step.found[ids[i]]
      locks[3 * i] = part[i - first + 1] or ''
    end
  end
  local waiters = waiters_in(line)
  local ended = endings(kind, keys)
  local lines = after >= 0 and history(after) or {}
  local forgetful = step.forgetful and 1 or 0
  return { 'view', step.now, step.version, tonumber(step.token), forgetful, locks, waiters, ended, lines }
end
