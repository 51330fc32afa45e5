-- At the set time only the state flips. ARGV 1 D 2 the host's clock, ms: both clocks must agree
-- that it is time
--      3 ms after which it is too late to begin without being asked
local D, host, stale = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local d = call('HMGET', 'dist:' .. D, 'state', 'start_at', 'frozen_at', 'over:stale')
if d[1] ~= 'scheduled' or not d[3] then return { 'not_now', d[1] or '' } end
local at = now()
if at < tonumber(d[2]) or host < tonumber(d[2]) then return { 'early', '' } end
if at - d[2] > stale and not d[4] then
  call('ZREM', 'due', D)
  halt(
    D,
    'scheduled',
    '',
    'it was due '
      .. math.floor((at - d[2]) / 60000)
      .. ' minutes ago and nobody was there to start it; is it still news?',
    'stale'
  )
  return { 'not_now', 'halted' }
end
call('HSET', 'dist:' .. D, 'state', 'sending', 'began_at', int(at), 'active_at', int(at))
call('ZREM', 'due', D)
event(D, 'sending', '', '')
return { 'ok', '' }
