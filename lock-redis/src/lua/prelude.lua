-- One step of a namespace: look, and change only what is still as it was seen.
--
-- Whole numbers are exact in Lua below 2^53, so times are microseconds since the epoch and every
-- number is written with '%.0f': '..' would round it to 14 digits.
--
-- A record in `locks`:    expires refreshed acquired token revision {json}
-- A member of `anchors`:  anchor NUL pattern NUL id NUL acquired       (src/wire.rs: Name)
-- A member of `agents`:   agent NUL id
-- A record in `waiters`:  expires since ticket {json}
-- A line of `log`:        A version at nonce record | E version at nonce ending
-- A member of `endings`:  agent NUL holder NUL pattern NUL version until from token {json}

local META, LOCKS, ANCHORS, AGENTS, WAITERS, LOG, ENDINGS, QUARANTINE = unpack(KEYS)

local FORMAT = '1'
-- Enough for 10,000 endings and the grants between them.
local LOG_KEPT = 20000
-- A record whose expiry cannot be read is held for the default lease.
local DEFAULT_LEASE = 300000000
-- An earlier try of the same command is at most this old.
local RETRIED_WITHIN = 60000000

local position = 0
local function arg()
  position = position + 1
  return ARGV[position]
end
local function number()
  return tonumber(arg())
end
local function text(value)
  return string.format('%.0f', value)
end

-- Errors travel as tables, so that their code survives on every version of the server.
local function call(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    local command, key = ...
    error({ err = reply.err .. ' (' .. command .. ' ' .. tostring(key) .. ')' })
  end
  return reply
end
local wrote = 0
local function write(...)
  local reply = call(...)
  wrote = wrote + 1
  return reply
end

local clock = call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local version, token, forgetful
