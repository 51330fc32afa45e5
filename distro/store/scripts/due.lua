-- Claim what is due by pushing it on: whoever claimed may die, then it is due again. ARGV 1 lease
-- ms 2 at most
local at = now()
local due = call('ZRANGEBYSCORE', 'due', '-inf', int(at), 'LIMIT', 0, tonumber(ARGV[2]))
for _, D in ipairs(due) do
  call('ZADD', 'due', int(at + ARGV[1]), D)
end
return due
