-- Halt or resume a distribution. ARGV 1 D 2 halt, resume 3 actor 4 reason; returns {ok or refused, state}
local D, verb, actor, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local d = call('HMGET', 'dist:' .. D, 'state', 'before_halt', 'guard', 'overrides')
local state = d[1]
if not state then return {'gone', ''} end
if verb == 'halt' then
  if state == 'halted' then return {'ok', state} end
  if state ~= 'sending' and state ~= 'scheduled' and state ~= 'freezing' then return {'refused', state} end
  call('HSET', 'dist:' .. D, 'state', 'halted', 'before_halt', state, 'reason', reason)
  event(D, 'halted', actor, reason)
  return {'ok', 'halted'}
end
if state ~= 'halted' then return {'refused', state} end
local back = d[2] or 'sending'
call('HSET', 'dist:' .. D, 'state', back, 'reason', '', 'guards_off', '1')
if back == 'sending' then call('HSETNX', 'dist:' .. D, 'began_at', int(now())) else call('ZADD', 'due', int(now()), D) end
event(D, 'resumed', actor, reason)
return {'ok', back}
