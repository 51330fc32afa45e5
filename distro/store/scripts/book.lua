-- One change of the book, if it is still what the writer read: rows, addresses and index together,
-- or nothing.
-- ARGV 1 the version that the writer saw 2 import number ("" : none) 3 its piece 4 … commands,
--   each: how many words, the words; APPEND*, SETRANGE* and SETBIT*: as often as there are words
-- Gives {what, version}: 'done', 'again' (somebody else wrote meanwhile), 'known' (this piece was
-- done before).
local version = tonumber(call('GET', 'book:version') or 0)
if
  ARGV[2] ~= '' and tonumber(call('HGET', 'import:' .. ARGV[2], 'done') or 0) >= tonumber(ARGV[3])
then
  return { 'known', version }
end
if version ~= tonumber(ARGV[1]) then return { 'again', version } end
local n = 4
while n <= #ARGV do
  local words, verb = tonumber(ARGV[n]), ARGV[n + 1]
  if verb == 'APPEND*' then
    for m = n + 2, n + words, 2 do
      call('APPEND', ARGV[m], ARGV[m + 1])
    end
  elseif verb == 'SETRANGE*' or verb == 'SETBIT*' then
    local one = sub(verb, 1, #verb - 1)
    for m = n + 2, n + words, 3 do
      call(one, ARGV[m], ARGV[m + 1], ARGV[m + 2])
    end
  else
    call(unpack(ARGV, n + 1, n + words))
  end
  n = n + words + 1
end
if ARGV[2] ~= '' then call('HSET', 'import:' .. ARGV[2], 'done', ARGV[3]) end
return { 'done', call('INCR', 'book:version') }
