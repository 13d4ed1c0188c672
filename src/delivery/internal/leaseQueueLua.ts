/**
 * The steps of `leaseQueueCore` in Lua, as Redis takes them: one script an action. A change there is a change here; a
 * differential test holds the two together.
 *
 * A script looks first and writes then: a refusal leaves nothing half done. The first write of an offer is one that a full
 * Redis refuses; the first one of a settlement is one that it takes, since work that is done must be able to say so.
 */
import { begin, offerFields } from "./leaseQueueLuaItems.js"

/** Begins every step on one item: `ARGV[1]` is its id. */
const onItem = `
local id = ARGV[1]
local item = load(id)
if not item then return no("not-found", "there is no item " .. id) end
`

/** `ARGV[2]`, where the step takes ended leases back first. */
const sweepFirst = `sweepOne(item, tonumber(ARGV[2]))
`

/** `ARGV[2]` is the token. A settlement that was made before is found at the end of the ledger, where it began to be lost. */
const settling = (outcome: string) => `
local token, outcome = tonumber(ARGV[2]), "${outcome}"
local function isPast()
  local to = -1
  while true do
    local lines = redis.call("LRANGE", ledgerKey(id), to - 49, to)
    for i = #lines, 1, -1 do
      local entry = cjson.decode(lines[i])
      if entry.token == token and entry.outcome == outcome then return true end
      if entry.token and entry.token < token then return false end
    end
    if #lines < 50 then return false end
    to = to - 50
  end
end
if not item.leaseOwner or int(item, "token") ~= token then
  if isPast() then return ok(item) end
  return no("stale", "token " .. ARGV[2] .. " of item " .. id .. " is not valid any more")
end
local lease = leaseOf(item)
`

const bodies = {
  acquire: `${onItem}${sweepFirst}
local owner, millis, states, ordered = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6] == "1"
if item.state == "leased" then
  if item.leaseOwner == owner then return ok(item) end
  return no("state", "item " .. id .. " is leased by " .. item.leaseOwner)
end
if not string.find("," .. states .. ",", "," .. item.state .. ",", 1, true) or
  (item.state ~= "ready" and item.state ~= "parked" and item.state ~= "poison") then
  return no("state", "item " .. id .. " is " .. item.state)
end
if ordered and occupied(item) then
  return no("held", "another item of partition " .. item.partitionKey .. " comes before it")
end
grant(item, item.state, owner, millis)
return ok(item)
`,
  claim: `
local queue, owner, limit, lease, maxStalls = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
sweep(queue, 100, maxStalls)
local key, from, found = keyOf("ready", queue), "-", {}
while #found < limit do
  local head = redis.call("ZRANGEBYLEX", key, from, "+", "LIMIT", 0, 1)[1]
  if not head then break end
  local priority = string.sub(head, 1, 3)
  local due = redis.call("ZRANGEBYLEX", key, "[" .. priority, "(" .. priority .. ":" .. pad(now) .. ";",
    "LIMIT", 0, limit - #found)
  for _, member in ipairs(due) do
    local item = load(string.sub(member, 22))
    if item then
      grant(item, "ready", owner, lease)
      found[#found + 1] = flat(item)
    else
      take(key, member)
    end
  end
  if #due == 0 then from = "[" .. priority .. ";" end
end
return found
`,
  complete: `${onItem}${settling("completed")}
apply(item, leaseless({ state = "done", attempts = text(int(item, "attempts") + 1), attemptedAt = nowText }))
record(id, outcome, optional(ARGV[3]), lease)
return ok(item)
`,
  count: `
local queue, place, after, size = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local before, since, upTo = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local ids = redis.call("ZRANGEBYLEX", keyOf("items", queue, place), after == "" and "-" or "(" .. after, "+",
  "LIMIT", 0, size)
local count, first, last = 0, most, 0
for _, id in ipairs(ids) do
  local found = redis.call("HMGET", itemKey(id), "createdAt", "seq", "failedAt")
  local at, seq = tonumber(found[1] or "0"), tonumber(found[2] or "0")
  if at <= before and at >= since and seq <= upTo then
    count, first, last = count + 1, math.min(first, at), math.max(last, tonumber(found[3] or at))
  end
end
return { text(count), #ids < size and "" or ids[#ids], text(first), text(last) }
`,
  discard: `${onItem}${sweepFirst}
if item.state == "discarded" then return ok(item) end
if item.state == "done" or item.state == "leased" then
  return no("state", "item " .. id .. " is " .. item.state)
end
apply(item, { state = "discarded" })
record(id, "discarded", optional(ARGV[3]))
return ok(item)
`,
  edit: `${onItem}${sweepFirst}
local version, detail = tonumber(ARGV[3]), optional(ARGV[4])
local patch = { payload = optional(ARGV[5]), lastError = optional(ARGV[6]), reason = optional(ARGV[7]), signature = optional(ARGV[8]) }
local own = tonumber(item.version or "1")
local isDone = own == version + 1
for name, value in pairs(patch) do
  if value ~= (item[name] or ((name == "reason" or name == "signature") and "" or nil)) then isDone = false end
end
if isDone then return ok(item) end
if own ~= version then
  return no("version", "item " .. id .. " has version " .. text(own) .. ", not " .. text(version))
end
if item.state == "leased" or isFinal(item.state) then
  return no("state", "item " .. id .. " is " .. item.state)
end
patch.version = text(own + 1)
if patch.lastError then patch.failedAt = nowText end
apply(item, patch)
if ARGV[9] ~= "1" then record(id, "edited", detail) end
return ok(item)
`,
  fail: `${onItem}${settling("failed")}
local how, delay = ARGV[3], tonumber(ARGV[4])
local fields = leaseless({ attempts = text(int(item, "attempts") + 1), attemptedAt = nowText, failedAt = nowText })
local notBefore
if how == "retry" then
  notBefore = text(later(delay))
  fields.notBefore, fields.state = notBefore, inTurn(item, "ready")
else
  fields.state = how == "park" and "parked" or "poison"
end
fields.lastError, fields.reason, fields.signature = optional(ARGV[5]), optional(ARGV[6]), optional(ARGV[7])
apply(item, fields)
record(id, outcome, optional(ARGV[8]), lease, notBefore)
return ok(item)
`,
  get: `${onItem}${sweepFirst}
return ok(item)
`,
  held: `${onItem}${sweepFirst}
return { "ok", { occupied(item) and "1" or "0" } }
`,
  list: `
local queue, maxStalls, want = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local what, down, after, scan = ARGV[4], ARGV[5] == "1", ARGV[6], tonumber(ARGV[7])
local before, since, upTo = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if sweep(queue, 100, maxStalls) == 100 then return { "again" } end
local seq = tonumber(redis.call("GET", KEYS[1]) or "0")
local isPlain = before == most and since == -most and upTo >= seq
local sources = {}
for i = 11, #ARGV do sources[i - 10] = { key = keyOf(what, queue, ARGV[i]) } end
local block = math.min(want, math.ceil(want * 2 / math.max(1, #sources)))
local function fill(source)
  local from = source.last or after
  from = from ~= "" and "(" .. from or nil
  if down then
    source.rows = redis.call("ZREVRANGEBYLEX", source.key, from or "+", "-", "LIMIT", 0, block)
  else
    source.rows = redis.call("ZRANGEBYLEX", source.key, from or "-", "+", "LIMIT", 0, block)
  end
  source.at, source.last = 1, source.rows[#source.rows]
end
local function isLess(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local heap = {}
local function comesBefore(i, j)
  local a, b = heap[i].rows[heap[i].at], heap[j].rows[heap[j].at]
  if down then return isLess(b, a) end
  return isLess(a, b)
end
local function sink(i)
  while true do
    local first = i
    for child = 2 * i, 2 * i + 1 do
      if heap[child] and comesBefore(child, first) then first = child end
    end
    if first == i then return end
    heap[i], heap[first] = heap[first], heap[i]
    i = first
  end
end
for _, source in ipairs(sources) do
  fill(source)
  if #source.rows > 0 then heap[#heap + 1] = source end
end
for i = math.floor(#heap / 2), 1, -1 do sink(i) end
local found, last, scanned = {}, "", 0
while heap[1] and #found < want and scanned < scan do
  local source = heap[1]
  last = source.rows[source.at]
  scanned = scanned + 1
  local key = itemKey(what == "items" and last or string.sub(last, 18))
  local passes = isPlain
  if not isPlain then
    local kept = redis.call("HMGET", key, "createdAt", "seq")
    local at, offered = tonumber(kept[1] or "0"), tonumber(kept[2] or "0")
    passes = at <= before and at >= since and offered <= upTo
  end
  local kept = passes and redis.call("HGETALL", key)
  if kept and #kept > 0 then found[#found + 1] = kept end
  source.at = source.at + 1
  if source.at > #source.rows then fill(source) end
  if #source.rows == 0 then
    heap[1] = heap[#heap]
    heap[#heap] = nil
  end
  sink(1)
end
return { heap[1] and "more" or "end", last, found }
`,
  offer: `
local answers = {}
for i = 1, #ARGV, ${offerFields.length} do
  local id, nonce, queue, state = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local key, dedupeKey = itemKey(id), optional(ARGV[i + 6])
  local holder, isHeld
  if dedupeKey then
    holder = redis.call("HGET", keyOf("dedupe", queue), dedupeKey)
    local kept = holder and redis.call("HMGET", itemKey(holder), "state", "dedupeUntil")
    isHeld = kept and kept[1] and (not isFinal(kept[1]) or tonumber(kept[2] or "0") > now)
  end
  local isNew = false
  if redis.call("EXISTS", key) == 1 then
    -- an id of our own making, or one with our nonce, is from a try whose answer was lost
    isNew = nonce == "" or redis.call("HGET", key, "nonce") == nonce
  elseif isHeld then
    id = holder
  else
    isNew = true
    local seq = redis.call("INCR", KEYS[1])
    if dedupeKey then
      if holder then redis.call("HDEL", itemKey(holder), "dedupeKey") end
      redis.call("HSET", keyOf("dedupe", queue), dedupeKey, id)
    end
    local item = { id = id, queue = queue, state = state, partitionKey = optional(ARGV[i + 4]) }
    item.state = inTurn(item, state)
    local fields = {
      id = id, queue = queue, state = item.state, seq = text(seq), partitionKey = item.partitionKey,
      dedupeKey = dedupeKey, notBefore = text(later(tonumber(ARGV[i + 9]))), payload = ARGV[i + 10],
      lastError = optional(ARGV[i + 11]), createdAt = nowText, updatedAt = nowText
    }
    if nonce ~= "" then fields.nonce = nonce end
    if ARGV[i + 5] ~= "block" then fields.onPark = ARGV[i + 5] end
    if dedupeKey then fields.dedupeUntil = text(later(tonumber(ARGV[i + 7]))) end
    if ARGV[i + 8] ~= "0" then fields.priority = ARGV[i + 8] end
    if ARGV[i + 12] ~= "" then fields.source = ARGV[i + 12] end
    if ARGV[i + 13] ~= "" then fields.kind = ARGV[i + 13] end
    if ARGV[i + 14] ~= "" then fields.reason = ARGV[i + 14] end
    if ARGV[i + 15] ~= "" then fields.signature = ARGV[i + 15] end
    if fields.lastError then fields.failedAt = nowText end
    write(item, fields)
    enlistLater(item)
  end
  answers[#answers + 1] = id
  answers[#answers + 1] = isNew and "1" or "0"
end
putAll()
return answers
`,
  park: `${onItem}${sweepFirst}
if item.state == "poison" then return ok(item) end
if item.state == "leased" or isFinal(item.state) then
  return no("state", "item " .. id .. " is " .. item.state)
end
apply(item, { state = "poison" })
record(id, "parked", optional(ARGV[3]))
return ok(item)
`,
  places: `
local queue, maxStalls, swept = ARGV[1], tonumber(ARGV[2]), ARGV[3] == "1"
if swept and sweep(queue, 100, maxStalls) == 100 then return { "again" } end
local found = { "ok", redis.call("GET", KEYS[1]) or "0" }
for _, place in ipairs(redis.call("SMEMBERS", keyOf("places", queue))) do
  local key = keyOf("items", queue, place)
  local first = redis.call("ZRANGEBYLEX", key, "-", "+", "LIMIT", 0, 1)[1]
  found[#found + 1] = place
  found[#found + 1] = text(redis.call("ZCARD", key))
  found[#found + 1] = redis.call("HGET", itemKey(first), "createdAt") or nowText
  local last = redis.call("ZREVRANGEBYLEX", keyOf("failures", queue, place), "+", "-", "LIMIT", 0, 1)[1]
  found[#found + 1] = last and text(tonumber(string.sub(last, 1, 16))) or ""
end
return found
`,
  purge: `
local queue, place, after, age, size = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local dryRun = ARGV[6] == "1"
if now < age then return { "0", "" } end
local members = redis.call("ZRANGEBYLEX", keyOf("changes", queue, place), after == "" and "-" or "(" .. after,
  "(" .. pad(now - age) .. ";", "LIMIT", 0, size)
local purged = 0
for _, member in ipairs(members) do
  local item = load(string.sub(member, 18))
  if item and int(item, "dedupeUntil") <= now then
    purged = purged + 1
    if not dryRun then
      unlist(item)
      redis.call("DEL", itemKey(item.id), ledgerKey(item.id))
      if item.dedupeKey then redis.call("HDEL", keyOf("dedupe", queue), item.dedupeKey) end
    end
  end
end
return { text(purged), #members < size and "" or members[#members] }
`,
  release: `${onItem}${settling("released")}
local delay = tonumber(ARGV[3])
local notBefore = delay > 0 and text(later(delay)) or text(int(item, "notBefore"))
apply(item, leaseless({ state = inTurn(item, item.leaseFrom), notBefore = notBefore }))
record(id, outcome, optional(ARGV[4]), lease, notBefore)
return ok(item)
`,
  renew: `${onItem}
if not item.leaseOwner or int(item, "token") ~= tonumber(ARGV[2]) then
  return no("stale", "token " .. ARGV[2] .. " of item " .. id .. " is not valid any more")
end
local key = keyOf("leased", item.queue)
take(key, leaseMember(item))
write(item, { leaseUntil = text(math.max(int(item, "leaseUntil"), later(tonumber(ARGV[3])))) })
put(key, leaseMember(item))
return ok(item)
`,
  sweep: `
return { text(sweep(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))) }
`,
  unpark: `${onItem}${sweepFirst}
local to = ARGV[3]
if item.state == to or (to == "ready" and item.state == "waiting") then return ok(item) end
if item.state ~= "parked" and item.state ~= "poison" then
  return no("state", "item " .. id .. " is " .. item.state)
end
apply(item, { state = inTurn(item, to), attempts = false, stalls = false })
record(id, "unparked", optional(ARGV[4]))
return ok(item)
`
}

export type Action = keyof typeof bodies

export const script = (action: Action): string => `${begin}${bodies[action]}`
