-- Halt or resume a distribution. ARGV 1 D 2 halt, resume 3 actor 4 reason 5 the guard that halts
-- ("": a person); returns {ok or refused, state}
local D, verb, actor, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local d = call('HMGET', 'dist:' .. D, 'state', 'before_halt', 'guard', 'held')
local state = d[1]
if not state then return { 'gone', '' } end
if verb == 'halt' then
  if state == 'halted' then return { 'ok', state } end
  if state ~= 'sending' and state ~= 'scheduled' and state ~= 'freezing' then
    return { 'refused', state }
  end
  halt(D, state, actor, reason, ARGV[5])
  return { 'ok', 'halted' }
end
if d[4] then return { 'held', state } end
if state ~= 'halted' then return { 'refused', state } end
if d[3] == 'approval' then return { 'unapproved', state } end
-- resume overrides the guard that halted
if d[3] and d[3] ~= '' then call('HSET', 'dist:' .. D, cat({ 'over', d[3] }, ':'), '1') end
return { 'ok', resume(D, d[2], actor, reason) }
