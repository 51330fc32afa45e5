-- One act about a release, all or nothing: what is under way of it stands still from here on, and
-- the distributions that tell its holders are stored.
-- ARGV 1 JSON {slug, verb, actor, headline, kind, texts: [{lang, version, json}] (what the release
--   says from now on), same: [hash…], until (ms, of a hold), planned: {lang: version} (the texts
--   that the plan saw), seen (how many distributions; of verb late), distributions: [{kind,
--   headline, start, editions, fields}], idem ("": none; the same one does it once)}
-- verbs: correct, update, kill: they end what is under way; hold: it is halted; clear: it goes on;
--   notify, late: it stays as it is
-- Gives {ok, first, last distribution} or {why not, about}.
local a = cjson.decode(ARGV[1])
if a.idem ~= '' then
  local known = call('HMGET', 'idem:' .. a.idem, 'distribution', 'last')
  if known[1] then return { 'again', known[1], known[2] or known[1] } end
end
local rel = 'rel:' .. a.slug
local r = call('HMGET', rel, 'status', 'word', 'editions', 'pins')
local status, word = r[1] or '', r[2] or ''
if status == 'killed' and a.verb ~= 'late' then return { 'killed', word } end
if status == 'held' and a.verb == 'hold' then return { 'held', word } end
if status ~= 'held' and a.verb == 'clear' then return { 'not_held', '' } end
local function same(x, y)
  for k, v in pairs(x) do
    if y[k] ~= v then return false end
  end
  for k in pairs(y) do
    if x[k] == nil then return false end
  end
  return true
end
-- these say something about a text, and do not carry one: as in model.NOTICES
local ABOUT = { hold = true, clear = true, kill = true, lift = true }
local ENDS = { correct = true, update = true, kill = true }
local before, sources = call('LRANGE', rel .. ':dists', 0, -1), {}
for _, D in ipairs(before) do
  if not ABOUT[call('HGET', 'dist:' .. D, 'kind')] then sources[#sources + 1] = D end
end
if a.verb == 'clear' then sources = holds(a.slug) end
if a.verb == 'late' and #before ~= a.seen then return { 'moved', '' } end
-- the plan was made for these texts
if #a.texts > 0 and not same(cjson.decode(r[3] or '{}'), a.planned) then return { 'moved', '' } end
-- A note to readers of other languages goes on; one to some of the same and some others can neither
-- go on nor end.
local told = {}
for _, e in ipairs(a.distributions[1].fields.rest and {} or a.distributions[1].editions) do
  told[e.lang] = true
end
local goes_on = {}
for _, D in ipairs((a.verb == 'correct' or a.verb == 'update') and before or {}) do
  local d = call('HMGET', 'dist:' .. D, 'state', 'sources', 'rest', 'order', 'superseded')
  if d[2] and not d[3] and not d[5] then
    local here, other = false, false
    for lang in string.gmatch(d[4], '%S+') do
      here, other = here or told[lang], other or not told[lang]
    end
    if other and here and d[1] ~= 'sent' and d[1] ~= 'cancelled' then return { 'pending', D } end
    if other then goes_on[D] = true end
  end
end
-- What tells the holders, and what goes to the rest.
local first, last = nil, nil
for _, d in ipairs(a.distributions) do
  if a.verb ~= 'late' then d.fields.sources = cat(sources, ' ') end
  last = new_distribution(a.slug, d)
  first = first or last
end
if a.verb == 'late' then return { 'ok', first, last } end
-- who proves later to hold a text is told too
for _, D in ipairs((ENDS[a.verb] or a.verb == 'hold') and sources or {}) do
  call('HSET', 'dist:' .. D, 'followed', '1')
end
for _, D in ipairs(before) do
  local DIST = 'dist:' .. D
  local d = call('HMGET', DIST, 'state', 'before_halt', 'guard', 'reserved', 'superseded')
  local state = d[1]
  local under_way = state ~= 'sent' and state ~= 'cancelled'
  if ENDS[a.verb] and not goes_on[D] then
    if not d[5] then call('HSET', DIST, 'superseded', '1', 'superseded_by', first) end
    if under_way then cancel(D, a.actor, 'superseded by D' .. first, d[4]) end
  elseif a.verb == 'hold' then
    call('HSET', DIST, 'held', '1')
    if under_way and state ~= 'halted' and state ~= 'draft' then
      halt(D, state, a.actor, 'on hold: see D' .. first, 'hold')
    end
  end
end
-- a clear that must be approved changes nothing before it is
local waits = call('HGET', 'dist:' .. first, 'state') == 'draft'
if a.verb == 'clear' and not waits then clear(a.slug, first, a.actor) end
-- What the release says and may do from now on.
if #a.texts > 0 then
  local known = cjson.decode(r[3] or '{}')
  local pins = cjson.decode(r[4] or '{}')
  for _, e in ipairs(a.texts) do
    known[e.lang], pins[e.lang] = e.version, e.version
    call('SET', 'ed:' .. e.version, e.json, 'NX')
  end
  call('HSET', rel, 'editions', cjson.encode(known), 'pins', cjson.encode(pins))
  call('HSET', rel, 'kind', a.kind, 'headline', a.headline)
  for _, h in ipairs(a.same) do
    call('SET', 'same:' .. h, a.slug, 'EX', 30 * 86400)
  end
end
local become = { hold = 'held', kill = 'killed', correct = '', update = '' }
if become[a.verb] then
  call('HSET', rel, 'status', become[a.verb], 'word', first, 'hold_until', int(a['until']))
end
if a.idem ~= '' then
  call('HSET', 'idem:' .. a.idem, 'distribution', first, 'last', last)
  call('EXPIRE', 'idem:' .. a.idem, 30 * 86400)
end
return { 'ok', first, last }
