-- The policy about doubts whose evidence was waited for. ARGV 1 D 2 policy (resend, hold) 3 after
-- ms 4 at most
--      5 and 6 the guard: over so many, and over this share of the audience, it halts instead
-- resend: once, under the same Message-ID and Date; a second doubt stays, and so does every doubt
-- under hold.
local D, policy = ARGV[1], ARGV[2]
local at = now()
local delta, again = {}, 0
local dstate = call('HGET', 'dist:' .. D, 'state')
if dstate ~= 'sending' then return { 0, 0 } end
local over = call('HMGET', 'dist:' .. D, 'over:doubts', 'audience')
-- evidence was heard about these
local settled = counter(D, 'u') - call('ZCOUNT', 'doubt:' .. D, '(' .. int(at - ARGV[3]), '+inf')
if
  not over[1]
  and settled > tonumber(ARGV[5])
  and settled > over[2] * ARGV[6]
  and call('ZCARD', 'doubt:' .. D) > 0
then
  halt(
    D,
    dstate,
    '',
    settled
      .. ' of '
      .. over[2]
      .. ' are in doubt: the relay broke off, or workers died, too often',
    'doubts'
  )
  return { 0, 0 }
end
local due =
  call('ZRANGEBYSCORE', 'doubt:' .. D, '-inf', int(at - ARGV[3]), 'LIMIT', 0, tonumber(ARGV[4]))
for _, ord in ipairs(due) do
  call('ZREM', 'doubt:' .. D, ord)
  local flags = byte(call('GETRANGE', 'rec:' .. D, ord * REC + 9, ord * REC + 9))
  if policy == 'resend' and flags % 2 == 0 and call('GETRANGE', 'led:' .. D, ord, ord) == 'u' then
    queue_again(D, tonumber(ord), at, true)
    delta.u = (delta.u or 0) - 1
    delta.q = (delta.q or 0) + 1
    again = again + 1
    event(D, 'resent in doubt', '', ord)
  end
end
count(D, delta)
if again > 0 then call('HINCRBY', 'dist:' .. D, 'possibly_twice', again) end
return { #due, again }
