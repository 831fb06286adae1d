-- Asks for codes that no link has, each of 200,000 in turn.
local count = 200000
local requests = {}
local at = 0

function init()
  math.randomseed(20261122)
  for number = 1, count do
    requests[number] = wrk.format("GET", string.format("/%08x", math.random(0, 2147483647)))
  end
end

function request()
  at = at % count + 1
  return requests[at]
end
