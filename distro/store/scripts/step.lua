-- One group commit of one process: outcomes in, next intents out. A replay changes nothing and
-- grants what it granted.
-- ARGV 1 process 2 serial 3 D
--      4 outcomes, 29 bytes each, sorted by ordinal: ordinal 4, state 1, token 4, attempt 1, code
--        2, relay 1, queue id 16
--      5 batch (-1: none) 6 its token (8 hex) 7 intents wanted 8 first ordinal to look at 9 end of
--        the batch
--      10 questions at 354, 12 bytes each: ordinal 4, token 4, batch 4
--      11 buckets that intents draw from: "name rate burst;…" 12 what a group gets that asks us to
--        slow down: "rate ms"
--      13 … words about outcomes, three each: ordinal, delay ms until the next attempt (deferred),
--        text
local P, serial, D = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local LED, RECS = 'led:' .. D, 'rec:' .. D
local function rows_of(granted)
  if #granted == 0 then return {} end
  local names = { 'MGET' }
  for m = 1, #granted, 10 do
    names[#names + 1] = 'sub:' .. int(u32(granted, m + 4))
  end
  return call(unpack(names))
end
-- What each letter of a note answers: distribution and ordinal of the letter that its reader holds.
local function threads_of(granted)
  local found = {}
  if call('HEXISTS', 'dist:' .. D, 'sources') == 1 then
    for m = 1, #granted, 10 do
      local ord = u32(granted, m)
      found[#found + 1] = call('GETRANGE', 'thr:' .. D, ord * 8, ord * 8 + 7)
    end
  end
  return cat(found)
end
local last =
  call('HMGET', 'proc:' .. P, 'serial', 'status', 'cursor', 'granted', 'answers', 'state', 'lift')
if last[1] and tonumber(last[1]) >= serial then
  if tonumber(last[1]) > serial then return redis.error_reply('a serial went backwards') end
  local again, lift = rows_of(last[4]), tonumber(last[7] or 0)
  local thread = threads_of(last[4])
  return { tonumber(last[2]), tonumber(last[3]), last[4], again, last[5], last[6], 0, lift, thread }
end
local at = now()
local stamp = p32(math.floor(at / 1000))
local dist =
  call('HMGET', 'dist:' .. D, 'state', 'lift_at', 'trusted', 'sources', 'followed', 'release')
local dstate, lift = dist[1] or 'gone', tonumber(dist[2] or 0)
local words = {}
for n = 13, #ARGV, 3 do
  words[tonumber(ARGV[n])] = { tonumber(ARGV[n + 1]), ARGV[n + 2] }
end
local delta, accepted = {}, 0
local function moved(from, to)
  delta[from] = (delta[from] or 0) - 1
  delta[to] = (delta[to] or 0) + 1
end

-- whether anybody had an error: asked once, for nearly nobody has
local errs
local function erring()
  if errs == nil then errs = call('EXISTS', 'err:' .. D) == 1 end
  return errs
end

-- Outcomes. An attempt is named by its token and count; an outcome needs nothing else, so that late
-- truth counts.
local fins = ARGV[4]
local retries, slowed = {}, {}
local n, k = #fins / 29, 0
-- runs of near ordinals: one read and one write of each string
while k < n do
  local j, lo = k, u32(fins, k * 29 + 1)
  local hi = lo
  while j + 1 < n do
    local o = u32(fins, (j + 1) * 29 + 1)
    if o - hi > 64 then break end
    hi, j = o, j + 1
  end
  local win, rw =
    call('GETRANGE', LED, lo, hi), call('GETRANGE', RECS, lo * REC, hi * REC + REC - 1)
  local states, recs, changed = {}, {}, false
  for m = k, j do
    local p = m * 29
    local ord = u32(fins, p + 1)
    local o = ord - lo
    local st = states[o] or sub(win, o + 1, o + 1)
    local rec = recs[o] or sub(rw, o * REC + 1, o * REC + REC)
    local to, token, attempt = sub(fins, p + 5, p + 5), sub(fins, p + 6, p + 9), byte(fins, p + 10)
    local named = sub(rec, 1, 4) == token and byte(rec, 9) == attempt
    local flags = byte(rec, 10)
    -- the connection broke inside the body
    local inside = to == 'q' and u32('\0\0' .. sub(fins, p + 11, p + 12), 1) == 1
    local take = false
    if st == 'i' and named then
      take = true
      -- an earlier attempt was accepted after all
      if to ~= 'a' and math.floor(flags / 2) % 2 == 1 then to = 'a' end
      -- the third in a row: this letter waits
      if inside then
        if flags % 16 >= 8 then
          to = 'd'
        else
          rec = sub(rec, 1, 9) .. string.char(flags + 4) .. sub(rec, 11)
        end
      end
    -- evidence about a doubt
    elseif st == 'u' and named and to ~= 'q' and to ~= 'u' then
      take = true
    elseif to == 'a' and attempt <= byte(rec, 9) and attempt > 0 then
      -- a second attempt is under way: keep the truth
      if st == 'i' then
        recs[o] = sub(rec, 1, 9) .. string.char(flags % 2 + 2 + flags - flags % 4) .. sub(rec, 11)
        changed = true
      -- late truth wins
      elseif string.find('qdfusk', st, 1, true) then
        take = true
      end
    end
    if take then
      if dstate == 'cancelled' and (to == 'q' or to == 'd') then to = 'k' end
      -- a bounce or a complaint was here before this commit (came_back.lua)
      local back = flags >= 16 and to ~= 's'
      if back then
        if to == 'a' then accepted = accepted + 1 end
        to = flags >= 32 and 'm' or 'b'
      end
      if to == 'k' or to == 's' then
        mark(D, ord, flags, 0)
      elseif st == 'k' or st == 's' then
        mark(D, ord, 0, 1)
      end
      if st == 'u' then call('ZREM', 'doubt:' .. D, ord) end
      if st == 'd' then call('ZREM', 'retry:' .. D .. ':' .. batch_of(D, ord), ord) end
      moved(st, to)
      states[o] = to
      if to == 'q' then
        recs[o] = rec
      else
        recs[o] = token
          .. stamp
          .. sub(rec, 9, 9)
          .. string.char(flags % 4)
          .. (inside and '\0\0' .. sub(fins, p + 13, p + 29) or sub(fins, p + 11, p + 29))
      end
      changed = true
      local w = words[ord]
      if to == 'a' then
        accepted = accepted + 1
        if erring() then call('HDEL', 'err:' .. D, ord) end
      elseif w and w[2] ~= '' and not back then
        call('HSET', 'err:' .. D, ord, w[2])
        errs = true
      end
      if to == 'u' then call('ZADD', 'doubt:' .. D, int(at), ord) end
      -- what a receiver refused for good may say something of the address (incoming)
      if to == 'f' then call('RPUSH', 'refused', D .. ' ' .. ord) end
      if to == 'd' and u32('\0\0' .. sub(fins, p + 11, p + 12), 1) >= 400 then
        slowed[#slowed + 1] = ord
      end
      if to == 'd' then
        retries[#retries + 1] = { ord, math.ceil((at + (w and w[1] or 300000)) / 30000) * 30000 }
      end
    end
  end
  if changed then
    -- what changed, and the stretches between as they were
    local ws, wr, from = {}, {}, 0
    for o = 0, hi - lo do
      if states[o] or recs[o] then
        if o > from then
          ws[#ws + 1] = sub(win, from + 1, o)
          wr[#wr + 1] = sub(rw, from * REC + 1, o * REC)
        end
        ws[#ws + 1] = states[o] or sub(win, o + 1, o + 1)
        wr[#wr + 1] = recs[o] or sub(rw, o * REC + 1, o * REC + REC)
        from = o + 1
      end
    end
    call('SETRANGE', LED, lo, cat(ws))
    call('SETRANGE', RECS, lo * REC, cat(wr))
  end
  k = j + 1
end
-- a deferred recipient waits in its own batch
for _, r in ipairs(retries) do
  local a = batch_of(D, r[1])
  call('ZADD', 'retry:' .. D .. ':' .. a, int(r[2]), r[1])
  if not lease_of(D, a) then
    local due = call('ZSCORE', 'todo:' .. D, a)
    if not due or tonumber(due) > r[2] then call('ZADD', 'todo:' .. D, int(r[2]), a) end
  end
end

-- Ten temporary refusals of a group of receivers within a minute: it is slow for a while.
if #slowed > 0 then
  local groups = {}
  for name in string.gmatch(call('HGET', 'dist:' .. D, 'groups') or '', '%S+') do
    groups[#groups + 1] = name
  end
  local rate, ms = string.match(ARGV[12], '^(%S+) (%S+)$')
  for _, ord in ipairs(#groups > 0 and rate and slowed or {}) do
    local name = groups[byte(
      call('GETRANGE', 'bat:' .. D, batch_of(D, ord) * 10 + 9, batch_of(D, ord) * 10 + 9)
    )]
    if name then
      local key = 'pace:group:' .. name
      if at - (tonumber(call('HGET', key, 'bad_at')) or 0) > 60000 then
        call('HSET', key, 'bad_at', int(at), 'bad', 0)
      end
      if call('HINCRBY', key, 'bad', 1) >= 10 then
        call('HSET', key, 'slow_until', int(at + ms), 'slow_rate', rate, 'bad', 0)
        event(D, 'slowed', '', name)
      end
      call('EXPIRE', key, 172800)
    end
  end
end

-- What the buckets allow now: each is filled by the clock up to its burst; all are drawn from by
-- what is granted.
local drawn, wait = {}, 0
local function paced(want)
  for name, rate, burst in string.gmatch(ARGV[11], '(%S+) (%S+) ([^;]+)') do
    rate, burst = tonumber(rate), tonumber(burst)
    local h = call('HMGET', 'pace:' .. name, 'tokens', 'at', 'slow_until', 'slow_rate')
    if h[3] and tonumber(h[3]) > at and (rate == 0 or tonumber(h[4]) < rate) then
      rate, burst = tonumber(h[4]), math.max(1, tonumber(h[4]))
    end
    if rate > 0 then
      local tokens =
        math.min(burst, (tonumber(h[1]) or burst) + (at - (tonumber(h[2]) or at)) / 1000 * rate)
      drawn[#drawn + 1] = { 'pace:' .. name, tokens }
      if tokens < 1 then wait = math.max(wait, math.ceil((1 - tokens) / rate * 1000)) end
      want = math.min(want, math.floor(tokens))
    end
  end
  return want
end

-- Intents: written here, before the act. They need the live lease, a distribution that sends, and
-- the reader's consent.
local status, cursor, granted = 0, tonumber(ARGV[8]), {}
local b, want, past = ARGV[5], tonumber(ARGV[7]), tonumber(ARGV[9])
if dstate ~= 'sending' then status = 2 end
local early = at < lift -- before the lift only those who are trusted now get anything
if b ~= '-1' and want > 0 and status == 0 then
  local token, exp = lease_of(D, b)
  if token ~= ARGV[6] or exp < at then
    status = 1
  elseif early and not is_trusted_tier(D, b) then
    status = 2
  else
    want = paced(want)
    if wait > 0 then status = 3 end
    local raw = string.gsub(ARGV[6], '%x%x', function(h) return string.char(tonumber(h, 16)) end)
    -- from: the states of a run of recipients that may be tried
    local function grant(first, from)
      local cnt = #from
      local ids = call('GETRANGE', 'aud:' .. D, first * 4, (first + cnt) * 4 - 1)
      local rw = call('GETRANGE', RECS, first * REC, (first + cnt) * REC - 1)
      local bf = { 'BITFIELD_RO', 'no:any' }
      for m = 0, cnt - 1 do
        bf[#bf + 1] = 'GET'
        bf[#bf + 1] = 'u1'
        bf[#bf + 1] = int(u32(ids, m * 4 + 1))
      end
      local no = call(unpack(bf))
      local st, rc, ok = {}, {}, 0
      for m = 0, cnt - 1 do
        local rec = sub(rw, m * REC + 1, m * REC + REC)
        local tries = math.min(byte(rec, 9) + 1, 255)
        local id = u32(ids, m * 4 + 1)
        local trusted = not early or still_trusted(dist[3], id)
        if no[m + 1] == 0 and trusted then
          st[m + 1] = 'i'
          rc[m + 1] = raw .. stamp .. string.char(tries) .. sub(rec, 10)
          granted[#granted + 1] = p32(first + m)
            .. sub(ids, m * 4 + 1, m * 4 + 4)
            .. string.char(tries, byte(rec, 10))
          ok = ok + 1
          moved(sub(from, m + 1, m + 1), 'i')
        else
          st[m + 1] = 's'
          rc[m + 1] = rec
          moved(sub(from, m + 1, m + 1), 's')
          mark(D, first + m, byte(rec, 10), 0)
          local why = no[m + 1] == 0 and 'trust withdrawn' or 'suppressed'
          for r = #REASONS, 1, -1 do
            if call('GETBIT', 'no:' .. REASONS[r], int(id)) == 1 then why = REASONS[r] end
          end
          call('HSET', 'err:' .. D, first + m, why)
        end
      end
      call('SETRANGE', LED, first, cat(st))
      call('SETRANGE', RECS, first * REC, cat(rc))
      return ok
    end
    while want > 0 and cursor < past do
      local top = math.min(cursor + math.max(want, 16), past) - 1
      local win = call('GETRANGE', LED, cursor, top)
      local a, z = string.find(win, 'q+')
      if not a then
        cursor = top + 1
      else
        if z - a + 1 > want then z = a + want - 1 end
        want = want - grant(cursor + a - 1, sub(win, a, z))
        cursor = cursor + z
      end
    end
    -- then those whose time to be tried again has come
    if want > 0 then
      for _, ord in
        ipairs(call('ZRANGEBYSCORE', 'retry:' .. D .. ':' .. b, '-inf', int(at), 'LIMIT', 0, want))
      do
        call('ZREM', 'retry:' .. D .. ':' .. b, ord)
        if call('GETRANGE', LED, ord, ord) == 'd' then grant(tonumber(ord), 'd') end
      end
    end
  end
end

for _, bucket in ipairs(drawn) do
  call('HSET', bucket[1], 'tokens', string.format('%.6f', bucket[2] - #granted), 'at', int(at))
  call('EXPIRE', bucket[1], 172800)
end

-- Questions at 354, before the first byte of a body: g go, n they said no meanwhile, t they are not
-- trusted any more, x not ours, halted or cancelled, or before its lift.
local answers = {}
for m = 1, #ARGV[10], 12 do
  local q = ARGV[10]
  local ord, token, batch = u32(q, m), sub(q, m + 4, m + 7), int(u32(q, m + 8))
  local mine, exp = lease_of(D, batch)
  local verdict = 'x'
  if
    dstate == 'sending'
    and mine == hex(token)
    and exp >= at
    and call('GETRANGE', LED, ord, ord) == 'i'
    and call('GETRANGE', RECS, ord * REC, ord * REC + 3) == token
  then
    local id = u32(call('GETRANGE', 'aud:' .. D, ord * 4, ord * 4 + 3), 1)
    verdict = call('GETBIT', 'no:any', int(id)) == 1 and 'n' or 'g'
    if early and verdict == 'g' then
      verdict = not is_trusted_tier(D, batch) and 'x' or still_trusted(dist[3], id) and 'g' or 't'
    end
  end
  answers[#answers + 1] = verdict
end

-- Somebody proved to hold a text about which a note goes out: it is for them too.
if dist[5] and ((delta.a or 0) > 0 or (delta.u or 0) > 0) then
  call('HINCRBY', 'late', dist[6], 1)
end
if next(delta) then
  delta.q, delta.i = delta.q or 0, delta.i or 0
  local left = count(D, delta)
  local facts = { 'HSET', 'dist:' .. D, 'active_at', int(at) }
  if accepted > 0 then
    facts[5], facts[6] = 'last_accepted_at', int(at)
  end
  call(unpack(facts))
  if accepted > 0 and left.a == accepted then
    call('HSETNX', 'dist:' .. D, 'first_accepted_at', int(at))
  end
  if left.q == 0 and left.i == 0 then call('HSETNX', 'dist:' .. D, 'first_pass_at', int(at)) end
end
local given, said = cat(granted), cat(answers)
call(
  'HSET',
  'proc:' .. P,
  'serial',
  ARGV[2],
  'status',
  status,
  'cursor',
  int(cursor),
  'granted',
  given,
  'answers',
  said,
  'state',
  dstate,
  'lift',
  early and int(lift) or 0
)
if not last[1] or serial % 256 == 0 then call('EXPIRE', 'proc:' .. P, 86400) end
local threads = dist[4] and threads_of(given) or ''
return { status, cursor, given, rows_of(given), said, dstate, wait, early and lift or 0, threads }
