-- Asks for 10,000 codes with a Zipf distribution (exponent 1): /b1 most often.
local count = 10000
local cumulative, total = {}, 0
for rank = 1, count do
  total = total + 1 / rank
  cumulative[rank] = total
end

local requests = {}

function init(args)
  math.randomseed(20261121)
  for rank = 1, count do
    requests[rank] = wrk.format("GET", "/b" .. rank)
  end
end

function request()
  local wanted = math.random() * total
  local low, high = 1, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if cumulative[middle] < wanted then low = middle + 1 else high = middle end
  end
  return requests[low]
end
