-- How many entries are in each place, and whether the partition was emptied since the last call.
-- Input:  ARGV[1] 1 to mark the partition as rebuilt
-- Output: {micros, waiting, ready, leased, 1 where the mark was there already}
-- Errors: none
local marked = redis.call('EXISTS', P .. 'epoch')
if ARGV[1] == '1' then redis.call('SET', P .. 'epoch', NOW, 'NX') end
return { MICROS, redis.call('ZCARD', DUE), tonumber(redis.call('GET', READIES) or '0'), redis.call('ZCARD', LEASE), marked }
