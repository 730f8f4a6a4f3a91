-- Adds members that are not known, and leases at once up to `room` of those that are due, and were accepted just now.
-- Input:  ARGV[1] holder, ARGV[2] room (0 to add only), ARGV[3] lease ms, ARGV[4] window, ARGV[5] how many ms ago one may
--         have been accepted that is leased, then member, due time, when its task was accepted, …
-- Output: {micros, 1 where there is something to claim or to wait for, how many were not known, leased member, …}
-- Errors: none
local holder, room, lease_ms, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local since = NOW - tonumber(ARGV[5])
local out = { MICROS, 0, 0 }
local look = false
local lanes, seen, leased, dues = {}, {}, {}, {}

-- Whether something of the lane waits that must go before this member.
local function overtakes(member, lane)
  local found = false
  each_queue(lane, function(rank) found = found or rank == 'f' or rank == rank_of(member) end)
  return found
end

-- What of its lane may still be leased by this script.
local function lane_for(member, due_at)
  local lane = lane_of(member)
  if not lanes[lane] then
    local state = read_lane(lane)
    lanes[lane] = { state = state, free = allowance(lane, state, window, due_at), paid = 0 }
  end
  return lanes[lane], lane
end

for i = 6, #ARGV, 3 do
  local member, due_at, accepted_at = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if not seen[member] and not is_known(member) then
    seen[member] = true
    out[3] = out[3] + 1
    local known, lane
    if room > 0 and due_at <= NOW and accepted_at >= since then known, lane = lane_for(member, due_at) end
    if known and known.free > 0 and not overtakes(member, lane) then
      leased[#leased + 1], dues[#dues + 1] = member, due_at
      known.free, known.paid, room = known.free - 1, known.paid + 1, room - 1
      out[#out + 1] = member
    else
      look = place(member, due_at) or look
    end
  end
end

lease(leased, dues, holder, lease_ms)
for lane, known in pairs(lanes) do pay(lane, known.state, known.paid) end
if look then
  out[2] = 1
  wake()
end
return out
