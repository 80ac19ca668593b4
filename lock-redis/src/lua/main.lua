-- Arguments: view|commit, the latest time at which it may be carried out (0: any), the channel,
-- the scope, and for a commit what was seen and what is to change (src/wire.rs writes them).

local function main()
  local operation, deadline, channel = arg(), number(), arg()
  local state = call('HMGET', META, 'version', 'token', 'forgetful', 'format')
  version, token = tonumber(state[1] or '0'), tonumber(state[2] or '0')
  forgetful = state[3] and 1 or nil
  if state[4] and state[4] ~= FORMAT then
    error({ err = 'FORMAT this namespace has the format ' .. state[4] .. ', made by another version' })
  end
  if not version or not token then
    error({ err = 'DAMAGED the version or the token is not a number (' .. META .. ')' })
  end
  -- Whoever sent this has stopped waiting for it, and may have sent it again.
  if deadline > 0 and now > deadline then
    return { 'late', now }
  end
  read_scope()
  if operation == 'commit' then
    read_changes()
  end
  if operation ~= 'commit' or not as_seen() then
    forgetful = forgetful or 0
    return view()
  end
  commit()
  if makes_version then
    -- Who may not publish is slower, not wrong: others poll.
    redis.pcall('PUBLISH', channel, text(version))
  end
  return { 'done', now, version, token, times }
end

local fine, reply = pcall(main)
if fine then return reply end
local message = type(reply) == 'table' and reply.err or tostring(reply)
if wrote > 0 then
  message = 'TORN after ' .. wrote .. ' writes: ' .. message
end
return redis.error_reply(message)
