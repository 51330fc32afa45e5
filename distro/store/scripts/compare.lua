-- Whose number is under or over another, found from its bit planes, highest first: a few BITOPs a
-- plane.
-- ARGV 1 the planes' name: "pl:joined:d" holds who has one, "pl:joined:d0" … its bits 2 < or > 3 1:
--   or equal 4 the other's bits 5 into 6 seconds
local planes, op, bits = ARGV[1], ARGV[2], ARGV[4]
-- so far: who is past it, who is the same
local found, equal = nil, planes
for n = 1, #bits do
  local plane, one = planes .. (#bits - n), sub(bits, n, n) == '1'
  -- nobody has this bit
  if call('EXISTS', plane) == 0 then
    if one then
      if op == '<' then found = found and bitop('OR', found, equal) or equal end
      equal = 'tmp:bits:none'
      break
    end
  else
    local both = bitop('AND', equal, plane)
    local rest = (not one or op == '<') and bitop('XOR', equal, both)
    local past = one and op == '<' and rest or not one and op == '>' and both
    if past then found = found and bitop('OR', found, past) or past end
    equal = one and both or rest
  end
end
found = found or 'tmp:bits:none'
call('BITOP', 'OR', ARGV[5], found, ARGV[3] == '1' and equal or found)
call('EXPIRE', ARGV[5], ARGV[6])
drop_temps()
return call('BITCOUNT', ARGV[5])
