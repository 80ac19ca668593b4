-- Cuts the log to size. Endings are remembered for as long as their lines are, and counted for ever.
local function trim_log(kept)
  if not step.forgetful then
    redis.call('HSET', KEYS[1], 'forgetful', '1')
  end
  local endings, forgotten = nil, {}
  for _, line in ipairs(redis.call('LPOP', KEYS[4], math.min(kept - 20000, 1000))) do
    local ending = string.match(line, '^E %d+ %d+ %x+ (.*)$')
    local what = 'acquired'
    if ending then
      endings = add(endings, ending)
      what = string.match(ending, '^.*"ended":"([%a_]+)"') or 'unknown'
    end
    forgotten[what] = (forgotten[what] or 0) + 1
  end
  many('ZREM', KEYS[2], endings)
  for what, lines in pairs(forgotten) do
    -- It is only a count: what stands in its way must not tear a step.
    local field = 'forgotten:' .. what
    local counted = redis.pcall('HGET', KEYS[6], field)
    if type(counted) ~= 'table' then
      redis.pcall('HSET', KEYS[6], field, whole((tonumber(counted) or 0) + lines))
    end
  end
end
