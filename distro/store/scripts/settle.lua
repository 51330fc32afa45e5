-- The next piece of a cancelled distribution: whoever waits becomes cancelled and gives the mark
-- back.
-- ARGV 1 D 2 recipients at most (1,900: a call of Lua takes 8,000 arguments); returns 0 go on, 1
--   all is settled, 2 letters are still in flight
local D, most = ARGV[1], tonumber(ARGV[2])
local DIST = 'dist:' .. D
local d = call(
  'HMGET',
  DIST,
  'state',
  'frozen_at',
  'settled',
  'release',
  'again',
  'order',
  'settled_at',
  'audience'
)
if d[1] ~= 'cancelled' or d[7] then return 1 end
local taken = 'taken:' .. d[4]
local function settled()
  call('HSET', DIST, 'settled_at', int(now()))
  call('SREM', 'settling', D)
  call('SREM', 'running', D)
  if call('BITCOUNT', taken) == 0 then call('HDEL', 'rel:' .. d[4], 'pins') end
  event(D, 'settled', '', '')
  return 1
end
-- it was reserved, and never written down
if not d[2] then
  let_go(D, d[4], d[5], d[6])
  drop_groups(D)
  call('UNLINK', 'aud:' .. D, 'led:' .. D, 'rec:' .. D)
  drop_temps()
  return settled()
end
local from, n = tonumber(d[3] or 0), tonumber(d[8])
local past = math.min(from + most, n)
if from < n then
  local led = call('GETRANGE', 'led:' .. D, from, past - 1)
  local recs, ids =
    call('GETRANGE', 'rec:' .. D, from * REC, past * REC - 1),
    call('GETRANGE', 'aud:' .. D, from * 4, past * 4 - 1)
  local delta, marks = {}, { 'BITFIELD', taken }
  local fresh = string.gsub(led, '()([qd])', function(at, st)
    delta[st] = (delta[st] or 0) - 1
    delta.k = (delta.k or 0) + 1
    if d[5] ~= '1' and byte(recs, (at - 1) * REC + 10) % 2 == 0 then
      marks[#marks + 1] = 'SET'
      marks[#marks + 1] = 'u1'
      marks[#marks + 1] = int(u32(ids, (at - 1) * 4 + 1))
      marks[#marks + 1] = 0
    end
    return 'k'
  end)
  call('SETRANGE', 'led:' .. D, from, fresh)
  if #marks > 2 then call(unpack(marks)) end
  count(D, delta)
  call('HSET', DIST, 'settled', int(past))
  if past < n then return 0 end
end
if counter(D, 'i') > 0 then return 2 end
for b = 0, call('STRLEN', 'bat:' .. D) / 10 - 1 do
  call('UNLINK', 'retry:' .. D .. ':' .. int(b))
end
call('UNLINK', 'todo:' .. D, 'doubt:' .. D)
return settled()
