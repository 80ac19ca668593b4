-- Arguments: the numbers in one, as doubles; the channel; the nonce (empty: only look); which client
-- it is, and what it claims (the epoch since which nobody else wrote, `0`: nothing, `!`: nor may anybody
-- of this client); words in one, as MessagePack: what is asked for and what was seen; and for a commit, what is to change.
-- The numbers: what a step does that may be quick (0: it may not, 1: grants, 2: ends a lock, 3: keeps a
-- place in line); the latest time at which it may be carried out (0: any); the version and the token that
-- were seen (-1: not known), when, and until when what was live is so; the lease of what is granted
-- quickly; how many locks, ranges, keys, waiters and changes follow; which waiters are in scope (0: none,
-- 1: all, else those that are named, and one more than they are); after which version the history is (-1:
-- none), which endings; whether it is a guess, grants, makes a version, and others are to be told; and of
-- a step that comes into line when its turn began (0: it has been given none), else -2 if it stands in
-- line and tries again at once, -1 if it does neither.
-- The words: the ids of the locks that were seen; of the scope, from and to of each range, the ids
-- of the waiters that are named and the keys of endings; and for a commit, what was seen: a letter
-- for each lock (if there were any), the endings (if it asks for any), three of each waiter.
local function main()
  local clock = redis.call('TIME')
  local seconds, micros = clock[1], clock[2]
  local now = seconds * 1000000 + micros
  local what, deadline, seen_version, seen_token, seen_at, until_then, ttl =
    struct.unpack('>ddddddd', ARGV[1])
  -- Whoever sent this has stopped waiting for it, and may have sent it again.
  if deadline > 0 and now > deadline then
    return { 'late', now }
  end
  if #micros < 6 then
    micros = string.sub('00000' .. micros, -6)
  end
  local text_now = seconds .. micros
  if what > 0 and now >= seen_at and now < until_then then
    local reply, kept
    if what == 3 then
      reply, kept = keep_place(now, text_now)
    else
      reply, kept = quick(what, now, text_now, seen_version, seen_token, ttl)
    end
    if reply then
      if kept >= 20100 then careful().trim_log(kept) end
      return reply
    end
  end
  return careful().step(now, text_now)
end

local fine, reply = pcall(main)
if fine then return reply end
local message = type(reply) == 'table' and reply.err or tostring(reply)
if wrote then
  message = 'TORN ' .. message
elseif string.find(message, 'WRONGTYPE', 1, true) then
  for i, kind in ipairs({ 'hash', 'zset', 'hash', 'list', 'hash', 'hash' }) do
    local found_kind = redis.pcall('TYPE', KEYS[i]).ok
    if found_kind and found_kind ~= kind and found_kind ~= 'none' then
      message = 'WRONGTYPE ' .. KEYS[i] .. ' is a ' .. found_kind .. ', not a ' .. kind
    end
  end
end
return redis.error_reply(message)
