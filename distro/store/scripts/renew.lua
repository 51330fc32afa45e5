-- Renew leases that are still ours. ARGV 1 ms, then D, batch, token …; returns 1 or 0 for each
local at, kept = now(), {}
for n = 2, #ARGV, 3 do
  local token, exp, process = lease_of(ARGV[n], ARGV[n + 1])
  if token == ARGV[n + 2] then
    call(
      'HSET',
      'lease:' .. ARGV[n],
      ARGV[n + 1],
      token .. ' ' .. int(at + ARGV[1]) .. ' ' .. process
    )
    kept[#kept + 1] = 1
  else
    kept[#kept + 1] = 0
  end
end
return kept
