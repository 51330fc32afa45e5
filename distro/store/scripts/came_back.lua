-- Record a bounce or a complaint about one recipient: once an attempt and class, so that it may
-- come twice, or from two sources. One that comes while our own attempt is under way waits in its
-- record (flags 16 bounced, 32 complained); the script that commits the outcome applies it.
-- ARGV 1 D 2 ordinal 3 state that it means (b, m) 4 class (soft, hard, complaint) 5 id of the
--      message 6 cause 7 server 8 words
-- Gives what became of it: moved, waits, kept (its state says as much already), counted (another
-- message said it before), not_attempted; the state now; and the subscriber.
local D, ord, to, class = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local LED, RECS, BACK = 'led:' .. D, 'rec:' .. D, 'back:' .. D
local RANK = { soft = 1, hard = 2, complaint = 3 }
local st = call('GETRANGE', LED, ord, ord)
if st == '' then return { 'not_attempted', '', 0 } end
local id = u32(call('GETRANGE', 'aud:' .. D, ord * 4, ord * 4 + 3), 1)
local rec = call('GETRANGE', RECS, ord * REC, ord * REC + REC - 1)
local attempts = #rec >= REC and byte(rec, 9) or 0
if attempts == 0 then return { 'not_attempted', st, id } end
local before = call('HGET', BACK, ord)
if before then
  local said = cjson.decode(before)
  local same = said.id == ARGV[5]
  local as_strong = RANK[said.class] >= RANK[class]
  if not same and as_strong and (said.attempts == attempts or said.class == 'complaint') then
    return { 'counted', st, id }
  end
end
call(
  'HSET',
  BACK,
  ord,
  cjson.encode({
    id = ARGV[5],
    at = now(),
    attempts = attempts,
    class = class,
    cause = ARGV[6],
    server = ARGV[7],
  })
)
local flags = byte(rec, 10)
if st == 'i' then
  local waits = to == 'm' and 32 or 16
  if flags < waits then
    local kept = string.char(flags % 16 + waits)
    call('SETRANGE', RECS, ord * REC + 9, kept)
  end
  return { 'waits', st, id }
end
local may = to == 'm' and 'adqufb' or 'adqu'
if not string.find(may, st, 1, true) then return { 'kept', st, id } end
if st == 'u' then call('ZREM', 'doubt:' .. D, ord) end
if st == 'd' then call('ZREM', 'retry:' .. D .. ':' .. batch_of(D, ord), ord) end
call('SETRANGE', LED, ord, to)
count(D, { [st] = -1, [to] = 1 })
if ARGV[8] ~= '' then call('HSET', 'err:' .. D, ord, ARGV[8]) end
return { 'moved', to, id }
