-- More people for a note that is under way: they proved to hold the text after its audience was
-- fixed.
-- ARGV 1 D 2 its audience as the caller saw it 3 ids, 4 bytes each 4 what each letter answers, 8
--   bytes each 5 the edition's byte in the row of their batch; returns 1, or 0: look again
local D, n, ids = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local DIST = 'dist:' .. D
local d = call('HMGET', DIST, 'state', 'audience', 'frozen_at')
if not d[3] or (d[1] ~= 'sending' and d[1] ~= 'halted' and d[1] ~= 'scheduled') then return 0 end
if tonumber(d[2]) ~= n then return 0 end
local more = #ids / 4
call('SETRANGE', 'aud:' .. D, n * 4, ids)
call('SETRANGE', 'thr:' .. D, n * 8, ARGV[4])
call('SETRANGE', 'led:' .. D, n, string.rep('q', more))
call('SETRANGE', 'rec:' .. D, (n + more) * REC - 1, '\0')
local b = call('STRLEN', 'bat:' .. D) / 10
local row = p32(n) .. p32(n + more) .. string.char(tonumber(ARGV[5]), 0)
call('APPEND', 'bat:' .. D, row)
call('ZADD', 'todo:' .. D, int(now()), int(b))
count(D, { q = more })
call('HSET', DIST, 'audience', int(n + more))
call('HDEL', DIST, 'first_pass_at')
event(D, 'grown', '', int(more))
return 1
