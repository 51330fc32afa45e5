-- A person's yes to what a draft says; with enough of them it is scheduled.
-- ARGV 1 D 2 person 3 digest of what they said yes to 4 the audience that they saw
-- Gives {ok or why not, state}: own (they submitted it), again (they said yes before), held,
--   refused (it is no draft), gone.
local D, person = ARGV[1], ARGV[2]
local DIST = 'dist:' .. D
local d = call(
  'HMGET',
  DIST,
  'state',
  'actor',
  'approvals',
  'required',
  'at_once',
  'start_at',
  'held',
  'kind',
  'release',
  'guard',
  'before_halt'
)
if not d[1] then return { 'gone', '' } end
local moved = d[1] == 'halted' and d[10] == 'approval'
if d[1] ~= 'draft' and not moved then return { 'refused', d[1] } end
if d[2] == person then return { 'own', d[1] } end
if d[7] and d[8] ~= 'clear' then return { 'held', d[1] } end
local REL = 'rel:' .. d[9]
if d[8] == 'clear' and call('HGET', REL, 'status') ~= 'held' then return { 'not_held', d[1] } end
local at, given = now(), {}
for _, yes in ipairs(cjson.decode(d[3] and d[3] ~= '' and d[3] or '[]')) do
  -- a yes to something else counts no more
  if yes.digest == ARGV[3] then
    if yes.by == person then return { 'again', d[1] } end
    given[#given + 1] = yes
  end
end
given[#given + 1] = { by = person, at = at, digest = ARGV[3] }
call('HSET', DIST, 'approvals', cjson.encode(given), 'approved_audience', ARGV[4])
event(D, 'approved', person, ARGV[3])
if #given < tonumber(d[4] or 1) then return { 'ok', d[1] } end
if moved then return { 'ok', resume(D, d[11], person, 'approved again') } end
local start = d[5] and at or math.max(at, tonumber(d[6]))
call('HSET', DIST, 'state', 'scheduled', 'reason', '')
if d[5] then call('HSET', DIST, 'start_at', int(start)) end
look_ahead(D, start)
if d[8] == 'clear' then
  -- who was asked to wait by now, also by a hold that came after this was written
  call('HSET', DIST, 'sources', cat(holds(d[9]), ' '))
  for _, other in ipairs(call('LRANGE', REL .. ':dists', 0, -1)) do
    local o = call('HMGET', 'dist:' .. other, 'kind', 'state')
    if o[1] == 'clear' and o[2] == 'draft' then cancel(other, person, 'cleared by D' .. D) end
  end
  clear(d[9], D, person)
end
return { 'ok', 'scheduled' }
