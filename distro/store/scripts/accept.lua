-- Store a release, its editions and one distribution of it; or say why not. All or nothing.
-- ARGV 1 JSON {slug, kind, headline, as_new, editions: [{lang, version, json}], same: [hash…],
--   start, idem, content, fields: {…}}
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
local status = call('HGET', rel, 'status') or ''
if status ~= '' then return { status, call('HGET', rel, 'word') or '', slug } end
local known = cjson.decode(call('HGET', rel, 'editions') or '{}')
-- the texts that some reservation stands for
local pins = cjson.decode(call('HGET', rel, 'pins') or '{}')
for _, e in ipairs(a.editions) do
  if pins[e.lang] and pins[e.lang] ~= e.version then return { 'changed', e.lang, slug } end
end
for _, e in ipairs(a.editions) do
  known[e.lang] = e.version
end
for _, h in ipairs(a.same) do
  call('SET', 'same:' .. h, slug, 'EX', 30 * 86400)
end
call('HSET', rel, 'kind', a.kind, 'headline', a.headline, 'editions', cjson.encode(known))
call('HSETNX', rel, 'created', int(at))
local D = new_distribution(slug, a)
if a.idem ~= '' then
  call('HSET', 'idem:' .. a.idem, 'distribution', D, 'content', a.content)
  call('EXPIRE', 'idem:' .. a.idem, 30 * 86400)
end
return { 'ok', D, slug }
