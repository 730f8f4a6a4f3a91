-- Whose the partition is, how far its database was, and what this Redis is called. All of it outlives a rebuild.
-- Input:  ARGV[1] installation, ARGV[2] its epoch, or 0 to ask only, ARGV[3] a name for this Redis in case that it has none
-- Output: {micros, installation ('' for none), epoch (0 for none), ms since it was told last, name} as they were before; the name
--         as it is now
-- Errors: none. Nothing is written over another installation's; `reset.lua` gives a partition up.
local key = P .. 'installation'
local id, epoch, seen_at = unpack(redis.call('HMGET', key, 'id', 'epoch', 'seen_at'))
epoch = tonumber(epoch or '0')
local new = tonumber(ARGV[2])
redis.call('HSETNX', key, 'name', ARGV[3])
if new > 0 and (not id or id == ARGV[1]) then
  redis.call('HSET', key, 'id', ARGV[1], 'epoch', string.format('%.0f', math.max(epoch, new)), 'seen_at', NOW)
end
return { MICROS, id or '', epoch, seen_at and math.max(0, NOW - seen_at) or 0, redis.call('HGET', key, 'name') }
