-- Sets what an operator wants of a lane, or closes its breaker.
-- Input:  ARGV[1] lane, ARGV[2] settings as lane.lua keeps them, or '' to leave them and close the breaker
-- Output: {micros}
-- Errors: none
local lane, text = ARGV[1], ARGV[2]
if text ~= '' then
  if redis.call('HGET', P .. 'settings', lane) == text then return { MICROS } end
  redis.call('HSET', P .. 'settings', lane, text)
end
local state = read_lane(lane)
if text == '' or not state.settings.breaker then close(state) end
state.tokens = math.huge
write_lane(lane, state)
reopen(lane)
wake()
return { MICROS }
