-- Which members are leased.
-- Input:  ARGV members; none at all asks for every leased member of the partition
-- Output: {micros, leased member, …}
-- Errors: none
local out = { MICROS }
local asked = ARGV
if #asked == 0 then asked = redis.call('ZRANGE', LEASE, 0, -1) end
for _, member in ipairs(asked) do
  if is_leased(member) then out[#out + 1] = member end
end
return out
