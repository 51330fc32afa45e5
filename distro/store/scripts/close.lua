-- `sent` when nothing is queued, sending or deferred, and no doubt awaits anything. ARGV 1 D
local D = ARGV[1]
if call('HGET', 'dist:' .. D, 'state') ~= 'sending' then return 0 end
local left =
  call('BITFIELD_RO', 'cnt:' .. D, 'GET', 'i32', '#0', 'GET', 'i32', '#1', 'GET', 'i32', '#3')
if left[1] + left[2] + left[3] > 0 or call('ZCARD', 'doubt:' .. D) > 0 then return 0 end
-- a note is through only when nobody else can prove to hold what it is about
local d = call('HMGET', 'dist:' .. D, 'sources', 'release')
for other in string.gmatch(d[1] or '', '%d+') do
  if counter(other, 'i') > 0 then return 0 end
end
if d[1] and call('HEXISTS', 'late', d[2]) == 1 then return 0 end
call('HSET', 'dist:' .. D, 'state', 'sent', 'sent_at', int(now()))
call('HSETNX', 'dist:' .. D, 'first_pass_at', int(now()))
call('ZREM', 'due', D)
call('SREM', 'running', D)
event(D, 'sent', '', '')
return 1
