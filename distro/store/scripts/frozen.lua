-- The audience is complete: count it, hand out its batches, flip the state by compare-and-set.
-- ARGV 1 D 2 audience 3 batches (10 bytes each) 4 state to go to (scheduled, sending, halted,
--   cancelled) 5 reason 6 the guard that halts
local D, n, batches, to, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local d = call('HMGET', 'dist:' .. D, 'state', 'built', 'start_at', 'lift_at')
if d[1] ~= 'freezing' or tonumber(d[2] or 0) ~= n then return 0 end
local at = now()
call('DEL', 'cnt:' .. D)
call('BITFIELD', 'cnt:' .. D, 'SET', 'i32', '#9', 0)
count(D, { q = n })
if n > 0 then
  call('SET', 'bat:' .. D, batches)
  for b = 0, #batches / 10 - 1 do
    call('ZADD', 'todo:' .. D, int(math.max(at, not_before(D, b, d[4]))), b)
  end
end
call('HSET', 'dist:' .. D, 'state', to, 'audience', int(n), 'frozen_at', int(at))
if to == 'sending' then call('HSET', 'dist:' .. D, 'began_at', int(at), 'active_at', int(at)) end
if to == 'cancelled' then call('HSET', 'dist:' .. D, 'reason', reason, 'settled_at', int(at)) end
if to == 'scheduled' then
  call('ZADD', 'due', d[3], D)
else
  call('ZREM', 'due', D)
end
if to ~= 'cancelled' then call('SADD', 'running', D) end
drop_groups(D)
event(D, 'frozen', '', '')
if to == 'halted' then
  halt(D, tonumber(d[3]) > at and 'scheduled' or 'sending', '', reason, ARGV[6])
elseif to ~= 'scheduled' then
  event(D, to, '', reason)
end
return 1
