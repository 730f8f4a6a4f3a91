-- Renews leases. Takes back those that ran out and are ready again, and those the set has lost altogether.
-- Input:  ARGV[1] holder, ARGV[2] lease ms, then member, its due time when it was leased, …
-- Output: {micros, 'lost' and a member that is not the holder's any more, or 'adopted' and one that was taken in or back, …}
-- Errors: none
local holder, lease_ms = ARGV[1], tonumber(ARGV[2])
local out = { MICROS }

for i = 3, #ARGV, 2 do
  local member, due_at = ARGV[i], ARGV[i + 1]
  if is_leased(member) then
    local known = redis.call('HGET', HOLDER, member)
    local orphan = known == lease_name(NOBODY, due_at)
    -- Without a holder, whom Redis lost or never knew, it belongs to the one that speaks for it.
    if not known or orphan then redis.call('HSET', HOLDER, member, lease_name(holder, due_at)) end
    if not known or orphan or known == lease_name(holder, due_at) then
      redis.call('ZADD', LEASE, NOW + lease_ms, member)
      if orphan then out[#out + 1], out[#out + 2] = 'adopted', member end
    else
      out[#out + 1], out[#out + 2] = 'lost', member
    end
  elseif redis.call('ZSCORE', DUE, member) then
    out[#out + 1], out[#out + 2] = 'lost', member
  else
    drop_ready(member)
    lease({ member }, { due_at }, holder, lease_ms)
    out[#out + 1], out[#out + 2] = 'adopted', member
  end
end
return out
