-- Forgets all that the partition holds, and whose it is, in several scripts. It is not intact from the first of them on.
-- Input:  ARGV[1] cursor ('0' at first, then as answered)
-- Output: {micros, cursor ('0': all is gone)}
-- Errors: none
local KEYS_PER_STEP, STEPS = 1000, 10
local keep = P .. 'installation'
redis.call('DEL', P .. 'epoch')
local cursor = ARGV[1]
for _ = 1, STEPS do
  local answer = redis.call('SCAN', cursor, 'MATCH', P .. '*', 'COUNT', KEYS_PER_STEP)
  cursor = answer[1]
  for _, key in ipairs(answer[2]) do
    if key ~= keep then redis.call('UNLINK', key) end
  end
  if cursor == '0' then break end
end
-- Last: where this was cut short the next one begins anew.
if cursor == '0' then redis.call('HDEL', keep, 'id', 'epoch', 'seen_at') end
return { MICROS, cursor }
