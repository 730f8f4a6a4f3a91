-- Ends leases of the holder: back to waiting or ready where a next time is given, otherwise gone.
-- Input:  ARGV[1] holder, ARGV[2] window, then member, next member ('' for none), next due time (0: ready at once), …
-- Output: {micros}
-- Errors: none. A lease of somebody else is left alone.
local holder, window = ARGV[1], tonumber(ARGV[2])
local look = false

for i = 3, #ARGV, 3 do
  local member, next_member, due_at = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  if redis.call('HGET', HOLDER, member) == holder then
    unlease(member)
    if next_member ~= '' and not is_known(next_member) then
      look = place(next_member, due_at, window) or look
    end
  end
end

-- A lane that was full may have room again.
if look or redis.call('EXISTS', P .. 'ring:f', P .. 'ring:r') > 0 then wake() end
return { MICROS }
