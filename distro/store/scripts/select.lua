-- Who would get it ("plan") or gets it ("reserve"): one script, so that plan shows what submit then
-- does.
-- ARGV 1 mode 2 D (or "") 3 slug 4 JSON {program: [...], allow: [...] or null, order: [lang…],
--   fallback: [lang…], no_fallback: bool, again: bool, digest: bool, trusted: list or "",
--   afresh: bool (whoever has an earlier text gets this one), leave: [[reason, key]…],
--   assigned: [[lang, key]…] (who gets which edition; else by their language)}
-- One freeze of a release at a time, and not before its cancelled siblings have given back what
-- they held: {'wait', D}.
local mode, D, slug, q = ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4])
if mode == 'reserve' then
  local d = call('HMGET', 'dist:' .. D, 'state', 'reserved', 'versions', 'sources', 'kind')
  if d[1] ~= 'scheduled' and d[1] ~= 'freezing' then return { 'not_now', d[1] or '' } end
  -- asked again: the reservation it made
  if d[2] then return { 'ok', d[2] } end
  for _, other in ipairs(call('LRANGE', 'rel:' .. slug .. ':dists', 0, -1)) do
    local o = call('HMGET', 'dist:' .. other, 'state', 'settled_at')
    -- a kill waits for nobody: it grows as the last replies arrive
    if
      other ~= D
      and d[5] ~= 'kill'
      and (o[1] == 'freezing' or (o[1] == 'cancelled' and not o[2]))
    then
      return { 'wait', other }
    end
  end
  for other in string.gmatch(d[5] ~= 'kill' and d[4] or '', '%d+') do
    if counter(other, 'i') > 0 then return { 'wait', other } end
  end
  if #q.assigned == 0 then
    local pins = cjson.decode(call('HGET', 'rel:' .. slug, 'pins') or '{}')
    for lang, version in pairs(cjson.decode(d[3])) do
      if pins[lang] and pins[lang] ~= version then return { 'changed', lang } end
      pins[lang] = version
    end
    call('HSET', 'rel:' .. slug, 'pins', cjson.encode(pins))
  end
end
local function size(key) return call('BITCOUNT', key) end
-- a and not b: (a xor b) and a
local function minus(a, b) return bitop('AND', a, bitop('XOR', a, b)) end
local matched = bitop('AND', 'idx:all', run_program(q.program))
local out, rest = {}, matched
local function leave(reason, key)
  local gone = bitop('AND', rest, key)
  local n = size(gone)
  if n > 0 then
    out[reason] = (out[reason] or 0) + n
    if mode == 'reserve' then
      call('BITOP', 'OR', 'out:' .. D .. ':' .. reason, 'out:' .. D .. ':' .. reason, gone)
    end
    rest = minus(rest, gone)
  end
end
for _, reason in ipairs(REASONS) do
  leave(reason, 'no:' .. reason)
end
leave('suppressed', 'no:any')
if not q.digest then leave('wants_digests_only', 'idx:frequency:digest') end
if not q.again and not q.afresh then leave('already_has_it', 'taken:' .. slug) end
for _, l in ipairs(q.leave) do
  leave(l[1], l[2])
end
if type(q.allow) == 'table' then
  leave('not_on_the_allow_list', minus(rest, run_program(q.allow)))
end
local editions, fallback, left, has = {}, {}, rest, {}
for _, lang in ipairs(q.order) do
  has[lang] = true
end
local picked = {}
local function pick(edition, key, is_fallback)
  local mine = bitop('AND', left, key)
  local n = size(mine)
  editions[edition] = (editions[edition] or 0) + n
  if n > 0 then
    picked[edition] = picked[edition] and bitop('OR', picked[edition], mine) or mine
    if is_fallback then fallback[edition] = (fallback[edition] or 0) + n end
    left = minus(left, mine)
  end
end
for _, one in ipairs(q.assigned) do
  pick(one[1], one[2])
end
for _, lang in ipairs(#q.assigned == 0 and q.order or {}) do
  pick(lang, 'idx:language:' .. lang)
  local base = string.match(lang, '^(%a+)%-')
  if base and not has[base] then pick(lang, 'idx:language:' .. base) end
end
-- a reader of pt-br takes the pt edition
for _, lang in ipairs(#q.assigned == 0 and q.order or {}) do
  if not string.find(lang, '-', 1, true) then
    for _, v in ipairs(call('SMEMBERS', 'val:language')) do
      if string.sub(v, 1, #lang + 1) == lang .. '-' then pick(lang, 'idx:language:' .. v) end
    end
  end
end
if #q.assigned > 0 then
  rest = minus(rest, left)
elseif q.no_fallback then
  leave('no_edition_in_their_language', left)
else
  for _, lang in ipairs(q.fallback) do
    if has[lang] then pick(lang, left, true) end
  end
  pick(q.order[1], left, true)
end
-- Those of the audience who may have it before the embargo is over.
local early = q.trusted ~= '' and bitop('AND', rest, 'idx:lists:' .. q.trusted)
local answer = cjson.encode({
  matched = size(matched),
  audience = size(rest),
  editions = editions,
  fallback = fallback,
  left_out = out,
  trusted = early and size(early) or 0,
})
if mode == 'reserve' then
  for edition, key in pairs(picked) do
    call('COPY', key, 'res:' .. D .. ':' .. edition, 'REPLACE')
  end
  if early then call('COPY', early, 'trust:' .. D, 'REPLACE') end
  if size(rest) > 0 and not q.again then
    call('BITOP', 'OR', 'taken:' .. slug, 'taken:' .. slug, rest)
  end
  call('HSET', 'dist:' .. D, 'reserved', answer, 'state', 'freezing')
end
drop_temps()
return { 'ok', answer }
