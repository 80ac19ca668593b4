-- One step of a namespace: look, and change only what is still as it was seen.
--
-- data    hash   version, token, format, forgetful, turn; alone: which client wrote last, and the
--                token and the version since when nobody else did; and by id each lock's record:
--                expires refreshed acquired token revision {json}
-- index   zset   a ANCHOR NUL PATTERN NUL ID NUL ACQUIRED    each lock, by where it is anchored
--                g AGENT NUL ID                              each lock, by whose it is
--                e AGENT NUL HOLDER NUL PATTERN NUL VERSION UNTIL FROM TOKEN {json}   endings
--                (the letter is followed by no space; all scores are 0, so bytes sort it)
-- waiters hash   by id: expires since ticket {json}
-- log     list   A VERSION AT NONCE RECORD | E VERSION AT NONCE ENDING
-- quarantine hash  by id: records that could not be read
-- counts  hash   refusals, and how many lines of each kind the log has forgotten
--
-- Whole numbers are exact in Lua below 2^53, so times are microseconds since the epoch, and every
-- number is written with `whole`: '..' would round it to 14 digits. What a step may write has had its
-- type looked at before: a step is whole, or it is nothing.
--
-- What costs here, beside the calls: every argument, every text that is read as a number, and every
-- function that is made, for all are made anew in each step. So numbers come packed in one argument,
-- and what was seen in another; and what only steps need that cannot be `quick` is made by `careful`.

local FORMAT = '1'

-- A script that has written anything must not fail without saying so.
local wrote = false
