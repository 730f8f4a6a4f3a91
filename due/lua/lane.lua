-- What a lane may give just now, and what its calls say of its target: `lane-rules.ts` in Lua, see there for the rules
-- and for the numbers (RULES). Put behind common.lua where a script needs it.
--
-- settings, of a lane: "paused concurrency rate breaker", with 0 for "no limit"; missing: nothing is set.
-- health:<lane>: window halved_at fails failing_since slows calls bads from open_until opened_at opens, and tokens, at of its bucket.
local FIELDS = {
  'window', 'halved_at', 'fails', 'failing_since', 'slows', 'calls', 'bads', 'from', 'open_until', 'opened_at', 'opens', 'tokens', 'at',
}

local function settings_of(lane)
  local text = redis.call('HGET', P .. 'settings', lane)
  if not text then return { paused = false, concurrency = 0, rate = 0, breaker = true } end
  local paused, concurrency, rate, breaker = string.match(text, '(%S+) (%S+) (%S+) (%S+)')
  return { paused = paused == '1', concurrency = tonumber(concurrency), rate = tonumber(rate), breaker = breaker == '1' }
end

local function read_lane(lane)
  local values = redis.call('HMGET', P .. 'health:' .. lane, unpack(FIELDS))
  local state = { settings = settings_of(lane), was = {} }
  for i, field in ipairs(FIELDS) do state[field] = tonumber(values[i] or '0') end
  if values[1] then
    for _, field in ipairs(FIELDS) do state.was[field] = state[field] end
  else
    state.window = RULES.START_WINDOW
    state.slows = RULES.HANGS_AFTER - 1
    state.tokens = math.huge
  end
  return state
end

-- Writes what was changed since it was read.
local function write_lane(lane, state)
  -- Of a lane that was forgotten nobody knows.
  local args, was_open = {}, state.was.open_until ~= 0
  local was_narrow = (state.was.window or RULES.START_WINDOW) < RULES.START_WINDOW
  for _, field in ipairs(FIELDS) do
    if state[field] ~= state.was[field] then
      args[#args + 1] = field
      args[#args + 1] = tostring(state[field] == math.huge and 1e15 or state[field])
      state.was[field] = state[field]
    end
  end
  if #args > 0 then redis.call('HSET', P .. 'health:' .. lane, unpack(args)) end
  redis.call('PEXPIRE', P .. 'health:' .. lane, RULES.FORGET_MS)
  if state.window < RULES.START_WINDOW then
    redis.call('SADD', P .. 'narrow', lane)
  elseif was_narrow then
    redis.call('SREM', P .. 'narrow', lane)
  end
  if state.open_until > 0 then
    redis.call('ZADD', P .. 'troubled', state.opened_at, lane)
  elseif was_open then
    redis.call('ZREM', P .. 'troubled', lane)
  end
end

local function cap_of(state, window)
  local concurrency = state.settings.concurrency
  return concurrency > 0 and concurrency or window
end

local function gate(lane, at)
  local known = redis.call('ZSCORE', GATED, lane)
  if not known or at < tonumber(known) then redis.call('ZADD', GATED, at, lane) end
  return 0, 0
end

-- How many members `lane` may give now, and until when those must have been due. Where only time can change a "none",
-- the lane is gated until then. `head`: when the member in question was due.
local function allowance(lane, state, window, head)
  if state.settings.paused then return 0, 0 end
  local leased = leased_count(lane)
  local free, due_by = math.min(state.window, cap_of(state, window)) - leased, math.huge
  local half_open = state.open_until > 0 and NOW >= state.open_until
  if half_open and leased == 0 then
    free = math.min(free, 1)
  elseif state.open_until > 0 then
    -- Nothing but what has waited too long.
    free, due_by = math.min(free, RULES.TRICKLE - leased), NOW - RULES.HOLD_MS
    if head > due_by then
      local overdue = head + RULES.HOLD_MS
      return gate(lane, half_open and overdue or math.min(state.open_until, overdue))
    end
  end
  local rate = state.settings.rate
  if rate > 0 then
    state.tokens = math.min(math.max(1, rate), state.tokens + math.max(0, NOW - state.at) * rate / 1000)
    state.at = NOW
    if state.tokens < 1 then
      return gate(lane, NOW + math.max(1, math.ceil((1 - state.tokens) * 1000 / rate)))
    end
    free = math.min(free, math.floor(state.tokens))
  end
  return math.max(0, free), due_by
end

-- Pays for `count` leases of a lane that has a rate.
local function pay(lane, state, count)
  if state.settings.rate == 0 or count == 0 then return end
  state.tokens = state.tokens - count
  write_lane(lane, state)
end

local function close(state)
  for _, field in ipairs({ 'halved_at', 'fails', 'failing_since', 'slows', 'calls', 'bads', 'from', 'open_until', 'opened_at', 'opens' }) do
    state[field] = 0
  end
  state.window = math.min(state.window, RULES.START_WINDOW)
end

-- Takes one call's result into account: 'ok', 'bad' or 'slow'. Returns 'opened' or 'closed' where the breaker did that.
local function observe(state, health, cap)
  if health ~= 'slow' then
    state.window = math.min(state.window + 1, cap)
  elseif NOW - state.halved_at >= RULES.HALVE_MS then
    state.window = math.max(RULES.MIN_WINDOW, math.floor(state.window / 2))
    state.halved_at = NOW
  end
  state.slows = health == 'slow' and state.slows + 1 or 0
  local failed = health ~= 'ok'
  if state.open_until > 0 then
    if NOW < state.open_until then return nil end
    if not failed then
      close(state)
      return 'closed'
    end
    state.opens = state.opens + 1
    state.open_until = NOW + math.min(RULES.PAUSE_MS * 2 ^ math.min(state.opens, 20), RULES.MAX_PAUSE_MS)
    return nil
  end
  state.calls = state.calls + 1
  state.bads = state.bads + (failed and 1 or 0)
  if failed and state.fails == 0 then state.failing_since = NOW end
  state.fails = failed and state.fails + 1 or 0
  local only = state.fails >= RULES.OPEN_AFTER and NOW - state.failing_since >= RULES.OPEN_MS
  local mostly = false
  if NOW - state.from >= RULES.RATE_MS then
    mostly = state.calls >= RULES.RATE_CALLS and state.bads >= state.calls * RULES.RATE_SHARE
    state.from, state.calls, state.bads = NOW, 0, 0
  end
  if not (only or mostly) or not state.settings.breaker then return nil end
  state.opened_at, state.opens, state.open_until = NOW, 0, NOW + RULES.PAUSE_MS
  return 'opened'
end

-- A lane's state for callers: lane, open_until (0: closed), opened_at, failures, window, ready, leased.
local function status(lane, state, window)
  local ready = 0
  each_queue(lane, function(_, _, key) ready = ready + redis.call('ZCARD', key) end)
  return lane, tostring(state.open_until), tostring(state.opened_at), state.fails,
    math.min(state.window, cap_of(state, window)), ready, leased_count(lane)
end
