-- Another time. An audience that was fixed for the old time is let go: it is fixed again for the
-- new one.
-- ARGV 1 D 2 start ms 3 actor 4 the time in words; returns {ok or refused or gone, state}
local D, start = ARGV[1], tonumber(ARGV[2])
local DIST = 'dist:' .. D
local d = call(
  'HMGET',
  DIST,
  'state',
  'frozen_at',
  'before_halt',
  'release',
  'again',
  'order',
  'began_at',
  'reserved',
  'lift_at',
  'start_at',
  'held',
  'required'
)
if not d[1] then return { 'gone', '' } end
if d[11] then return { 'held', d[1] } end
if
  d[7] or not (d[1] == 'scheduled' or d[1] == 'draft' or (d[1] == 'halted' and d[3] == 'scheduled'))
then
  return { 'refused', d[1] }
end
if d[2] then
  local gone =
    { 'UNLINK', 'aud:' .. D, 'led:' .. D, 'rec:' .. D, 'cnt:' .. D, 'bat:' .. D, 'todo:' .. D }
  for lang in string.gmatch(d[6], '%S+') do
    gone[#gone + 1] = 'res:' .. D .. ':' .. lang
    gone[#gone + 1] = 'let:' .. D .. ':' .. lang
    gone[#gone + 1] = 'let:' .. D .. ':' .. lang .. '+embargo'
  end
  let_go(D, d[4], d[5], d[6])
  for reason in pairs(cjson.decode(d[8]).left_out) do
    gone[#gone + 1] = 'out:' .. D .. ':' .. reason
  end
  gone[#gone + 1] = 'trust:' .. D
  call(unpack(gone))
  drop_temps()
  call('HDEL', DIST, 'frozen_at', 'reserved', 'built', 'audience', 'groups')
  call('SREM', 'running', D)
end
call('HSET', DIST, 'start_at', int(start))
-- what was to go out at the end of its embargo is under embargo until the new time
if d[9] and d[9] == d[10] then call('HSET', DIST, 'lift_at', int(start)) end
call('HDEL', DIST, 'over:stale')
call('HDEL', DIST, 'at_once')
-- what was approved was approved for another time
if d[1] == 'scheduled' and d[12] then
  call('HSET', DIST, 'state', 'draft', 'approvals', '', 'reason', 'it has another time now')
  call('ZREM', 'due', D)
  d[1] = 'draft'
elseif d[1] ~= 'draft' then
  look_ahead(D, start)
end
event(D, 'rescheduled', ARGV[3], ARGV[4])
return { 'ok', d[1] }
