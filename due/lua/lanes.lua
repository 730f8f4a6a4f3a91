-- Where lanes stand; without any, which lanes' breakers are not closed.
-- Input:  ARGV[1] window, then lanes
-- Output: {micros, status (7 values, see lane.lua), …}, or {micros, lane, …}
-- Errors: none
local window = tonumber(ARGV[1])
local out = { MICROS }
if #ARGV == 1 then
  for _, lane in ipairs(redis.call('ZRANGE', P .. 'troubled', 0, -1)) do
    -- What its calls have shown may have been forgotten since.
    if redis.call('EXISTS', P .. 'health:' .. lane) == 1 then
      out[#out + 1] = lane
    else
      redis.call('ZREM', P .. 'troubled', lane)
    end
  end
  return out
end
for i = 2, #ARGV do
  for _, value in ipairs({ status(ARGV[i], read_lane(ARGV[i]), window) }) do out[#out + 1] = value end
end
return out
