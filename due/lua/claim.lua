-- Leases up to `room` members: first calls before retries, apps in turn, of each app its lanes in turn.
-- Input:  ARGV[1] holder, ARGV[2] room, ARGV[3] how many of them may be retries, ARGV[4] lease ms, ARGV[5] window,
--         ARGV[6] quantum, ARGV[7] share for retries, ARGV[8] until when leases that ran out are taken back (ms);
--         later they are left alone: the clock has jumped
-- Output: {micros, ms until this partition can give more (0: now; -1: nothing waits), how many leases had run out,
--         member, due time, …}
-- Errors: none
local holder, room, retries = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease_ms, window = tonumber(ARGV[4]), tonumber(ARGV[5])
local quantum, retry_share, recovers = tonumber(ARGV[6]), tonumber(ARGV[7]), NOW <= tonumber(ARGV[8])
-- Bounds one script's run time; what is left is told by the second value of the answer.
local SWEEP, PROMOTE = 500, 1000

-- Leases that ran out: ready again, before everything that was due later.
local ended = recovers and redis.call('ZRANGEBYSCORE', LEASE, '-inf', NOW, 'LIMIT', 0, SWEEP) or {}
unlease(ended)
local again = {}
for i = 1, #ended do again[i] = NOW end
make_ready(ended, again)
for lane in pairs(by_lane(ended)) do reopen(lane) end

local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, PROMOTE)
if #due > 0 then
  local members, dues = {}, {}
  for i = 1, #due, 2 do members[#members + 1], dues[#dues + 1] = due[i], due[i + 1] end
  redis.call('ZREM', DUE, unpack(members))
  make_ready(members, dues)
end

for _, lane in ipairs(redis.call('ZRANGEBYSCORE', GATED, '-inf', NOW, 'LIMIT', 0, SWEEP)) do reopen(lane) end

local out = { MICROS, -1, #ended }
local taken = 0

-- Takes what one lane may give of one queue, at most `most`. Returns how many, and whether it could give more.
local function serve(rank, lane, app, most)
  local key = ready_key(rank, lane, app)
  local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if not head then return 0, false end
  local state = read_lane(lane)
  local free, due_by = allowance(lane, state, window, tonumber(head))
  local quota = math.min(most, free)
  if quota == 0 then return 0, false end
  local got
  if due_by == math.huge then
    got = redis.call('ZPOPMIN', key, quota)
  else
    got = redis.call('ZRANGEBYSCORE', key, '-inf', due_by, 'WITHSCORES', 'LIMIT', 0, quota)
    for i = 1, #got, 2 do redis.call('ZREM', key, got[i]) end
  end
  local members, dues = {}, {}
  for i = 1, #got, 2 do
    members[#members + 1], dues[#dues + 1] = got[i], got[i + 1]
    out[#out + 1] = got[i]
    out[#out + 1] = got[i + 1]
  end
  lease(members, dues, holder, lease_ms)
  local count = #got / 2
  redis.call('DECRBY', READIES, count)
  pay(lane, state, count)
  if count == quota and quota < free then return count, redis.call('EXISTS', key) == 1 end
  -- The ends of leases bring the lane back. Where it has a rate or its breaker is open, time may do so before that.
  if state.settings.rate > 0 or state.open_until > 0 then
    local next = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    if next then allowance(lane, state, window, tonumber(next)) end
  end
  return count, false
end

local function take(rank, most)
  local ring = P .. 'ring:' .. rank
  while most > 0 do
    local app = redis.call('ZPOPMIN', ring)[1]
    if not app then return end
    local lanes = ring .. ':' .. app
    local lane = redis.call('ZPOPMIN', lanes)[1]
    if lane then
      local count, more = serve(rank, lane, app, math.min(quantum, most))
      taken, most = taken + count, most - count
      if more then redis.call('ZADD', lanes, 'NX', turn_of(rank, lane, redis.call('INCR', P .. 'turn')), lane) end
      if redis.call('EXISTS', lanes) == 1 then redis.call('ZADD', ring, 'NX', redis.call('INCR', P .. 'turn'), app) end
    end
  end
end

if retries > 0 then
  local kept = redis.call('EXISTS', P .. 'ring:r') == 1 and math.min(retries, math.floor(room * retry_share)) or 0
  take('f', room - kept)
  take('r', math.min(retries, room - taken))
end
take('f', room - taken)

if redis.call('EXISTS', P .. 'ring:f', P .. 'ring:r') > 0 then
  out[2] = 0
else
  local next = math.huge
  for _, key in ipairs({ DUE, GATED, recovers and LEASE or nil }) do
    next = math.min(next, tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 'inf'))
  end
  if next < math.huge then out[2] = math.max(next - NOW, 0) end
end
return out
