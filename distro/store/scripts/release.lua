-- Give a batch's lease back; what is left of it is work again. ARGV 1 D 2 batch 3 token 4 wait ms
-- before the next try. Refused (0) while one of its recipients is `sending` under this token: only
-- evidence may move those.
local D, b, token = ARGV[1], ARGV[2], ARGV[3]
local mine = lease_of(D, b)
-- already given back or judged
if mine ~= token then return 1 end
local row = call('GETRANGE', 'bat:' .. D, b * 10, b * 10 + 9)
local lo, hi = u32(row, 1), u32(row, 5)
local led = call('GETRANGE', 'led:' .. D, lo, hi - 1)
local from = 1
while true do
  local p = string.find(led, 'i', from, true)
  if not p then break end
  local o = lo + p - 1
  if hex(call('GETRANGE', 'rec:' .. D, o * REC, o * REC + 3)) == token then return 0 end
  from = p + 1
end
call('HDEL', 'lease:' .. D, b)
if string.find(led, 'q', 1, true) then
  local lift = call('HGET', 'dist:' .. D, 'lift_at')
  call('ZADD', 'todo:' .. D, int(math.max(now() + ARGV[4], not_before(D, b, lift))), b)
else
  local next = call('ZRANGE', 'retry:' .. D .. ':' .. b, 0, 0, 'WITHSCORES')
  if next[2] then call('ZADD', 'todo:' .. D, next[2], b) end
end
return 1
