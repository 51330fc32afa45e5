-- Apply consent facts, each by its id, and remember how far the host's file is in Redis. What
-- somebody agreed to is a function of all facts about them in the order of their times, so that a
-- fact that comes late finds its place.
-- ARGV 1 host 2 offset after these facts ("" : none) 3 … facts, three each: subscriber id, fact id,
--   JSON
local TAKES = {
  unsubscribed = 'unsubscribed',
  suppressed = 'suppressed',
  paused = 'paused',
  signed_up = 'unconfirmed',
  erased = 'erased',
}
local GIVES = {
  resubscribed = { 'unsubscribed' },
  lifted = { 'suppressed' },
  resumed = { 'paused' },
  confirmed = { 'unconfirmed' },
  added = { 'unconfirmed' },
}
local function judge(id)
  local facts, no = {}, {}
  for n, text in ipairs(call('HVALS', 'facts:' .. id)) do
    facts[n] = cjson.decode(text)
  end
  table.sort(facts, function(a, b) return a.at < b.at or (a.at == b.at and a.fact < b.fact) end)
  local till
  for _, f in ipairs(facts) do
    if TAKES[f.act] then no[TAKES[f.act]] = true end
    for _, reason in ipairs(GIVES[f.act] or {}) do
      no[reason] = nil
    end
    if f.act == 'paused' then till = f.till end
  end
  local any = 0
  for _, reason in ipairs(REASONS) do
    call('SETBIT', 'no:' .. reason, id, no[reason] and 1 or 0)
    if no[reason] then any = 1 end
  end
  call('SETBIT', 'no:any', id, any)
  if no.paused and till and till > 0 then
    call('ZADD', 'paused', int(till), id)
  else
    call('ZREM', 'paused', id)
  end
end
local fresh = 0
for n = 3, #ARGV, 3 do
  if call('HSETNX', 'facts:' .. ARGV[n], ARGV[n + 1], ARGV[n + 2]) == 1 then
    fresh = fresh + 1
    judge(ARGV[n])
  end
end
if ARGV[2] ~= '' then call('HSET', 'facts:offset', ARGV[1], ARGV[2]) end
return fresh
