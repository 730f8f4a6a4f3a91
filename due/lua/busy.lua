-- Lanes that are not quiet: something is set for them, their breaker is not closed, their window is narrow, some of their
-- entries wait for their turn, or many are leased. The calls of all others need no queue.
-- Input:  ARGV[1] how many lanes are named at most, ARGV[2] how many leases are many
-- Output: {micros, lane, …}, or {micros, '*'} where there are more of them
-- Errors: none
local most, many = tonumber(ARGV[1]), tonumber(ARGV[2])
-- A set that was emptied knows nothing of its lanes until it is rebuilt.
if redis.call('EXISTS', P .. 'epoch') == 0 then return { MICROS, '*' } end
local lanes, seen = {}, {}

local function name(lane)
  if seen[lane] then return end
  seen[lane] = true
  lanes[#lanes + 1] = lane
end

local function name_all(members)
  for _, lane in ipairs(members) do name(lane) end
end

local settings = redis.call('HGETALL', P .. 'settings')
for i = 1, #settings, 2 do
  if settings[i + 1] ~= '0 0 0 1' then name(settings[i]) end
end
local leased = redis.call('HGETALL', LEASED)
for i = 1, #leased, 2 do
  if tonumber(leased[i + 1]) >= many then name(leased[i]) end
end
name_all(redis.call('ZRANGE', P .. 'troubled', 0, most))
name_all(redis.call('ZRANGE', GATED, 0, most))
for _, lane in ipairs(redis.call('SRANDMEMBER', P .. 'narrow', most + 1)) do
  -- What its calls have shown may have been forgotten since.
  if redis.call('EXISTS', P .. 'health:' .. lane) == 1 then name(lane) else redis.call('SREM', P .. 'narrow', lane) end
end
for _, rank in ipairs({ 'f', 'r' }) do
  local ring = P .. 'ring:' .. rank
  for _, app in ipairs(redis.call('ZRANGE', ring, 0, most)) do
    if #lanes <= most then name_all(redis.call('ZRANGE', ring .. ':' .. app, 0, most)) end
  end
end

if #lanes > most then return { MICROS, '*' } end
local out = { MICROS }
for i, lane in ipairs(lanes) do out[i + 1] = lane end
return out
