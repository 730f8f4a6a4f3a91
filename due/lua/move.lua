-- Gives a member that is not leased a new time, known or not.
-- Input:  ARGV[1] member, ARGV[2] due time
-- Output: {micros, 1} or, where it is leased and nothing was changed, {micros, 0}
-- Errors: none
local member, due_at = ARGV[1], tonumber(ARGV[2])
if is_leased(member) then return { MICROS, 0 } end
redis.call('ZREM', DUE, member)
drop_ready(member)
if place(member, due_at) then wake() end
return { MICROS, 1 }
