-- Count one report of a receiver, once: its name is kept beside the day's counts.
-- ARGV 1 kind (dmarc, tls) 2 domain 3 day 4 field of the report 5 lifetime in seconds
--      6 … what and how many
local key = 'aggregate:' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[3]
if call('HLEN', key) > 5000 then return 0 end
if call('HSETNX', key, ARGV[4], 1) == 0 then return 0 end
call('EXPIRE', key, ARGV[5])
for n = 6, #ARGV, 2 do
  call('HINCRBY', key, ARGV[n], ARGV[n + 1])
end
return 1
