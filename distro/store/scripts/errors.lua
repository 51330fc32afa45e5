-- The guard about errors: over this share of those whose end is known, and of at least so many, it
-- halts. ARGV 1 D 2 share 3 least
local D = ARGV[1]
local d = call('HMGET', 'dist:' .. D, 'state', 'over:errors')
if d[1] ~= 'sending' or d[2] then return 0 end
local failed = counter(D, 'f')
local ended = failed + counter(D, 'a') + counter(D, 'b') + counter(D, 'm')
if ended < tonumber(ARGV[3]) or failed <= ended * ARGV[2] then return 0 end
halt(
  D,
  'sending',
  '',
  failed
    .. ' of the first '
    .. ended
    .. ' were refused for good: the list, or we, may be the cause',
  'errors'
)
return 1
