-- One change of the book, if it is still what the writer read: rows, addresses and index together, or nothing.
-- ARGV 1 the version that the writer saw 2 import number ("" : none) 3 its piece 4 … commands, each: how many words, the words
-- Gives {what, version}: 'done', 'again' (somebody else wrote meanwhile), 'known' (this piece was done before).
local version = tonumber(call('GET', 'book:version') or 0)
if ARGV[2] ~= '' and tonumber(call('HGET', 'import:' .. ARGV[2], 'done') or 0) >= tonumber(ARGV[3]) then return {'known', version} end
if version ~= tonumber(ARGV[1]) then return {'again', version} end
local n = 4
while n <= #ARGV do
  local words = tonumber(ARGV[n])
  call(unpack(ARGV, n + 1, n + words))
  n = n + words + 1
end
if ARGV[2] ~= '' then call('HSET', 'import:' .. ARGV[2], 'done', ARGV[3]) end
return {'done', call('INCR', 'book:version')}
