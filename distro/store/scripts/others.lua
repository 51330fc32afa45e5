-- Whether another distribution waits for a sending process: it is due, or sends and has a batch
-- that nobody holds.
-- ARGV 1 D, which asks 2 ms for which a claim of what is due holds
local D, at = ARGV[1], now()
local function is(other, state)
  return other ~= D and call('HGET', 'dist:' .. other, 'state') == state
end
for _, other in ipairs(call('ZRANGEBYSCORE', 'due', '-inf', int(at + ARGV[2]))) do
  if is(other, 'scheduled') or is(other, 'freezing') then return 1 end
end
for _, other in ipairs(call('SMEMBERS', 'running')) do
  if is(other, 'sending') and call('ZCOUNT', 'todo:' .. other, '-inf', int(at)) > 0 then
    return 1
  end
end
return 0
