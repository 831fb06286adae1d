-- Asks for 10,000 codes with a Zipf distribution (exponent 1): /b1 most often. With a number behind "--" at that rate (requests a
-- second), otherwise as fast as answers come.
local count = 10000
local samples = 262144
local wanted = {}
local at = 0

local function prepare()
  local cumulative, total, requests = {}, 0, {}
  for rank = 1, count do
    total = total + 1 / rank
    cumulative[rank] = total
    requests[rank] = wrk.format("GET", "/b" .. rank)
  end
  math.randomseed(20261121)
  -- Drawn beforehand: the load generator shares the processor with what it measures.
  for sample = 1, samples do
    local drawn = math.random() * total
    local low, high = 1, count
    while low < high do
      local middle = math.floor((low + high) / 2)
      if cumulative[middle] < drawn then low = middle + 1 else high = middle end
    end
    wanted[sample] = requests[low]
  end
end

local function pace(rate)
  local ffi = require("ffi")
  ffi.cdef("typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *time);")
  local time = ffi.new("bench_time")
  local function now()
    ffi.C.clock_gettime(1, time)
    return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1000000
  end
  local due = now()
  -- wrk waits whole milliseconds: rounded up or down by chance, so that requests are spread.
  function delay()
    local present = now()
    due = due + 1000 / rate
    -- What a slow server has delayed is not made up for at once.
    if due < present - 10 then due = present - 10 end
    return math.max(0, math.floor(due - present + math.random()))
  end
end

function init(arguments)
  prepare()
  if arguments[1] then pace(tonumber(arguments[1])) end
end

function request()
  at = at % samples + 1
  return wanted[at]
end
