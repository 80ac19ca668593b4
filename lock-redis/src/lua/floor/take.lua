-- Writes what an acquire writes, and looks at nothing.
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'token', ARGV[2], 'format', '1', ARGV[5], ARGV[6])
redis.call('ZADD', KEYS[2], '0', ARGV[3], '0', ARGV[4])
redis.call('RPUSH', KEYS[4], ARGV[7])
redis.call('LTRIM', KEYS[4], '-20000', '-1')
redis.call('PUBLISH', ARGV[8], ARGV[1])
return redis.call('TIME')
