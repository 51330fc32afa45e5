-- Append a line to the audit log, if the log still ends where the line was made for.
-- ARGV 1 hash of its last line ('' for an empty log) 2 the line 3 its hash
-- Gives whether it was appended, and the hash of the last line now.
local last = call('HGET', 'audit:head', 'hash') or ''
if last ~= ARGV[1] then return { 0, last } end
local lines = call('RPUSH', 'audit:log', ARGV[2])
call('HSET', 'audit:head', 'hash', ARGV[3], 'lines', lines)
return { 1, ARGV[3] }
