-- Changes. Each begins with a letter, for some with a lease after it, and the record's id:
--   G entry agent-entry body                   a new lock
--   E, M state body                            a lock lives on (M: at least for so long); an empty
--                                              body stays as it is
--   D, A, Q numbers entry agent-entry key body     a lock ends (A: if it was not refreshed since, Q: it
--                                              is damaged)
--   W body, R ticket, X                        a waiter comes, stays, goes
-- The numbers are those in front of the record as it was seen. A state is the token and the revision:
-- a command that is tried again after its lock was removed makes another lock with the same id.

-- Nothing is written unless every record is as it was seen, but for the times of a mere refresh:
-- what a decision read of it has not changed, and heartbeats make nobody decide again. Then all of
-- it is. `text_now` is the time, written; `count` changes begin at argument `at`.
local function commit(text_now, nonce, grants, makes_version, audible, at, count)
  local now, records, call, KEYS, ARGV = step.now, step.records, redis.call, KEYS, ARGV
  local version, text_token = step.version, step.token
  if makes_version then
    version = version + 1
  end
  if grants then
    -- A clock past 2100 is broken, and following it would burn the tokens.
    local next_token = math.max(tonumber(text_token) + 1, now < 4102444800000000 and now or 0)
    if next_token > 9007199254740991 then
      return redis.error_reply('TOKENS the fencing tokens are used up')
    end
    text_token = next_token == now and text_now or whole(next_token)
  end
  local text_version = whole(version)
  local stamp = ' ' .. text_version .. ' ' .. text_now .. ' ' .. nonce .. ' '
  local data = { 'version', text_version, 'token', text_token, 'format', FORMAT }
  local lines, entries, gone_entries, gone_locks, waiters, gone_waiters, quarantine
  local grows = false
  -- With the numbers in front of the records that change, as they were.
  local client, claim = string.match(ARGV[4], '^(%S+) (%S+)$')
  local epoch = step.alone and claim ~= '!' and string.match(step.alone, '^' .. client .. ' (%S+)$')
  if makes_version and not epoch then
    epoch = text_token .. '.' .. text_version
    add(data, 'alone', client .. ' ' .. epoch)
  end
  local reply = 'done ' .. text_now .. ' ' .. text_version .. ' ' .. text_token .. ' ' .. (epoch or '0')
  for _ = 1, count do
    local first, id = ARGV[at], ARGV[at + 1]
    local letter = string.sub(first, 1, 1)
    if letter == 'G' then
      local record = whole(now + string.sub(first, 2)) .. ' ' .. text_now .. ' ' .. text_now .. ' '
        .. text_token .. ' 0 ' .. ARGV[at + 4]
      entries = add(entries, '0', ARGV[at + 2] .. '\0' .. text_now)
      entries = add(entries, '0', ARGV[at + 3])
      add(data, id, record)
      lines = add(lines, 'A' .. stamp .. record)
      grows = true
      at = at + 5
    elseif letter == 'W' then
      local since = ' ' .. text_now .. ' ' .. text_version .. ' '
      waiters = add(waiters, id, whole(now + 5000000) .. since .. ARGV[at + 2])
      grows = true
      at = at + 3
    elseif letter == 'R' then
      local rest = string.match(call('HGET', KEYS[3], id) or '', '^%d+ (.*)$')
      if rest then
        waiters = add(waiters, id, whole(now + 5000000) .. ' ' .. rest)
      end
      at = at + 3
    elseif letter == 'X' then
      gone_waiters = add(gone_waiters, id)
      at = at + 2
    else
      local record = records[id]
      local expires, refreshed, state = numbers(record)
      reply = reply .. ' ' .. (expires or '0') .. ' ' .. (refreshed or '0')
      if letter == 'E' or letter == 'M' then
        if (state or '') ~= ARGV[at + 2] then return nil end
        local expiry, body = now + string.sub(first, 2), ARGV[at + 3]
        if letter == 'M' then
          expiry = math.max(expiry, tonumber(expires))
        end
        local rest, revision, old = string.match(record, '^%d+ %d+ (%d+ %d+) (%d+) (.*)$')
        if body == '' then
          body = old
        else
          revision = whole(revision + 1)
        end
        add(data, id, whole(expiry) .. ' ' .. text_now .. ' ' .. rest .. ' ' .. revision .. ' ' .. body)
        at = at + 4
      else
        local _, seen_refreshed, seen_state = numbers(ARGV[at + 2] .. '{')
        if state ~= seen_state then return nil end
        if letter == 'A' and refreshed ~= seen_refreshed then return nil end
        local ended = text_now
        if letter == 'Q' then
          quarantine = add(quarantine, id, record or '')
        elseif expires and tonumber(expires) < now then
          -- A lease that ran out ended the lock then, whatever becomes of its record now.
          ended = expires
        end
        -- The versions of all endings are of one length: bytes sort them.
        local ending = ARGV[at + 5] .. string.sub('000000000000000' .. text_version, -16) .. ' '
          .. ended .. ' ' .. ARGV[at + 6]
        gone_locks = add(gone_locks, id)
        gone_entries = add(gone_entries, ARGV[at + 3], ARGV[at + 4])
        entries = add(entries, '0', ending)
        lines = add(lines, 'E' .. stamp .. ending)
        at = at + 7
      end
    end
  end
  -- The types of what is written below, but for the index: it is written first.
  local kept = 0
  if lines then
    kept = call('LLEN', KEYS[4]) + #lines
  end
  if waiters or gone_waiters then
    call('HLEN', KEYS[3])
  end
  if quarantine then
    call('HLEN', KEYS[5])
  end
  -- What goes, goes first: a script that has written once may go on where there is no room, so a
  -- full store still lets go. And a refresh must not fail for want of room that it does not need.
  many('ZREM', KEYS[2], gone_entries)
  many('ZADD', KEYS[2], entries)
  many('HDEL', KEYS[1], gone_locks)
  many('HDEL', KEYS[3], gone_waiters)
  if not grows and not wrote then
    call('HDEL', KEYS[1], '')
  end
  many('HSET', KEYS[1], data)
  many('HSET', KEYS[3], waiters)
  many('HSET', KEYS[5], quarantine)
  many('RPUSH', KEYS[4], lines)
  -- Enough for 10,000 endings and the grants between them; cut many at a time, for one by one would
  -- cost every step four calls more.
  if kept >= 20100 then
    rare().trim_log(kept)
  end
  if audible then
    -- Who may not publish is slower, not wrong: others poll.
    redis.pcall('PUBLISH', ARGV[2], text_version)
  end
  return reply
end
