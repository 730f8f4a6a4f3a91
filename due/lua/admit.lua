-- Adds members that are not known, and leases at once up to `room` of those that are due.
-- Input:  ARGV[1] holder, ARGV[2] room (0 to add only), ARGV[3] lease ms, ARGV[4] window, then member, due time, …
-- Output: {micros, how many were not known, leased member, …}
-- Errors: none
local holder, room, lease_ms, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local out = { MICROS, 0 }
local look = false

local function overtakes(member)
  local lane = lane_of(member)
  return redis.call('EXISTS', ready_key('f', lane)) == 1
    or (rank_of(member) == 'r' and redis.call('EXISTS', ready_key('r', lane)) == 1)
end

for i = 5, #ARGV, 2 do
  local member, due_at = ARGV[i], tonumber(ARGV[i + 1])
  if not is_known(member) then
    out[2] = out[2] + 1
    if room > 0 and due_at <= NOW and leased_count(lane_of(member)) < window and not overtakes(member) then
      lease(member, holder, lease_ms)
      room = room - 1
      out[#out + 1] = member
    else
      look = place(member, due_at, window) or look
    end
  end
end

if look then wake() end
return out
