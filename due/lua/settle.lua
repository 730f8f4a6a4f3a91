-- Ends leases of the holder: back to waiting or ready where a next time is given, otherwise gone.
-- Input:  ARGV[1] holder, ARGV[2] window, then member, its due time when it was leased, next member ('' for none), next due time (0: ready
--         at once), what the call said of its target ('ok', 'bad', 'slow' or ''), '1' where the lease was in the task's row only, …
-- Output: {micros, 1 where there is something to claim or to wait for, 'opened' or 'closed', status (7 values, see lane.lua), …} for breakers that changed
-- Errors: none. A lease of another holder, or of the task's next call, is left alone.
local holder, window = ARGV[1], tonumber(ARGV[2])
local lanes, changes = {}, {}
local look = false

-- Where each of the holder's own stands in ARGV; one that is named twice counts once.
local members, places, own, seen = {}, {}, {}, {}
for i = 3, #ARGV, 6 do members[#members + 1] = ARGV[i] end
local holders = #members > 0 and redis.call('HMGET', HOLDER, unpack(members)) or {}
for i, member in ipairs(members) do
  local at = 6 * i - 3
  local unheld = ARGV[at + 5] == '1'
  local name = unheld and holders[i] == lease_name(NOBODY, ARGV[at + 1]) and NOBODY or holder
  local owned = holders[i] == lease_name(name, ARGV[at + 1])
  if (owned or unheld) and not seen[member] then
    seen[member] = true
    places[#places + 1] = at
    if owned then own[#own + 1] = member end
  end
end
unlease(own)

for _, i in ipairs(places) do
  local next_member, due_at, health = ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4]
  local lane = lane_of(ARGV[i])
  lanes[lane] = lanes[lane] or { state = false }
  if health ~= '' then
    local known = lanes[lane]
    known.state = known.state or read_lane(lane)
    local change = observe(known.state, health, cap_of(known.state, window))
    if change then changes[#changes + 1] = { lane, change } end
  end
  if next_member ~= '' and not is_known(next_member) then
    look = place(next_member, due_at) or look
  end
end

for lane, known in pairs(lanes) do
  if known.state then write_lane(lane, known.state) end
  reopen(lane)
end

-- A lane that was full may have room again.
look = look or redis.call('EXISTS', P .. 'ring:f', P .. 'ring:r') > 0
if look then wake() end

local out = { MICROS, look and 1 or 0 }
for _, change in ipairs(changes) do
  local lane, what = change[1], change[2]
  for _, value in ipairs({ what, status(lane, lanes[lane].state, window) }) do out[#out + 1] = value end
end
return out
