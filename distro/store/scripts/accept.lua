-- Store a release, its editions and one distribution of it; or say why not. All or nothing.
-- ARGV 1 JSON {slug, kind, headline, as_new, now_ms?, editions: [{lang, version, json}], same:
--   [hash…], expression, expanded,
--              start, idem, content, fields: {…}}
local a = cjson.decode(ARGV[1])
local at = now()
if a.idem ~= '' then
  local known = call('HMGET', 'idem:' .. a.idem, 'distribution', 'content')
  if known[1] then
    if known[2] == a.content then return { 'again', known[1], a.slug } end
    return { 'idem_other', known[1], a.slug }
  end
end
local slug = a.slug
if a.as_new then
  local n = 2
  while call('EXISTS', 'rel:' .. slug) == 1 do
    slug = a.slug .. '-' .. n
    n = n + 1
  end
else
  for _, h in ipairs(a.same) do
    local other = call('GET', 'same:' .. h)
    if other and other ~= slug then return { 'same', other, slug } end
  end
end
local rel = 'rel:' .. slug
local known = cjson.decode(call('HGET', rel, 'editions') or '{}')
-- the texts that some reservation stands for
local pins = cjson.decode(call('HGET', rel, 'pins') or '{}')
for _, e in ipairs(a.editions) do
  if pins[e.lang] and pins[e.lang] ~= e.version then return { 'changed', e.lang, slug } end
end
local versions, order = {}, {}
for _, e in ipairs(a.editions) do
  known[e.lang] = e.version
  versions[e.lang] = e.version
  order[#order + 1] = e.lang
  call('SET', 'ed:' .. e.version, e.json, 'NX')
end
for _, h in ipairs(a.same) do
  call('SET', 'same:' .. h, slug, 'EX', 30 * 86400)
end
local D = call('INCR', 'dist:seq')
call('HSET', rel, 'kind', a.kind, 'headline', a.headline, 'editions', cjson.encode(known))
call('HSETNX', rel, 'created', int(at))
call('RPUSH', rel .. ':dists', D)
local fields = {
  'HSET',
  'dist:' .. D,
  'release',
  slug,
  'kind',
  a.kind,
  'headline',
  a.headline,
  'state',
  'scheduled',
  'versions',
  cjson.encode(versions),
  'order',
  cat(order, ' '),
  'submitted_at',
  int(at),
  'start_at',
  int(math.max(at, a.start)),
}
for k, v in pairs(a.fields) do
  fields[#fields + 1] = k
  fields[#fields + 1] = v
end
call(unpack(fields))
call('ZADD', 'dists', int(at), D)
call('ZADD', 'due', int(math.max(at, a.start - 120000)), D)
if a.idem ~= '' then
  call('HSET', 'idem:' .. a.idem, 'distribution', D, 'content', a.content)
  call('EXPIRE', 'idem:' .. a.idem, 30 * 86400)
end
event(D, 'submitted', a.fields.actor, '')
return { 'ok', D, slug }
