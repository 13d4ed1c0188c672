/**
 * The steps of `sharedCore` in Lua, as Redis takes them: one script an action, each over one hash. A change there is
 * a change here; a differential test holds the two together.
 *
 * Numbers are kept as text that reads back to the very same number, so that nothing is rounded between two steps.
 */
import type * as Shared from "./sharedCore.js"

/** Of what every script answers and pushes: a view, field by field. */
export const viewFields = [
  "generation",
  "revision",
  "mode",
  "modeReason",
  "state",
  "reason",
  "openLeft",
  "openFor",
  "openings",
  "closedFor",
  "troubled",
  "gatherLeft",
  "failures",
  "total",
  "failed",
  "slow",
  "probes",
  "probeSuccesses"
] as const

/** Of the hash. `nodes`, `probes` and `live` are lists of `a:b:c` with commas between. */
export const fields = [
  ...["generation", "revision", "mode", "modeReason", "state", "reason", "openUntil", "openFor", "openings"],
  ...["closedSince", "failures", "total", "failed", "slow", "at", "ring", "gatherUntil", "nodes", "probes"],
  ...["probeSuccesses", "layout", "live"]
] as const

/** How the scripts ask for the time. A test may put another clock in its place. */
export const time = `redis.call("TIME")`

const begin = (clock: string) => `
local terms, step = cjson.decode(ARGV[2]), cjson.decode(ARGV[3])
local strategy = terms.strategy
local clock = ${clock}
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local granted = true

local function text(number) return string.format("%.17g", number) end

local function list(joined)
  local found = {}
  for item in string.gmatch(joined, "[^,]+") do
    local parts = {}
    for part in string.gmatch(item, "[^:]+") do parts[#parts + 1] = part end
    found[#found + 1] = parts
  end
  return found
end

local record = {}
local stored = redis.call("HGETALL", KEYS[1])
local isNew = #stored == 0
if isNew then
  record = {
    generation = now, revision = now, mode = "auto", modeReason = "", state = "closed", reason = "new",
    openUntil = 0, openFor = 0, openings = 0, closedSince = now,
    failures = 0, total = 0, failed = 0, slow = 0, at = 0, ring = {},
    gatherUntil = 0, nodes = {}, probes = {}, probeSuccesses = 0, layout = terms.layout, live = {}
  }
else
  local raw = {}
  for i = 1, #stored, 2 do raw[stored[i]] = stored[i + 1] end
  for _, name in ipairs({
    "generation", "revision", "openUntil", "openFor", "openings", "closedSince", "failures", "total", "failed",
    "slow", "at", "gatherUntil", "probeSuccesses"
  }) do
    record[name] = tonumber(raw[name]) or error(name .. " is no number")
  end
  for _, name in ipairs({ "mode", "modeReason", "state", "reason", "layout" }) do
    record[name] = raw[name] or error(name .. " is missing")
  end
  record.ring = {}
  for item in string.gmatch(raw.ring, "[^,]+") do record.ring[#record.ring + 1] = tonumber(item) end
  record.nodes, record.probes, record.live = {}, {}, {}
  for i, parts in ipairs(list(raw.nodes)) do
    record.nodes[i] = { node = parts[1], sequence = tonumber(parts[2]), mark = tonumber(parts[3]) }
  end
  for i, parts in ipairs(list(raw.probes)) do
    record.probes[i] = { id = parts[1], till = tonumber(parts[2]), deadline = tonumber(parts[3]) }
  end
  for i, parts in ipairs(list(raw.live)) do record.live[i] = { node = parts[1], at = tonumber(parts[2]) } end
end
local revision = record.revision

local function filter(items, keep)
  local kept = {}
  for _, item in ipairs(items) do
    if keep(item) then kept[#kept + 1] = item end
  end
  return kept
end

-- what has been counted

local function clear()
  record.failures, record.total, record.failed, record.slow, record.at, record.ring = 0, 0, 0, 0, 0, {}
end

local function endRow()
  record.failures = 0
  record.at = record.at + 1
end

local function addToCount(code)
  local size = strategy.size
  if code ~= 0 and #record.ring == 0 then
    for i = 1, size do record.ring[i] = 0 end
  end
  if #record.ring > 0 then
    local slot = record.at % size + 1
    local oldest = record.ring[slot]
    record.failed = record.failed - oldest % 2 + code % 2
    record.slow = record.slow - math.floor(oldest / 2) + math.floor(code / 2)
    record.ring[slot] = code
  end
  if record.total < size then record.total = record.total + 1 end
  record.at = record.at + 1
end

local function addToBucket(bucket, total, failures, slows)
  if #record.ring == 0 then
    for i = 1, strategy.buckets * 3 do record.ring[i] = 0 end
  end
  local slot = bucket % strategy.buckets * 3
  record.ring[slot + 1] = record.ring[slot + 1] + total
  record.ring[slot + 2] = record.ring[slot + 2] + failures
  record.ring[slot + 3] = record.ring[slot + 3] + slows
  record.total = record.total + total
  record.failed = record.failed + failures
  record.slow = record.slow + slows
end

local function rotate()
  if strategy.kind ~= "time" then return end
  local newest = math.floor(now / strategy.width)
  if newest <= record.at then return end
  if record.total > 0 then
    for bucket = math.max(record.at + 1, newest - strategy.buckets + 1), newest do
      local slot = bucket % strategy.buckets * 3
      record.total = record.total - record.ring[slot + 1]
      record.failed = record.failed - record.ring[slot + 2]
      record.slow = record.slow - record.ring[slot + 3]
      record.ring[slot + 1], record.ring[slot + 2], record.ring[slot + 3] = 0, 0, 0
    end
  end
  record.at = newest
end

local function tooMany()
  if strategy.kind == "consecutive" then return record.failures >= strategy.failures end
  return record.total >= strategy.minimum and (
    record.failed / record.total >= strategy.failureRate or record.slow / record.total >= strategy.slowRate
  )
end

local function isTroubled() return record.failures > 0 or record.failed > 0 or record.slow > 0 end

local function percent(share)
  return string.format("%.14g", math.floor(share * 1000 + 0.5) / 10) .. "%"
end

local function describe()
  if strategy.kind == "consecutive" then
    if record.failures == 1 then return "1 failure" end
    return string.format("%.0f failures in a row", record.failures)
  end
  local calls = string.format(" of %.0f calls", record.total)
  if record.failed / record.total >= strategy.failureRate then
    return "failure rate " .. percent(record.failed / record.total) .. calls
  end
  return "slow call rate " .. percent(record.slow / record.total) .. calls
end

local function isCurrent(mark)
  if strategy.kind == "consecutive" then return mark == record.at end
  return record.at - mark < (strategy.kind == "count" and strategy.size or strategy.buckets)
end

local function merge(batch)
  local mark = -1
  if strategy.kind == "consecutive" then
    if batch.success then endRow() end
    record.failures = record.failures + batch.failures
    if batch.failures > 0 then mark = record.at end
  elseif strategy.kind == "count" then
    record.total = math.min(strategy.size, record.total + batch.older)
    for _, code in ipairs(batch.codes) do
      addToCount(code)
      if code ~= 0 then mark = record.at end
    end
  else
    rotate()
    for i = 1, #batch.buckets, 4 do
      local bucket = math.floor((now - batch.buckets[i]) / strategy.width)
      if record.at - bucket < strategy.buckets then
        local failures, slows = batch.buckets[i + 2], batch.buckets[i + 3]
        addToBucket(bucket, batch.buckets[i + 1], failures, slows)
        if failures + slows > 0 then mark = bucket end
      end
    end
  end
  return mark
end

-- the circuit

local function modeOf() return record.mode == "auto" and terms.mode or record.mode end

local function isToBeAsked()
  local mode = modeOf()
  if mode == "disabled" or mode == "forced-open" or record.state == "closed" then return false end
  return not (record.state == "open" and now < record.openUntil)
end

local function settleDown()
  record.generation = record.generation + 1
  record.revision = record.revision + 1
  record.gatherUntil, record.nodes, record.probes, record.probeSuccesses = 0, {}, {}, 0
  clear()
end

local function stayOpen(millis, reason)
  record.state, record.reason = "open", reason
  record.openFor = math.min(millis, ${2 ** 50})
  record.openUntil = now + record.openFor
  settleDown()
end

local function open(told, reason)
  if record.state == "closed" and now - record.closedSince >= record.openFor then record.openings = 0 end
  record.openings = record.openings + 1
  local millis = told
  if not (told > 0) then
    millis = terms.resetTimeout == 0 and 0 or terms.resetTimeout * terms.resetBackoff ^ (record.openings - 1)
  end
  millis = math.min(millis, terms.maxResetTimeout)
  stayOpen(millis * (1 + terms.resetJitter * terms.luck), reason)
end

local function close(reason)
  record.state, record.reason, record.closedSince = "closed", reason, now
  settleDown()
end

local function setMode(mode, reason)
  record.mode, record.modeReason = mode, reason
  record.revision = record.revision + 1
end

local function dropEndedProbes()
  record.probes = filter(record.probes, function(probe) return probe.till > now end)
end

local function hear(node)
  record.live = filter(record.live, function(one) return one.node ~= node and now - one.at < terms.livesFor end)
  record.live[#record.live + 1] = { node = node, at = now }
end

local function isLive(node)
  for _, one in ipairs(record.live) do
    if one.node == node then return true end
  end
  return false
end
`

const actions: Readonly<Record<Shared.Step["_tag"], string>> = {
  acquireProbe: `
local function acquire()
  if step.generation ~= record.generation or not isToBeAsked() then return false end
  dropEndedProbes()
  for _, probe in ipairs(record.probes) do
    if probe.id == step.id then return true end
  end
  if #record.probes >= terms.halfOpenMaxConcurrent then return false end
  local deadline = now + terms.probeLease
  record.probes[#record.probes + 1] = {
    id = step.id, till = math.min(now + step.lease, deadline), deadline = deadline
  }
  if record.state == "open" then
    record.state, record.reason = "half-open", "probing"
    record.revision = record.revision + 1
  end
  return true
end
granted = acquire()
`,
  command: `
local command, mode = step.command, modeOf()
if command._tag == "forceOpen" then
  setMode("forced-open", command.reason)
  if mode ~= "forced-open" then
    record.state, record.reason, record.openUntil = "open", "forced: " .. command.reason, now
    settleDown()
  end
elseif command._tag == "forceClose" then
  if mode == "forced-open" then setMode("auto", "") end
  close("forced")
elseif command._tag == "openFor" then
  if mode ~= "forced-open" and mode ~= "disabled" then stayOpen(command.millis, "forced: " .. command.reason) end
elseif command._tag == "setMode" then
  setMode(command.mode, command.reason)
  if mode == "forced-open" or modeOf() == "disabled" then
    close(record.modeReason == "" and record.mode or record.mode .. ": " .. record.modeReason)
  end
else
  setMode("auto", "")
  record.openings, record.openFor = 0, 0
  close("reset")
end
`,
  leave: `
record.live = filter(record.live, function(one) return one.node ~= step.node end)
`,
  probeResult: `
if step.generation == record.generation and record.state == "half-open" then
  dropEndedProbes()
  local live = #record.probes
  record.probes = filter(record.probes, function(probe) return probe.id ~= step.id end)
  if #record.probes < live and step.code >= 0 then
    if step.code ~= 0 then
      open(step.told, step.code % 2 == 1 and "a probe failed" or "a probe was slow")
    else
      record.probeSuccesses = record.probeSuccesses + 1
      if record.probeSuccesses >= terms.successThreshold then close("probes succeeded") end
    end
  end
end
`,
  read: `
if step.present then hear(step.node) end
`,
  renewProbe: `
local function renew()
  if step.generation ~= record.generation then return false end
  dropEndedProbes()
  for _, probe in ipairs(record.probes) do
    if probe.id == step.id then
      probe.till = math.max(probe.till, math.min(now + step.lease, probe.deadline))
      return true
    end
  end
  return false
end
granted = renew()
`,
  report: `
local report = step.report
if record.layout ~= terms.layout then
  clear()
  record.layout = terms.layout
end
hear(report.node)

local function nodeOf(node)
  for _, known in ipairs(record.nodes) do
    if known.node == node then return known end
  end
  local made = { node = node, sequence = 0, mark = -1 }
  record.nodes = filter(record.nodes, function(known) return isLive(known.node) end)
  record.nodes[#record.nodes + 1] = made
  return made
end

local function isQuorate()
  local troubled = 0
  for _, known in ipairs(record.nodes) do
    if known.mark >= 0 and isCurrent(known.mark) and isLive(known.node) then troubled = troubled + 1 end
  end
  return troubled >= math.min(terms.quorum, #record.live)
end

if report.generation == record.generation and record.state == "closed" then
  rotate()
  local troubled = isTroubled()
  local known = nodeOf(report.node)
  if report.sequence > known.sequence then
    known.sequence = report.sequence
    known.mark = math.max(known.mark, merge(report.batch))
  end
  if isTroubled() ~= troubled then
    record.revision = record.revision + 1
    record.gatherUntil = (troubled or strategy.kind == "consecutive") and 0 or now + terms.gather
  end
  if now >= record.gatherUntil and tooMany() and isQuorate() then open(report.batch.told, describe()) end
end
`
}

const end = `
-- what is answered, and kept

local function retryAfter()
  if modeOf() == "forced-open" then return "" end
  if record.state == "open" then return text(math.max(0, record.openUntil - now)) end
  if record.state == "closed" or #record.probes < terms.halfOpenMaxConcurrent then return "0" end
  local wait = 1000
  for _, probe in ipairs(record.probes) do wait = math.min(wait, probe.till - now) end
  return text(math.max(0, wait))
end

local probing = 0
for _, probe in ipairs(record.probes) do
  if probe.till > now then probing = probing + 1 end
end
local counted = { failures = 0, total = 0, failed = 0, slow = 0 }
if record.layout == terms.layout then
  rotate()
  counted = record
end
local view = {
  text(record.generation), text(record.revision), record.mode, record.modeReason, record.state, record.reason,
  text(math.max(0, record.openUntil - now)), text(record.openFor), text(record.openings),
  text(now - record.closedSince),
  (counted.failures > 0 or counted.failed > 0 or counted.slow > 0) and "1" or "0",
  text(math.max(0, record.gatherUntil - now)),
  text(counted.failures), text(counted.total), text(counted.failed), text(counted.slow),
  text(probing), text(record.probeSuccesses)
}

local left = 0
if record.mode ~= "auto" then left = ${30 * 86_400_000}
elseif record.state == "closed" then
  if record.openings > 0 then left = record.closedSince + record.openFor - now end
elseif record.state == "open" then left = record.openUntil - now
else
  for _, probe in ipairs(record.probes) do left = math.max(left, probe.deadline - now) end
end
local timeToLive = math.ceil(math.min(math.max(0, left) + terms.timeToLive, ${2 ** 50}))

local function join(items, names)
  local parts = {}
  for i, item in ipairs(items) do
    local values = {}
    for j, name in ipairs(names) do values[j] = type(item[name]) == "number" and text(item[name]) or item[name] end
    parts[i] = table.concat(values, ":")
  end
  return table.concat(parts, ",")
end

local ring = {}
for i, item in ipairs(record.ring) do ring[i] = text(item) end
redis.call(
  "HSET", KEYS[1],
  "generation", text(record.generation), "revision", text(record.revision), "mode", record.mode,
  "modeReason", record.modeReason, "state", record.state, "reason", record.reason,
  "openUntil", text(record.openUntil), "openFor", text(record.openFor), "openings", text(record.openings),
  "closedSince", text(record.closedSince), "failures", text(record.failures), "total", text(record.total),
  "failed", text(record.failed), "slow", text(record.slow), "at", text(record.at),
  "ring", table.concat(ring, ","), "gatherUntil", text(record.gatherUntil),
  "nodes", join(record.nodes, { "node", "sequence", "mark" }),
  "probes", join(record.probes, { "id", "till", "deadline" }),
  "probeSuccesses", text(record.probeSuccesses), "layout", record.layout, "live", join(record.live, { "node", "at" })
)
redis.call("PEXPIRE", KEYS[1], string.format("%.0f", timeToLive))
if isNew or record.revision ~= revision then
  local push = { ARGV[4] }
  for i, field in ipairs(view) do push[i + 1] = field end
  redis.call("PUBLISH", ARGV[1], cjson.encode(push))
end

local answer = { granted and "1" or "0", retryAfter(), text(now) }
for i, field in ipairs(view) do answer[i + 3] = field end
return answer
`

/** `KEYS`: the record. `ARGV`: channel, terms and step as JSON, the key for people. */
export const script = (action: Shared.Step["_tag"], clock: string = time): string =>
  `${begin(clock)}${actions[action]}${end}`.trim()

/** In the order of the answer of {@link look}. */
export const lookFields = ["state", "mode", "modeReason", "reason", "openings", "openLeft"] as const

/** What a record says, for people: nothing is changed, and nothing is made where there is none. */
export const look = (clock: string = time): string =>
  `
local clock = ${clock}
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local fields = redis.call("HMGET", KEYS[1], "state", "mode", "modeReason", "reason", "openings", "openUntil")
local answer = {}
for i = 1, 5 do answer[i] = fields[i] or "" end
local left = 0
if fields[1] == "open" then left = math.max(0, (tonumber(fields[6]) or 0) - now) end
answer[6] = string.format("%.17g", left)
return answer
`.trim()
