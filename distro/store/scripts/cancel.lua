-- Cancel a distribution. Nothing more of it begins; what was reserved is settled in pieces, by
-- whoever asks first.
-- ARGV 1 D 2 actor 3 reason; returns {ok or refused or gone, state before}
local D, actor, reason = ARGV[1], ARGV[2], ARGV[3]
local d = call('HMGET', 'dist:' .. D, 'state', 'reserved')
if not d[1] then return { 'gone', '' } end
if d[1] == 'cancelled' then return { 'ok', d[1] } end
if d[1] == 'sent' then return { 'refused', d[1] } end
cancel(D, actor, reason, d[2])
return { 'ok', d[1] }
