-- Writes what a release writes, and looks at nothing.
redis.call('ZREM', KEYS[2], ARGV[3], ARGV[4])
redis.call('HDEL', KEYS[1], ARGV[5])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'token', ARGV[2], 'format', '1')
redis.call('ZADD', KEYS[2], '0', ARGV[6])
redis.call('RPUSH', KEYS[4], ARGV[7])
redis.call('LTRIM', KEYS[4], '-20000', '-1')
redis.call('PUBLISH', ARGV[8], ARGV[1])
return redis.call('TIME')
