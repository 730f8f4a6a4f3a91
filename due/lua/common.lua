-- Shared by all scripts of the due set; put before each of them when it is loaded.
--
-- One partition's keys, all with the hash tag {p}, so that they live on one node of a Redis Cluster.
-- KEYS[1] is the prefix "bida:{p}:" itself; the rest is derived from it:
--   due           ZSET  member -> time it is due (ms)           waiting
--   ready:f<lane> ZSET  member -> time it was due               ready, first calls of a lane
--   ready:r<lane> ZSET  the same for retries
--   ring:f ring:r ZSET  lane -> turn                            lanes with something ready and room for it
--   lease         ZSET  member -> end of the lease (ms)         leased
--   holder        HASH  member -> who holds it
--   leased        HASH  lane -> how many of it are leased
--   readies       how many are ready, in all lanes
--   turn          counter that orders the rings
--   epoch         exists since the last rebuild
-- A member is 48 characters: task id (36), "f" for a first call or "r" for a retry, lane (11).
-- Times are Redis's own: a script replicates its effects, not itself, so TIME is safe.

local P = KEYS[1]
local DUE, LEASE, HOLDER, LEASED = P .. 'due', P .. 'lease', P .. 'holder', P .. 'leased'
local READIES = P .. 'readies'

local clock = redis.call('TIME')
local NOW = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- To answer with, in microseconds: callers set their clocks by it.
local MICROS = clock[1] * 1000000 + clock[2]

local function rank_of(member) return string.sub(member, 37, 37) end
local function lane_of(member) return string.sub(member, 38) end
local function ready_key(rank, lane) return P .. 'ready:' .. rank .. lane end

local function leased_count(lane) return tonumber(redis.call('HGET', LEASED, lane) or '0') end

-- Gives a lane its turn, unless it has one.
local function enter_ring(rank, lane)
  redis.call('ZADD', P .. 'ring:' .. rank, 'NX', redis.call('INCR', P .. 'turn'), lane)
end

local function make_ready(member, due_at, window)
  local rank, lane = rank_of(member), lane_of(member)
  redis.call('INCRBY', READIES, redis.call('ZADD', ready_key(rank, lane), due_at, member))
  if leased_count(lane) < window then enter_ring(rank, lane) end
end

local function drop_ready(member)
  redis.call('DECRBY', READIES, redis.call('ZREM', ready_key(rank_of(member), lane_of(member)), member))
end

local function lease(member, holder, lease_ms)
  redis.call('ZADD', LEASE, NOW + lease_ms, member)
  redis.call('HSET', HOLDER, member, holder)
  redis.call('HINCRBY', LEASED, lane_of(member), 1)
end

-- Ends a lease; its lane has room again.
local function unlease(member)
  local lane = lane_of(member)
  redis.call('ZREM', LEASE, member)
  redis.call('HDEL', HOLDER, member)
  if redis.call('HINCRBY', LEASED, lane, -1) <= 0 then redis.call('HDEL', LEASED, lane) end
  if redis.call('EXISTS', ready_key('f', lane)) == 1 then enter_ring('f', lane) end
  if redis.call('EXISTS', ready_key('r', lane)) == 1 then enter_ring('r', lane) end
end

local function is_leased(member) return redis.call('ZSCORE', LEASE, member) end
local function is_ready(member)
  return redis.call('ZSCORE', ready_key(rank_of(member), lane_of(member)), member)
end
local function is_known(member)
  return is_leased(member) or redis.call('ZSCORE', DUE, member) or is_ready(member)
end

-- Puts an unknown member where it belongs. Returns true where somebody should look: it is ready, or is the next due.
local function place(member, due_at, window)
  if due_at <= NOW then
    make_ready(member, due_at, window)
    return true
  end
  redis.call('ZADD', DUE, due_at, member)
  return redis.call('ZRANK', DUE, member) == 0
end

-- Tells every scheduler to look at this partition. A hint: whoever misses it looks a second later.
local function wake() redis.call('PUBLISH', 'bida:wake', P) end
