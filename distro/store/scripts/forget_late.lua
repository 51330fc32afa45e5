-- Everybody of a release who proved late to hold it is told, unless it happened again meanwhile.
-- ARGV 1 slug 2 the count that was seen; returns 1 where it is forgotten
if call('HGET', 'late', ARGV[1]) ~= ARGV[2] then return 0 end
return call('HDEL', 'late', ARGV[1])
