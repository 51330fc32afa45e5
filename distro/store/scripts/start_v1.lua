-- At the set time only the state flips. ARGV 1 D 2 the host's clock, ms: both clocks must agree that it is time
local D, host = ARGV[1], tonumber(ARGV[2])
local d = call('HMGET', 'dist:' .. D, 'state', 'start_at', 'frozen_at')
if d[1] ~= 'scheduled' or not d[3] then return {'not_now', d[1] or ''} end
local at = now()
if at < tonumber(d[2]) or host < tonumber(d[2]) then return {'early', ''} end
call('HSET', 'dist:' .. D, 'state', 'sending', 'began_at', int(at))
call('ZREM', 'due', D)
event(D, 'sending', '', '')
return {'ok', ''}
