-- Shared by every script: bytes, the one clock, counters, events. Keys are named in ../keys.py.
local call, byte, sub, cat = redis.call, string.byte, string.sub, table.concat
-- the order of the ten counters, as in model.LETTERS
local ORDER = 'qiadfuskbm'
-- A record is 29 bytes: token 4, time 4, attempts 1, flags 1, code 2, relay 1, queue id 16.
-- Flags: 1 resent after doubt, 2 an earlier attempt was accepted, 4 and 8 breaks inside the body
-- in a row, 16 a bounce and 32 a complaint that wait for the outcome.
local REC = 29
-- Why somebody may not be written to, the strongest first: as in consents.REASONS.
local REASONS = { 'unsubscribed', 'suppressed', 'paused', 'unconfirmed', 'erased' }
local function u32(s, p)
  local a, b, c, d = byte(s, p, p + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end
local function p32(n) return struct.pack('>I4', n) end
local function now()
  local t = call('TIME')
  -- a key is passed in rehearsals only
  return t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(KEYS[1] or 0)
end
local function int(n) return string.format('%d', n) end
-- delta: counter letter -> change; gives letter -> count. The counters move only in the script that
-- moves the bytes.
local function count(D, delta)
  local bf, letters, found = { 'BITFIELD', 'cnt:' .. D }, {}, {}
  for letter, n in pairs(delta) do
    letters[#letters + 1] = letter
    bf[#bf + 1] = 'INCRBY'
    bf[#bf + 1] = 'i32'
    bf[#bf + 1] = '#' .. (string.find(ORDER, letter, 1, true) - 1)
    bf[#bf + 1] = n
  end
  if #letters == 0 then return found end
  for n, value in ipairs(call(unpack(bf))) do
    found[letters[n]] = value
  end
  return found
end
local function counter(D, letter)
  return call(
    'BITFIELD_RO',
    'cnt:' .. D,
    'GET',
    'i32',
    '#' .. (string.find(ORDER, letter, 1, true) - 1)
  )[1]
end
local function event(D, act, actor, reason)
  call(
    'RPUSH',
    'ev:' .. D,
    cjson.encode({ at = now(), act = act, actor = actor or '', reason = reason or '' })
  )
end
-- An embargo in tiers: the trusted have a letter from its start, everyone else from `lift_at` on; a
-- batch's row says which tier it is of.
local TRUSTED_TIER = 128
local function is_trusted_tier(D, b)
  return byte(call('GETRANGE', 'bat:' .. D, b * 10 + 8, b * 10 + 8)) >= TRUSTED_TIER
end
-- When a batch may begin at the earliest, ms.
local function not_before(D, b, lift)
  if not lift or is_trusted_tier(D, b) then return 0 end
  return tonumber(lift)
end
-- Trust is read anew each time, and rests on the list alone: what staff own.
local function still_trusted(list, id) return call('GETBIT', 'idx:lists:' .. list, int(id)) == 1 end
-- A guard, or a person, stops a distribution; `resume` goes back to where it was.
local function halt(D, state, actor, reason, guard)
  call(
    'HSET',
    'dist:' .. D,
    'state',
    'halted',
    'before_halt',
    state,
    'reason',
    reason,
    'guard',
    guard
  )
  event(D, 'halted', actor, reason)
end
-- A halted distribution goes back to where it was (`before`); gives that state.
local function resume(D, before, actor, reason)
  local back, at = before or 'sending', int(now())
  call('HSET', 'dist:' .. D, 'state', back, 'reason', '', 'guard', '', 'active_at', at)
  if back == 'sending' then
    call('HSETNX', 'dist:' .. D, 'began_at', at)
  else
    call('ZADD', 'due', at, D)
  end
  event(D, 'resumed', actor, reason)
  return back
end
-- Have the sweep look at a distribution two minutes before it starts: its audience is fixed then.
local function look_ahead(D, start)
  call('ZADD', 'due', int(math.max(now(), start - 120000)), D)
end
-- The hold notes of a release that are in force.
local function holds(slug)
  local found = {}
  for _, D in ipairs(call('LRANGE', 'rel:' .. slug .. ':dists', 0, -1)) do
    local d = call('HMGET', 'dist:' .. D, 'kind', 'superseded', 'cleared')
    if d[1] == 'hold' and not d[2] and not d[3] then found[#found + 1] = D end
  end
  return found
end
-- Store one distribution of a release, with its editions: {kind, headline, start, editions: [{lang,
-- version, json}], fields: {…}}. Gives its number.
local function new_distribution(slug, d)
  local at, D, versions, order = now(), int(call('INCR', 'dist:seq')), {}, {}
  for _, e in ipairs(d.editions) do
    versions[e.lang] = e.version
    order[#order + 1] = e.lang
    call('SET', 'ed:' .. e.version, e.json, 'NX')
  end
  -- what must be approved waits as a draft, and is not due
  local state = d.fields.required and not d.fields.break_glass and 'draft' or 'scheduled'
  local row = { 'HSET', 'dist:' .. D, 'release', slug, 'state', state }
  local facts = {
    kind = d.kind,
    headline = d.headline,
    versions = cjson.encode(versions),
    order = cat(order, ' '),
    submitted_at = int(at),
    start_at = int(math.max(at, d.start)),
  }
  for _, table in ipairs({ facts, d.fields }) do
    for k, v in pairs(table) do
      row[#row + 1] = k
      row[#row + 1] = v
    end
  end
  call(unpack(row))
  call('RPUSH', 'rel:' .. slug .. ':dists', D)
  call('ZADD', 'dists', int(at), D)
  if state == 'scheduled' then look_ahead(D, d.start) end
  event(D, 'submitted', d.fields.actor, d.fields.break_glass or d.fields.record or '')
  return D
end
-- Nothing more of a distribution begins; what was reserved is settled in pieces, by whoever asks
-- first.
local function cancel(D, actor, reason, reserved)
  call('HSET', 'dist:' .. D, 'state', 'cancelled', 'reason', reason, 'cancelled_at', int(now()))
  call('ZREM', 'due', D)
  event(D, 'cancelled', actor, reason)
  if reserved then
    call('SADD', 'settling', D)
  else
    call('HSET', 'dist:' .. D, 'settled_at', int(now()))
  end
end
-- A hold is over: what it halted goes on; `word` is the distribution that says so.
local function clear(slug, word, actor)
  for _, D in ipairs(call('LRANGE', 'rel:' .. slug .. ':dists', 0, -1)) do
    local DIST = 'dist:' .. D
    local d =
      call('HMGET', DIST, 'state', 'before_halt', 'guard', 'reserved', 'superseded', 'kind')
    call('HDEL', DIST, 'held')
    if not d[5] then call('HDEL', DIST, 'followed') end
    if d[6] == 'hold' then
      call('HSET', DIST, 'cleared', '1')
      if d[1] ~= 'sent' and d[1] ~= 'cancelled' then
        cancel(D, actor, 'cleared by D' .. word, d[4])
      end
    elseif d[1] == 'halted' and d[3] == 'hold' then
      resume(D, d[2], actor, 'cleared by D' .. word)
    end
  end
  call('HSET', 'rel:' .. slug, 'status', '', 'word', word, 'hold_until', 0)
end
-- The mark `taken` of one recipient, given back (0) when every attempt provably ended unaccepted,
-- or taken again (1). It stays with who was in doubt once (an odd flag), and with whom a
-- distribution that ignores marks wrote to.
local owners = {}
local function mark(D, ord, flags, bit)
  if flags % 2 == 1 and bit == 0 then return end
  local d = owners[D] or call('HMGET', 'dist:' .. D, 'release', 'again')
  owners[D] = d
  if d[2] ~= '1' then
    call(
      'SETBIT',
      'taken:' .. d[1],
      int(u32(call('GETRANGE', 'aud:' .. D, ord * 4, ord * 4 + 3), 1)),
      bit
    )
  end
end
-- token (8 hex digits), expiry ms, process
local function lease_of(D, b)
  local l = call('HGET', 'lease:' .. D, b)
  if not l then return nil end
  local token, exp, process = string.match(l, '^(%x+) (%d+) (.*)$')
  return token, tonumber(exp), process
end
local function hex(s)
  return (string.gsub(s, '.', function(c) return string.format('%02x', byte(c)) end))
end
-- The batch of an ordinal, found in the sorted table of batches, which is read when it is first
-- needed.
local bats = {}
local function batch_of(D, ord)
  local bat = bats[D] or call('GET', 'bat:' .. D)
  bats[D] = bat
  local a, z = 0, #bat / 10 - 1
  while a < z do
    local mid = math.floor((a + z + 1) / 2)
    if u32(bat, mid * 10 + 1) <= tonumber(ord) then
      a = mid
    else
      z = mid - 1
    end
  end
  return a
end
-- Bitmaps joined by a postfix program: {"k", key} push, {"or", n}, {"and", n}, {"not"}, {"none"}.
-- Temporary keys end with the script.
local temps = {}
local function bitop(name, ...)
  local t = 'tmp:bits:' .. #temps
  temps[#temps + 1] = t
  call('BITOP', name, t, ...)
  return t
end
local function run_program(program)
  local stack = {}
  for _, step in ipairs(program) do
    local what = step[1]
    if what == 'k' then
      stack[#stack + 1] = step[2]
    elseif what == 'none' then
      stack[#stack + 1] = 'tmp:bits:none'
    elseif what == 'not' then
      stack[#stack] = bitop('XOR', 'idx:all', stack[#stack])
    else
      local args = {}
      for _ = 1, step[2] do
        table.insert(args, 1, table.remove(stack))
      end
      stack[#stack + 1] = bitop(what == 'or' and 'OR' or 'AND', unpack(args))
    end
  end
  return stack[1]
end
-- A whole reservation given back: the marks of everybody it stood for, unless it ignored marks.
local function let_go(D, slug, ignores, languages)
  for lang in string.gmatch(ignores == '1' and '' or languages, '%S+') do
    call(
      'BITOP',
      'XOR',
      'taken:' .. slug,
      'taken:' .. slug,
      bitop('AND', 'taken:' .. slug, 'res:' .. D .. ':' .. lang)
    )
  end
end
-- The groups' bitmaps have served once the audience is written down, or let go.
local function drop_groups(D)
  for name in string.gmatch(call('HGET', 'dist:' .. D, 'groups') or '', '%S+') do
    call('UNLINK', 'grp:' .. D .. ':' .. name)
  end
end
-- Somebody goes into the queue again; after doubt it is remembered, once and for all.
local function queue_again(D, ord, at, doubted)
  call('SETRANGE', 'led:' .. D, ord, 'q')
  if doubted then
    local flags = byte(call('GETRANGE', 'rec:' .. D, ord * REC + 9, ord * REC + 9))
    call('SETRANGE', 'rec:' .. D, ord * REC + 9, string.char(flags - flags % 2 + 1))
  end
  local b = batch_of(D, ord)
  if not lease_of(D, b) then
    local lift = call('HGET', 'dist:' .. D, 'lift_at')
    call('ZADD', 'todo:' .. D, int(math.max(at, not_before(D, b, lift))), b)
  end
end
local function drop_temps()
  if #temps > 0 then call('UNLINK', unpack(temps)) end
end
