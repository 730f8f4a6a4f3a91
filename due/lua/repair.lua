-- Compares what the partition counts and remembers with what it holds (the invariants of common.lua), and puts right what
-- differs. Redis may lose any of its keys: by eviction, by somebody's DEL, by an old copy of its data.
-- Input:  ARGV[1] lease ms, ARGV[2] cursor ('0' at first, then as answered), ARGV[3] 1: repair, 0: tell only
-- Output: {micros, cursor ('0': all keys were seen), how many lanes have settings, kind, how many, …}; the kinds are those of
--         `due/repairs.ts`
-- Errors: none
local lease_ms, cursor, repairs = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'
-- Bounds one script's run time. Leases are bounded by what dispatchers hold, keys by the number of lanes; a Redis that others
-- use has more, and then takes several scripts.
local ALL_LEASES, STEPS, KEYS_PER_STEP, REOPENED = 20000, 50, 1000, 500
local whole = cursor == '0'
local found = {}
local function tell(kind, count) found[kind] = (found[kind] or 0) + (count or 1) end

-- Anyone who holds an entry that is leased no more may be calling it: it gets the lease back, which runs out if nobody renews it.
local function restore(member)
  if redis.call('ZSCORE', DUE, member) then
    tell('holders')
    if repairs then redis.call('HDEL', HOLDER, member) end
    return
  end
  tell('leases')
  if not repairs then return end
  drop_ready(member)
  redis.call('ZADD', LEASE, NOW + lease_ms, member)
end

local function check_leases()
  local count, sum = redis.call('ZCARD', LEASE), 0
  for _, of_lane in ipairs(redis.call('HVALS', LEASED)) do sum = sum + tonumber(of_lane) end
  -- With very many, only where something shows that it is worth the time.
  if count > ALL_LEASES and count == sum and count == redis.call('HLEN', HOLDER) then return end
  for _, member in ipairs(redis.call('HKEYS', HOLDER)) do
    if not is_leased(member) then restore(member) end
  end
  -- An end that no lease can have: the clock was set back. Twice, because nodes may be set differently while that is changed.
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASE, '(' .. NOW + 2 * lease_ms, '+inf')) do
    tell('ends')
    if repairs then redis.call('ZADD', LEASE, NOW + lease_ms, member) end
  end
  local counts = by_lane(redis.call('ZRANGE', LEASE, 0, -1))
  local flat = redis.call('HGETALL', LEASED)
  local wrong = {}
  for i = 1, #flat, 2 do
    if (counts[flat[i]] or 0) ~= tonumber(flat[i + 1]) then wrong[flat[i]] = counts[flat[i]] or 0 end
    counts[flat[i]] = nil
  end
  for lane, of_lane in pairs(counts) do wrong[lane] = of_lane end
  for lane, of_lane in pairs(wrong) do
    tell('leased')
    if repairs then
      if of_lane > 0 then redis.call('HSET', LEASED, lane, of_lane) else redis.call('HDEL', LEASED, lane) end
      reopen(lane)
    end
  end
end

local ready, last_turn = 0, 0

local function check_queue(key, queue)
  local rank, lane, app = string.sub(queue, 1, 1), string.sub(queue, 2, 12), string.sub(queue, 13)
  ready = ready + redis.call('ZCARD', key)
  if redis.call('SISMEMBER', P .. 'queues:' .. lane, rank .. app) == 0 then
    tell('queues')
    if repairs then redis.call('SADD', P .. 'queues:' .. lane, rank .. app) end
  end
  local in_ring = redis.call('ZSCORE', P .. 'ring:' .. rank .. ':' .. app, lane)
  if in_ring and redis.call('ZSCORE', P .. 'ring:' .. rank, app) then return end
  -- A lane that gave all it may comes back when a lease of it ends, or when its time comes.
  local waits = leased_count(lane) > 0 or redis.call('ZSCORE', GATED, lane) or settings_of(lane).paused
  if not in_ring and waits then return end
  tell('turns')
  if repairs then enter_ring(rank, lane, app) end
end

-- What a clock that was set back since would call the future: it is as good as now.
local TIMES = { 'open_until', 'opened_at', 'halved_at', 'failing_since', 'from', 'at' }

local function check_health(key, lane)
  local values = redis.call('HMGET', key, unpack(TIMES))
  for i, field in ipairs(TIMES) do
    local last = field == 'open_until' and NOW + RULES.MAX_PAUSE_MS or NOW
    if tonumber(values[i] or '0') > last then
      tell('future')
      if repairs then redis.call('HSET', key, field, string.format('%.0f', last)) end
    end
  end
  if tonumber(values[1] or '0') == 0 or redis.call('ZSCORE', P .. 'troubled', lane) then return end
  tell('troubled')
  if repairs then redis.call('ZADD', P .. 'troubled', math.min(NOW, tonumber(values[2] or NOW)), lane) end
end

local checks = {
  ready = check_queue,
  health = check_health,
  ring = function(key)
    last_turn = math.max(last_turn, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]))
  end,
}

-- @return whether these were all keys
local function check_keys()
  local seen = {}
  for _ = 1, STEPS do
    local answer = redis.call('SCAN', cursor, 'MATCH', P .. '*:*', 'COUNT', KEYS_PER_STEP)
    cursor = answer[1]
    for _, key in ipairs(answer[2]) do
      local kind, rest = string.match(string.sub(key, #P + 1), '^(%a+):(.*)$')
      if not seen[key] and checks[kind] then checks[kind](key, rest) end
      seen[key] = true
    end
    if cursor == '0' then return whole end
  end
  return false
end

if whole then
  check_leases()
  -- Gates that are far away: the clock was set back, or the lane's rate is very low. It is looked at and gated again.
  if repairs then
    local far = redis.call('ZRANGEBYSCORE', GATED, '(' .. NOW + RULES.HOLD_MS, '+inf', 'LIMIT', 0, REOPENED)
    for _, lane in ipairs(far) do reopen(lane) end
  end
end

local all = check_keys()
-- Turns begin anew where the counter is lost: who waits would never have one.
local turn = tonumber(redis.call('GET', P .. 'turn') or '0')
if last_turn > turn then
  tell('turn')
  if repairs then redis.call('SET', P .. 'turn', last_turn) end
end
if all then
  local counted = tonumber(redis.call('GET', READIES) or '0')
  if counted ~= ready then
    tell('readies')
    if counted > ready then tell('missing', counted - ready) end
    if repairs then redis.call('SET', READIES, ready) end
  end
end

local out = { MICROS, cursor, redis.call('HLEN', P .. 'settings') }
for kind, count in pairs(found) do
  out[#out + 1] = kind
  out[#out + 1] = count
end
if repairs and #out > 3 then wake() end
return out
