-- A person's order to try again whom it did not reach: those in doubt (u), or those who failed (f),
-- a piece at a time.
-- ARGV 1 D 2 u or f 3 first ordinal to look at 4 ordinals at most 5 actor; returns {ok or refused,
--   next ordinal or -1, moved}
local D, which, from, most, actor = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local d = call('HMGET', 'dist:' .. D, 'state', 'frozen_at', 'superseded', 'audience', 'held')
if not d[2] or d[1] == 'cancelled' or d[1] == 'freezing' or d[3] or d[5] then
  return { 'refused', 0, 0 }
end
local at, n = int(now()), tonumber(d[4])
local past = math.min(from + most, n)
local led = past > from and call('GETRANGE', 'led:' .. D, from, past - 1) or ''
local moved, p = 0, 1
while true do
  p = string.find(led, which, p, true)
  if not p then break end
  local ord = from + p - 1
  queue_again(D, ord, at, which == 'u')
  if which == 'u' then call('ZREM', 'doubt:' .. D, ord) end
  moved, p = moved + 1, p + 1
end
if moved > 0 then
  count(D, { [which] = -moved, q = moved })
  if which == 'u' then call('HINCRBY', 'dist:' .. D, 'possibly_twice', moved) end
  call('HSET', 'dist:' .. D, 'resent_at', at, 'active_at', at)
  if d[1] == 'sent' then
    call('HSET', 'dist:' .. D, 'state', 'sending')
    call('SADD', 'running', D)
  end
  event(D, 'resent', actor, moved .. (which == 'u' and ' in doubt' or ' failed'))
end
return { 'ok', past < n and past or -1, moved }
