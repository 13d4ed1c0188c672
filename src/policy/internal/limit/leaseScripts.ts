/**
 * The steps of `leaseCore` as Lua, one script each. The record is one string, so that a step costs one read and one write:
 * a line of its own, then one line a process. All numbers in it are doubles in full; what comes in and goes out is whole.
 */
import * as Lease from "./leaseCore.js"

const common = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local ledger = { tokens = 0, at = 0, seen = 0, cool = 0, first = "", accounts = {} }
local nodes = {}
local text = redis.call("GET", KEYS[1])
if text then
  local head = true
  for line in string.gmatch(text, "[^\\n]+") do
    local f = {}
    for word in string.gmatch(line, "%S+") do f[#f + 1] = word end
    if head then
      ledger.tokens, ledger.at, ledger.seen, ledger.cool = tonumber(f[1]), tonumber(f[2]), tonumber(f[3]), tonumber(f[4])
      ledger.first = f[5] == "-" and "" or f[5]
      head = false
    else
      nodes[#nodes + 1] = f[1]
      ledger.accounts[f[1]] = {
        era = tonumber(f[2]), granted = tonumber(f[3]), spent = tonumber(f[4]), returned = tonumber(f[5]),
        debt = tonumber(f[6]), wants = f[7] == "1", till = tonumber(f[8])
      }
    end
  end
end
local back = ledger.seen - now
if back > 0 and back <= 1000 then
  now = ledger.seen
else
  if back > 0 then
    if ledger.at > 0 then ledger.at = math.max(1, ledger.at - back) end
    ledger.cool = ledger.cool - back
    for _, account in pairs(ledger.accounts) do account.till = account.till - back end
  end
  ledger.seen = now
end
local function num(n) return string.format("%.17g", n) end
local function save(full)
  local keep = math.max(0, ledger.cool - now, full)
  local first = ledger.first == "" and "-" or ledger.first
  local lines = { table.concat({ num(ledger.tokens), num(ledger.at), num(ledger.seen), num(ledger.cool), first }, " ") }
  for _, node in ipairs(nodes) do
    local a = ledger.accounts[node]
    if a then
      keep = math.max(keep, a.till + ${Lease.presence} - now)
      lines[#lines + 1] = table.concat({
        node, num(a.era), num(a.granted), num(a.spent), num(a.returned), num(a.debt), a.wants and "1" or "0", num(a.till)
      }, " ")
    end
  end
  redis.call("SET", KEYS[1], table.concat(lines, "\\n"), "PX", string.format("%.0f", math.min(1e14, math.ceil(keep) + 1)))
end
`

export const settle = `${common}
local capacity, rate = ARGV[1] / 1000, ARGV[2] / 1e9
local node = ARGV[3]
local era, granted, spent, returned = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local age, want, need, debt = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local bucket = capacity > 0
local function held(a) return a.granted - a.spent - a.returned end
local function heldByAll()
  local sum = 0
  for _, name in ipairs(nodes) do
    local a = ledger.accounts[name]
    if a then sum = sum + held(a) end
  end
  return sum
end
if bucket and ledger.at == 0 then
  ledger.tokens = tonumber(ARGV[12])
  ledger.at = now
end
local all, freed = now - ledger.at, math.huge
local function earn(millis)
  if not bucket then return end
  local left = math.min(all, freed, millis) * rate / 1000
  local tokens = math.min(capacity - heldByAll() - ledger.tokens, left)
  ledger.tokens = ledger.tokens + tokens
  local used = math.max(0, tokens) / rate * 1000
  all = all - used
  freed = freed - used
end
earn(all)
local since = 0
for _, name in ipairs(nodes) do
  local a = ledger.accounts[name]
  if now >= a.till then
    if a.wants or held(a) > 0 then
      since = math.max(since, a.till)
      ledger.accounts[name] =
        { era = a.era + 1, granted = 0, spent = 0, returned = 0, debt = 0, wants = false, till = a.till }
    end
    if now >= a.till + ${Lease.presence} then ledger.accounts[name] = nil end
  end
end
freed = now - since
earn(freed)
local account = ledger.accounts[node]
if not account or account.era < era then
  if not account then nodes[#nodes + 1] = node end
  account = { era = era, granted = granted, spent = spent, returned = returned, debt = 0, wants = false, till = now }
  ledger.accounts[node] = account
end
local current = account.era == era
if current then
  local given = math.max(0, returned - account.returned)
  account.returned = account.returned + given
  ledger.tokens = ledger.tokens + given
  account.spent = math.max(account.spent, spent)
  local over = math.max(0, -held(account))
  account.granted = account.granted + over
  ledger.tokens = ledger.tokens - over
  ledger.tokens = ledger.tokens - math.min(math.max(0, debt - account.debt), math.max(0, ledger.tokens + capacity))
  account.debt = math.max(account.debt, debt)
end
earn(age)
local function contenders()
  local sum = 0
  for _, name in ipairs(nodes) do
    local a = ledger.accounts[name]
    if a and a.wants then sum = sum + 1 end
  end
  return sum
end
if bucket then ledger.at = now end
if bucket and current then
  if now < ledger.cool then want = 0 end
  account.wants = want > 0
  local first = ledger.accounts[ledger.first]
  if not first or not first.wants then ledger.first = "" end
  if want > 0 and (ledger.first == "" or ledger.first == node) then
    local n = contenders()
    local share = math.min(rate * ${Lease.span} / 1000 / n, capacity / math.max(2, n), ${Lease.most})
    local target = math.max(1, need, math.min(want, share))
    local given = math.max(0, math.floor(math.min(target - held(account), capacity - heldByAll()) + 1e-7))
    if held(account) + given >= need then
      account.granted = account.granted + given
      ledger.tokens = ledger.tokens - given
      ledger.first = ""
    else
      ledger.first = node
    end
  end
  account.till = now
  if account.wants or held(account) > 0 then
    account.till = now + ${Lease.lease} + math.max(0, -ledger.tokens) / rate * 1000
  end
end
local count = 0
for _, name in ipairs(nodes) do if ledger.accounts[name] then count = count + 1 end end
save(bucket and (capacity - ledger.tokens) / rate * 1000 or 0)
local function whole(n) return math.max(-9e15, math.min(9e15, n)) end
return {
  account.era,
  account.granted,
  whole(math.floor(ledger.tokens * 1000)),
  whole(math.floor(account.till - now)),
  whole(math.ceil(math.max(0, ledger.cool - now))),
  count,
  contenders(),
  ledger.first == node and 1 or 0
}
`

export const coolDown = `${common}
local before = ledger.cool
ledger.cool = math.max(before, now + tonumber(ARGV[1]))
local left = math.ceil(ledger.cool - now)
local keep = redis.call("PTTL", KEYS[1])
save(math.max(0, keep))
redis.call("PUBLISH", ARGV[2], string.format("%.0f", left) .. " " .. ARGV[3])
return left
`
