-- Forgets members that are not leased.
-- Input:  ARGV members
-- Output: {micros}
-- Errors: none
for _, member in ipairs(ARGV) do
  redis.call('ZREM', DUE, member)
  drop_ready(member)
end
return { MICROS }
