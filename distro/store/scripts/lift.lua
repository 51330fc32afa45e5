-- Another time for the embargo of one distribution, which is not over yet.
-- ARGV 1 D 2 the lift, ms (0: now) 3 actor 4 what it is called 5 reason; returns {ok or refused or
--   gone, state}
local D, at = ARGV[1], now()
local lift = math.max(tonumber(ARGV[2]), at)
local DIST, TODO = 'dist:' .. D, 'todo:' .. D
local d = call('HMGET', DIST, 'state', 'lift_at', 'start_at', 'began_at', 'trusted')
if not d[1] then return { 'gone', '' } end
local before = tonumber(d[2] or 0)
if before <= at then return { 'refused', d[1] } end
-- also of one that is over: its pages, and what takes its place, are under the same embargo
call('HSET', DIST, 'lift_at', int(lift))
if d[1] == 'sent' or d[1] == 'cancelled' then return { 'ok', d[1] } end
-- whose batches wait for the lift
local waiting = call('ZRANGE', TODO, 0, -1, 'WITHSCORES')
for n = 1, #waiting, 2 do
  local b, due = waiting[n], tonumber(waiting[n + 1])
  if not_before(D, b, lift) > 0 then
    call('ZADD', TODO, int(due == before and lift or math.max(due, lift)), b)
  end
end
-- without tiers nobody has it: it goes out at its lift, and so at the new one
if d[5] == '' and not d[4] and tonumber(d[3]) == before then
  call('HSET', DIST, 'start_at', int(lift))
  if d[1] == 'scheduled' then look_ahead(D, lift) end
end
event(D, ARGV[4], ARGV[3], ARGV[5])
return { 'ok', d[1] }
