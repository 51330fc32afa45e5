-- Take the lease of a batch with work. ARGV 1 D 2 batch or -1 3 token (8 hex) 4 process 5 lease ms
--      6 ms after which a continuation is too late without being asked
--      7 groups not to take, numbers 8 the host's clock, ms: a lift needs both clocks to agree
local D, wish, token, process, ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local d = call('HMGET', 'dist:' .. D, 'state', 'active_at', 'lift_at')
if d[1] ~= 'sending' then return {} end
local at, todo, b = now(), 'todo:' .. D, nil
-- Groups of receivers that this process holds back already: it takes no second batch of them.
local skip = {}
for g in string.gmatch(ARGV[7] or '', '%d+') do
  skip[tonumber(g)] = true
end
local function row_of(b) return call('GETRANGE', 'bat:' .. D, b * 10, b * 10 + 9) end
local clock = math.min(at, tonumber(ARGV[8]))
local function may_take(b)
  return not skip[byte(row_of(b), 10)] and not_before(D, b, d[3]) <= clock
end
if wish ~= '-1' then
  local score = call('ZSCORE', todo, wish)
  if score and tonumber(score) <= at then b = wish end
end
if b and not may_take(b) then b = nil end
local looked_at = (next(skip) or d[3]) and 500 or 1
for _, one in
  ipairs(b and {} or call('ZRANGEBYSCORE', todo, '-inf', int(at), 'LIMIT', 0, looked_at))
do
  if not b and may_take(one) then b = one end
end
if not b or lease_of(D, b) then return {} end
local idle = at - math.max(tonumber(call('ZSCORE', todo, b)), tonumber(d[2] or 0))
if idle > tonumber(ARGV[6]) then
  halt(
    D,
    'sending',
    '',
    'nothing was sent for '
      .. math.floor(idle / 60000)
      .. ' minutes although letters were due; are they still news?',
    'stale'
  )
  return {}
end
call('ZREM', todo, b)
call('HSET', 'lease:' .. D, b, token .. ' ' .. int(at + ms) .. ' ' .. process)
local row = row_of(b)
return { tonumber(b), u32(row, 1), u32(row, 5), byte(row, 9), byte(row, 10) }
