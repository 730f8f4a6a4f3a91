-- Shared by all scripts of the due set; put before each of them when it is loaded, after the numbers of `lane-rules.ts`.
--
-- One partition's keys, all with the hash tag {p}, so they live on one node of a Redis Cluster.
-- KEYS[1] is the prefix "bida:{p}:" itself; the rest is derived from it:
--   due                 ZSET  member -> time it is due (ms)           waiting
--   ready:<rank><queue> ZSET  member -> time it was due               ready, of one lane and app
--   queues:<lane>       SET   <rank><app>                             which of those a lane has
--   ring:<rank>         ZSET  app -> turn                             apps whose turn comes
--   ring:<rank>:<app>   ZSET  lane -> turn                            of each app, the lanes whose turn comes
--   gated               ZSET  lane -> when it may be looked at again (ms)
--   lease               ZSET  member -> end of the lease (ms)         leased
--   holder              HASH  member -> who holds it, and its fence, see lease_name
--   leased              HASH  lane -> how many of it are leased
--   settings            HASH  lane -> what operators set, see lane.lua
--   health:<lane>       HASH  what its calls have shown, see lane.lua
--   troubled            ZSET  lane -> since when its breaker is not closed (ms)
--   narrow              SET   lanes whose window is below the one they start with
--   readies             how many are ready, in all lanes
--   turn                counter that orders the rings
--   installation        HASH  whose the partition is, see belong.lua
--   epoch               exists since the last rebuild
-- A member is the task id (36), "f" for a first call or "r" for a retry, the lane (11), and the app in decimal.
-- A queue is the lane and the app, as they stand in the member.
--
-- What holds between scripts; `repair.lua` restores it where Redis has lost a part of its keys:
--   1. A member is in one of `due`, a ready queue and `lease`.
--   2. `holder` has the members of `lease`. One without a holder is taken by anyone who extends it; one that only has a holder
--      gets its lease back.
--   3. `leased` has for each lane how many members of `lease` are of it, and no lane with none.
--   4. `readies` is the number of members of all ready queues; each queue is in `queues:<lane>`.
--   5. A lane with a ready queue is in the rings of its app, or gated, or paused, or has leases, whose ends reopen it. An app whose
--      ring holds lanes is in `ring:<rank>`.
--   6. `turn` is not below any turn that is given out.
--   7. No lease ends later than a lease's length from now. Clocks can be set back; what says later is treated as that.
--   8. A lane whose breaker is not closed is in `troubled`.
-- Times are Redis's own: a script replicates its effects, not itself, so TIME is safe.

local P = KEYS[1]
local DUE, LEASE, HOLDER, LEASED = P .. 'due', P .. 'lease', P .. 'holder', P .. 'leased'
local READIES, GATED = P .. 'readies', P .. 'gated'

local clock = redis.call('TIME')
local NOW = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- To answer with, in microseconds: callers set their clocks by it.
local MICROS = clock[1] * 1000000 + clock[2]

local function rank_of(member) return string.sub(member, 37, 37) end
local function lane_of(member) return string.sub(member, 38, 48) end
local function app_of(member) return string.sub(member, 49) end
local function ready_key(rank, lane, app) return P .. 'ready:' .. rank .. lane .. app end
local function ready_key_of(member) return P .. 'ready:' .. string.sub(member, 37) end

-- The turn that a lane gets now. Retries of lanes that hang let others go before: a thousand that hang are a long queue.
local function turn_of(rank, lane, turn)
  if rank == 'f' then return turn end
  local slows = tonumber(redis.call('HGET', P .. 'health:' .. lane, 'slows') or '0')
  return slows < RULES.HANGS_AFTER and turn - RULES.LEAD or turn
end

-- Gives a lane its turn among its app's lanes, and the app its turn, unless they have one.
local function enter_ring(rank, lane, app)
  local turn = redis.call('INCR', P .. 'turn')
  redis.call('ZADD', P .. 'ring:' .. rank .. ':' .. app, 'NX', turn_of(rank, lane, turn), lane)
  redis.call('ZADD', P .. 'ring:' .. rank, 'NX', turn, app)
end

-- Makes members ready, each named once and in no queue; `dues` are the times of each. A command for all of one queue.
local function make_ready(members, dues)
  local queues, order = {}, {}
  for i, member in ipairs(members) do
    local queue = string.sub(member, 37)
    if not queues[queue] then
      queues[queue] = { first = member, args = {} }
      order[#order + 1] = queues[queue]
    end
    local args = queues[queue].args
    args[#args + 1] = dues[i]
    args[#args + 1] = member
  end
  for _, queue in ipairs(order) do
    local member = queue.first
    local rank, lane, app = rank_of(member), lane_of(member), app_of(member)
    redis.call('INCRBY', READIES, redis.call('ZADD', ready_key(rank, lane, app), unpack(queue.args)))
    redis.call('SADD', P .. 'queues:' .. lane, rank .. app)
    enter_ring(rank, lane, app)
  end
end

local function drop_ready(member)
  redis.call('DECRBY', READIES, redis.call('ZREM', ready_key_of(member), member))
end

local function leased_count(lane) return tonumber(redis.call('HGET', LEASED, lane) or '0') end

-- Each queue of a lane that holds something: rank, app, key.
local function each_queue(lane, fn)
  local queues = P .. 'queues:' .. lane
  for _, queue in ipairs(redis.call('SMEMBERS', queues)) do
    local rank, app = string.sub(queue, 1, 1), string.sub(queue, 2)
    local key = ready_key(rank, lane, app)
    if redis.call('EXISTS', key) == 1 then fn(rank, app, key) else redis.call('SREM', queues, queue) end
  end
end

-- Lets a lane be looked at again, now.
local function reopen(lane)
  redis.call('ZREM', GATED, lane)
  each_queue(lane, function(rank, app) enter_ring(rank, lane, app) end)
end

-- lane -> how many of these members are of it
local function by_lane(members)
  local counts = {}
  for _, member in ipairs(members) do
    local lane = lane_of(member)
    counts[lane] = (counts[lane] or 0) + 1
  end
  return counts
end

-- A lease's name: when the entry was due, which differs from one lease of a task to the next, and the holder. Without the
-- former an outcome that is reported a second time would end the lease of the call after it, if the holder is the same.
local NOBODY = '-'
local function lease_name(holder, due_at) return string.format('%.0f %s', tonumber(due_at), holder) end

-- Leases members that are not leased, each named once. A command for all of them: a call of Redis from Lua costs more than
-- what most of them do.
local function lease(members, dues, holder, lease_ms)
  if #members == 0 then return end
  local ends, holders = {}, {}
  for i, member in ipairs(members) do
    ends[2 * i - 1], ends[2 * i] = NOW + lease_ms, member
    holders[2 * i - 1], holders[2 * i] = member, lease_name(holder, dues[i])
  end
  redis.call('ZADD', LEASE, unpack(ends))
  redis.call('HSET', HOLDER, unpack(holders))
  for lane, count in pairs(by_lane(members)) do redis.call('HINCRBY', LEASED, lane, count) end
end

-- Ends leases, each named once. Their lanes have room again: anyone who calls this reopens them.
local function unlease(members)
  if #members == 0 then return end
  redis.call('ZREM', LEASE, unpack(members))
  redis.call('HDEL', HOLDER, unpack(members))
  for lane, count in pairs(by_lane(members)) do
    if redis.call('HINCRBY', LEASED, lane, -count) <= 0 then redis.call('HDEL', LEASED, lane) end
  end
end

local function is_leased(member) return redis.call('ZSCORE', LEASE, member) end
local function is_known(member)
  return is_leased(member) or redis.call('ZSCORE', DUE, member) or redis.call('ZSCORE', ready_key_of(member), member)
end

-- Puts an unknown member where it belongs. Returns true where somebody should look: it is ready, or is the next due.
local function place(member, due_at)
  if due_at <= NOW then
    make_ready({ member }, { due_at })
    return true
  end
  redis.call('ZADD', DUE, due_at, member)
  return redis.call('ZRANK', DUE, member) == 0
end

-- Tells every scheduler to look at this partition. A hint: anyone who misses it looks a second later.
local function wake() redis.call('PUBLISH', 'bida:wake', P) end
