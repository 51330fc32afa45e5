-- How many a segment has, and optionally the bitmap itself. ARGV 1 JSON program 2 "1" to return the
-- bitmap
local key = run_program(cjson.decode(ARGV[1]))
local n = call('BITCOUNT', key)
local bits = ARGV[2] == '1' and (call('GET', key) or '') or ''
drop_temps()
return { n, bits }
