-- Write down the next piece of a frozen audience. ARGV 1 D 2 ordinals already built 3 ids, 4 bytes
-- each 4 what each letter answers, 8 bytes each, or ""
local D, from, ids = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local d = call('HMGET', 'dist:' .. D, 'state', 'built')
local built = tonumber(d[2] or 0)
if d[1] ~= 'freezing' then return { 'not_now', built } end
-- somebody else built on: go on from there
if built ~= from then return { 'elsewhere', built } end
local n = #ids / 4
call('SETRANGE', 'aud:' .. D, from * 4, ids)
if ARGV[4] ~= '' then call('SETRANGE', 'thr:' .. D, from * 8, ARGV[4]) end
call('SETRANGE', 'led:' .. D, from, string.rep('q', n))
-- room for the records, a piece at a time: all at once takes 18 ms for a million
call('SETRANGE', 'rec:' .. D, (from + n) * REC - 1, '\0')
call('HSET', 'dist:' .. D, 'built', int(from + n))
return { 'ok', from + n }
