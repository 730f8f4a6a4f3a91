-- Gives a member that is not leased a new time, known or not.
-- Input:  ARGV[1] window, ARGV[2] member, ARGV[3] due time
-- Output: {micros, 1} or, where it is leased and nothing was changed, {micros, 0}
-- Errors: none
local window, member, due_at = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if is_leased(member) then return { MICROS, 0 } end
redis.call('ZREM', DUE, member)
drop_ready(member)
if place(member, due_at, window) then wake() end
return { MICROS, 1 }
