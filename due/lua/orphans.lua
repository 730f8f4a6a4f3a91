-- Takes in leases that ran out and whose holders are not known: they were in their tasks' rows only. As with every lease that
-- ran out, its holder may still renew it where claims leave such leases alone for a while; otherwise the next claim takes it.
-- Input:  ARGV member, due time, …
-- Output: {micros, 1 where there is something to claim, how many were not known}
-- Errors: none
local members, dues = {}, {}
for i = 1, #ARGV, 2 do
  if not is_known(ARGV[i]) then members[#members + 1], dues[#dues + 1] = ARGV[i], ARGV[i + 1] end
end
lease(members, dues, NOBODY, 0)
if #members > 0 then wake() end
return { MICROS, #members > 0 and 1 or 0, #members }
