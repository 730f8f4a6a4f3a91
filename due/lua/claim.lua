-- Leases up to `room` members, lanes in turn, first calls before retries.
-- Input:  ARGV[1] holder, ARGV[2] room, ARGV[3] lease ms, ARGV[4] window, ARGV[5] quantum, ARGV[6] share for retries
-- Output: {micros, ms until this partition can give more (0: now; -1: nothing waits), leases that had run out,
--          member, due time, …}
-- Errors: none
local holder, room = ARGV[1], tonumber(ARGV[2])
local lease_ms, window = tonumber(ARGV[3]), tonumber(ARGV[4])
local quantum, retry_share = tonumber(ARGV[5]), tonumber(ARGV[6])
-- Bounds one script's run time; what is left is told by the second value of the answer.
local SWEEP, PROMOTE = 500, 2000

-- Leases that ran out: ready again, before everything that was due later.
local expired = redis.call('ZRANGEBYSCORE', LEASE, '-inf', NOW, 'LIMIT', 0, SWEEP)
for _, member in ipairs(expired) do
  unlease(member)
  make_ready(member, NOW, window)
end

local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, PROMOTE)
for i = 1, #due, 2 do
  redis.call('ZREM', DUE, due[i])
  make_ready(due[i], due[i + 1], window)
end

local out = { MICROS, -1, #expired }
local function take(rank, limit)
  local ring = P .. 'ring:' .. rank
  while limit > 0 do
    local lane = redis.call('ZPOPMIN', ring)[1]
    if not lane then return end
    local key = ready_key(rank, lane)
    local free = window - leased_count(lane)
    local taken = {}
    if free > 0 then taken = redis.call('ZPOPMIN', key, math.min(quantum, limit, free)) end
    for i = 1, #taken, 2 do
      lease(taken[i], holder, lease_ms)
      out[#out + 1] = taken[i]
      out[#out + 1] = taken[i + 1]
    end
    redis.call('DECRBY', READIES, #taken / 2)
    limit = limit - #taken / 2
    if free > #taken / 2 and redis.call('EXISTS', key) == 1 then enter_ring(rank, lane) end
  end
end

local function taken_so_far() return (#out - 3) / 2 end
local kept = 0
if redis.call('EXISTS', P .. 'ring:r') == 1 then kept = math.floor(room * retry_share) end
take('f', room - kept)
take('r', room - taken_so_far())
take('f', room - taken_so_far())

if redis.call('EXISTS', P .. 'ring:f', P .. 'ring:r') > 0 then
  out[2] = 0
else
  local head = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]
  local lease_end = redis.call('ZRANGE', LEASE, 0, 0, 'WITHSCORES')[2]
  local next = math.min(tonumber(head or 'inf'), tonumber(lease_end or 'inf'))
  if next < math.huge then out[2] = math.max(next - NOW, 0) end
end
return out
