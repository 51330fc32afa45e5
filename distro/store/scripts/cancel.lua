-- Cancel a distribution. Nothing more of it begins; what was reserved is settled in pieces, by
-- whoever asks first.
-- ARGV 1 D 2 actor 3 reason; returns {ok or refused or gone, state before}
local D, actor, reason = ARGV[1], ARGV[2], ARGV[3]
local d = call('HMGET', 'dist:' .. D, 'state', 'reserved')
if not d[1] then return { 'gone', '' } end
if d[1] == 'cancelled' then return { 'ok', d[1] } end
if d[1] == 'sent' then return { 'refused', d[1] } end
call('HSET', 'dist:' .. D, 'state', 'cancelled', 'reason', reason, 'cancelled_at', int(now()))
call('ZREM', 'due', D)
event(D, 'cancelled', actor, reason)
if d[2] then
  call('SADD', 'settling', D)
else
  call('HSET', 'dist:' .. D, 'settled_at', int(now()))
end
return { 'ok', d[1] }
