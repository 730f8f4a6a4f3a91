-- Forgets members that are not leased.
-- Input:  ARGV members
-- Output: {now}
-- Errors: none
for _, member in ipairs(ARGV) do
  redis.call('ZREM', DUE, member)
  drop_ready(member)
end
return { NOW_UP }
