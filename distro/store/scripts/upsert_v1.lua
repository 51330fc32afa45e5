-- One piece of an import into the book: rows by address, index kept in step; a piece done once is not done again.
-- ARGV 1 import number 2 piece number 3 JSON rows: [{address, email, columns: {column: [value…]}}], only filled cells
--      4 JSON list of columns with several values that are added to, not replaced (lists)
-- Never touches a "no": who unsubscribed keeps their bit, whatever a file says.
local I, piece = ARGV[1], tonumber(ARGV[2])
if tonumber(call('HGET', 'import:' .. I, 'done') or 0) >= piece then return {0, 0, 0, 0} end
local WIDE = 256
local adds = {}
for _, c in ipairs(cjson.decode(ARGV[4])) do adds[c] = true end
local kinds = {}
for n, v in ipairs(call('HGETALL', 'book:columns')) do if n % 2 == 1 then kinds[v] = call('HGET', 'book:columns', v) end end
local function widen(column)   -- too many values for bitmaps: answered by a scan from now on
  for _, v in ipairs(call('SMEMBERS', 'val:' .. column)) do call('UNLINK', 'idx:' .. column .. ':' .. v) end
  call('UNLINK', 'val:' .. column)
  call('HSET', 'book:columns', column, 'scan')
  kinds[column] = 'scan'
end
local function index(column, value, id, bit)
  local v = string.lower(value)
  if bit == 1 and call('SISMEMBER', 'val:' .. column, v) == 0 then
    if column ~= 'lists' and (#v > 64 or call('SCARD', 'val:' .. column) >= WIDE) then return widen(column) end
    call('SADD', 'val:' .. column, v)
  end
  call('SETBIT', 'idx:' .. column .. ':' .. v, id, bit)
end
local new, changed, same, held = 0, 0, 0, 0
for _, row in ipairs(cjson.decode(ARGV[3])) do
  local id = call('HGET', 'book:address', row.address)
  local old = {}
  if id then
    old = cjson.decode(call('GET', 'sub:' .. id) or '{}')
  else
    id = call('INCR', 'book:seq')
    call('HSET', 'book:address', row.address, id)
    call('SETBIT', 'idx:all', id, 1)
  end
  if call('GETBIT', 'no:any', id) == 1 then held = held + 1 end
  local was_new, touched = not old.email, not old.email
  old.email = old.email or row.email
  for column, values in pairs(row.columns) do
    if not kinds[column] then
      kinds[column] = 'index'
      call('HSET', 'book:columns', column, 'index')
    end
    local before = old[column] or {}
    local after = values
    if adds[column] then
      after = {}
      local seen = {}
      for _, v in ipairs(before) do after[#after + 1] = v seen[v] = true end
      for _, v in ipairs(values) do if not seen[v] then after[#after + 1] = v end end
    end
    local differs = #before ~= #after
    for n = 1, #after do differs = differs or before[n] ~= after[n] end
    if differs then
      touched = true
      old[column] = after
      if kinds[column] == 'index' then for _, v in ipairs(before) do index(column, v, id, 0) end end
      for _, v in ipairs(after) do if kinds[column] == 'index' then index(column, v, id, 1) end end
    end
  end
  if touched then call('SET', 'sub:' .. id, cjson.encode(old)) end
  if was_new then new = new + 1 elseif touched then changed = changed + 1 else same = same + 1 end
end
call('HSET', 'import:' .. I, 'done', piece)
call('HINCRBY', 'import:' .. I, 'new', new)
call('HINCRBY', 'import:' .. I, 'changed', changed)
call('HINCRBY', 'import:' .. I, 'unchanged', same)
call('HINCRBY', 'import:' .. I, 'held', held)
return {new, changed, same, held}
