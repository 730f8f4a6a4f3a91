-- Which members are in no place: neither waiting, nor ready, nor leased.
-- Input:  ARGV members
-- Output: {micros, missing member, …}
-- Errors: none
local out = { MICROS }
for _, member in ipairs(ARGV) do
  if not is_known(member) then out[#out + 1] = member end
end
return out
