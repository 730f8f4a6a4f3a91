-- Takes into account calls that went well and whose leases were in their tasks' rows only.
-- Input:  ARGV[1] window, then lane, how many calls, …
-- Output: {micros, 'opened' or 'closed', status (7 values, see lane.lua), …} for breakers that changed
-- Errors: none
local window = tonumber(ARGV[1])
local out = { MICROS }
for i = 2, #ARGV, 2 do
  local lane, calls = ARGV[i], tonumber(ARGV[i + 1])
  local state = read_lane(lane)
  local cap = cap_of(state, window)
  local change
  -- These calls may have ended before a breaker opened: only a probe, which is leased here, closes it.
  if state.open_until == 0 then
    change = observe(state, 'ok', cap)
    -- All but the first only widen the window and count.
    state.window = math.min(state.window + calls - 1, cap)
    state.calls = state.calls + calls - 1
    write_lane(lane, state)
  end
  if change then
    reopen(lane)
    wake()
    for _, value in ipairs({ change, status(lane, state, window) }) do out[#out + 1] = value end
  end
end
return out
