-- How many a segment has, and optionally the bitmap itself. ARGV 1 JSON program 2 "1" to return the bitmap
local temps, stack = {}, {}
local function op(name, ...)
  local t = 'tmp:count:' .. #temps
  temps[#temps + 1] = t
  call('BITOP', name, t, ...)
  return t
end
for _, step in ipairs(cjson.decode(ARGV[1])) do
  local what = step[1]
  if what == 'k' then stack[#stack + 1] = step[2]
  elseif what == 'none' then stack[#stack + 1] = 'tmp:count:none'
  elseif what == 'not' then stack[#stack] = op('XOR', 'idx:all', stack[#stack])
  else
    local args = {}
    for _ = 1, step[2] do table.insert(args, 1, table.remove(stack)) end
    stack[#stack + 1] = op(what == 'or' and 'OR' or 'AND', unpack(args))
  end
end
local n = call('BITCOUNT', stack[1])
local bits = ARGV[2] == '1' and (call('GET', stack[1]) or '') or ''
if #temps > 0 then call('UNLINK', unpack(temps)) end
return {n, bits}
