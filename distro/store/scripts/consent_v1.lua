-- Apply consent facts, each by its id, and remember how far the host's file is in Redis.
-- ARGV 1 host 2 offset after these facts ("" : none) 3 … facts, four each: subscriber id, fact id, reason bitmap, JSON
local fresh = 0
for n = 3, #ARGV, 4 do
  local id = ARGV[n]
  if call('HSETNX', 'facts:' .. id, ARGV[n + 1], ARGV[n + 3]) == 1 then
    fresh = fresh + 1
    call('SETBIT', 'no:' .. ARGV[n + 2], id, 1)
    call('SETBIT', 'no:any', id, 1)
  end
end
if ARGV[2] ~= '' then call('HSET', 'facts:offset', ARGV[1], ARGV[2]) end
return fresh
