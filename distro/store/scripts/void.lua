-- What was approved is not what would go out: it is a draft again, and says why.
-- ARGV 1 D 2 actor 3 reason 4 what it is called; returns {ok, refused or gone, state}
local D = ARGV[1]
local DIST = 'dist:' .. D
local d = call('HMGET', DIST, 'state', 'reserved', 'required')
if not d[1] then return { 'gone', '' } end
if (d[1] ~= 'draft' and d[1] ~= 'scheduled') or d[2] or not d[3] then return { 'refused', d[1] } end
call('HSET', DIST, 'state', 'draft', 'approvals', '', 'reason', ARGV[3])
call('ZREM', 'due', D)
event(D, ARGV[4], ARGV[2], ARGV[3])
return { 'ok', 'draft' }
