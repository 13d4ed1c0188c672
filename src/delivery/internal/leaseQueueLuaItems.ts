/**
 * How items of a lease queue lie in Redis, in Lua: their keys, where each is listed, how one is read, written and moved. Every
 * script of `leaseQueueLua` begins with it.
 *
 * The one key that is declared says in which slot the queue is; the scripts name the others from it, and they have the same
 * hash tag. Every sorted set has one score, so that its order is that of the bytes of its members, which is exact. Lua's
 * own comparison of strings follows the server's locale, and is not used for order.
 */

/** What the declared key is called, after the prefix. */
export const seqKey = "seq"

/** Of a new item, in this order; `+` comes before what may be left out, and nothing stands for what is. */
export const offerFields = [
  ...["id", "nonce", "queue", "state", "partitionKey", "onPark", "dedupeKey", "dedupeFor", "priority", "delay"],
  ...["payload", "lastError", "source", "kind", "reason", "signature"]
] as const

/** What every script begins with. */
export const begin = `
local base = string.sub(KEYS[1], 1, -${seqKey.length + 1})
local clock = redis.call("TIME")
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local most = ${Number.MAX_SAFE_INTEGER}

local function text(number) return string.format("%.0f", number) end
local function pad(number) return string.format("%016.0f", number) end
local nowText = text(now)
local function later(millis) return math.min(now + millis, most) end
local function optional(arg)
  if arg ~= "" then return string.sub(arg, 2) end
end
local escapes = { ["%"] = "%25", [":"] = "%3A" }
local escapedNames = {}
local function escaped(name)
  local known = escapedNames[name]
  if not known then
    known = string.gsub(name, "[%%:]", escapes)
    escapedNames[name] = known
  end
  return known
end
local function keyOf(what, queue, rest)
  local key = base .. what .. ":" .. escaped(queue)
  return rest and key .. ":" .. rest or key
end
local function itemKey(id) return base .. "item:" .. id end
local function ledgerKey(id) return base .. "ledger:" .. id end

local function load(id)
  local flat = redis.call("HGETALL", itemKey(id))
  if #flat == 0 then return nil end
  local item = {}
  for i = 1, #flat, 2 do item[flat[i]] = flat[i + 1] end
  return item
end
local function int(item, field) return tonumber(item[field] or "0") end

local function isFinal(state) return state == "done" or state == "discarded" end
local function hasTurn(state) return state == "ready" or state == "leased" end
local function blocks(item)
  return item.onPark ~= "skip" and (item.state == "parked" or item.state == "poison")
end

-- where an item is found

local function placeOf(item)
  return table.concat({
    item.state, escaped(item.source or ""), escaped(item.kind or ""), escaped(item.reason or ""),
    escaped(item.signature or "")
  }, ":")
end
local function partitionOf(item) return keyOf("partition", item.queue, item.partitionKey) end
local function readyMember(item)
  return string.format("%03.0f", int(item, "priority") + 100) .. ":" .. pad(int(item, "notBefore")) .. ":" .. item.id
end
local function changeMember(item) return pad(int(item, "updatedAt")) .. ":" .. item.id end
local function failureMember(item) return pad(int(item, item.failedAt and "failedAt" or "createdAt")) .. ":" .. item.id end
local function leaseMember(item) return pad(int(item, "leaseUntil")) .. ":" .. item.id end
local function partitionMember(item)
  if hasTurn(item.state) then return "turn:" .. item.id end
  if item.state == "waiting" then return "waiting:" .. pad(int(item, "seq")) .. ":" .. item.id end
  if blocks(item) then return "aside:" .. pad(int(item, "seq")) .. ":" .. item.id end
end

local function each(item, run)
  local queue, place = item.queue, placeOf(item)
  run(keyOf("items", queue, place), item.id)
  run(keyOf("changes", queue, place), changeMember(item))
  if (item.signature or "") ~= "" then run(keyOf("failures", queue, place), failureMember(item)) end
  if item.state == "ready" then run(keyOf("ready", queue), readyMember(item)) end
  if item.state == "leased" then run(keyOf("leased", queue), leaseMember(item)) end
  if item.partitionKey then
    local member = partitionMember(item)
    if member then run(partitionOf(item), member) end
  end
  return place
end
local function take(key, member) redis.call("ZREM", key, member) end
local function put(key, member) redis.call("ZADD", key, 0, member) end
local function unlist(item)
  local place = each(item, take)
  if redis.call("EXISTS", keyOf("items", item.queue, place)) == 0 then
    redis.call("SREM", keyOf("places", item.queue), place)
  end
end
local function enlist(item)
  redis.call("SADD", keyOf("places", item.queue), each(item, put))
end

-- for many new items, none of which is looked for before \`putAll\`: a command a key instead of one an item
local toPut, toPlace = {}, {}
local function putAllIn(key)
  redis.call("ZADD", key, unpack(toPut[key]))
  toPut[key] = nil
end
local function putLater(key, member)
  local members = toPut[key] or {}
  toPut[key] = members
  members[#members + 1] = 0
  members[#members + 1] = member
  if #members >= 1000 then putAllIn(key) end
end
local function enlistLater(item)
  -- what is in a partition is looked for
  local place = each(item, item.partitionKey and put or putLater)
  toPlace[keyOf("places", item.queue) .. " " .. place] = { item.queue, place }
end
local function putAll()
  for key in pairs(toPut) do putAllIn(key) end
  for _, found in pairs(toPlace) do redis.call("SADD", keyOf("places", found[1]), found[2]) end
end

-- what happens to an item

local function write(item, fields)
  local set, gone = {}, {}
  for name, value in pairs(fields) do
    if value == false then
      if item[name] then gone[#gone + 1] = name end
      item[name] = nil
    else
      set[#set + 1] = name
      set[#set + 1] = value
      item[name] = value
    end
  end
  if #gone > 0 then redis.call("HDEL", itemKey(item.id), unpack(gone)) end
  if #set > 0 then redis.call("HSET", itemKey(item.id), unpack(set)) end
end
local function change(item, fields)
  unlist(item)
  write(item, fields)
  enlist(item)
end

local function occupied(item)
  if not item.partitionKey then return false end
  local key = partitionOf(item)
  for _, member in ipairs(redis.call("ZRANGEBYLEX", key, "[turn:", "(turn;", "LIMIT", 0, 2)) do
    if member ~= "turn:" .. item.id then return true end
  end
  local seq = pad(item.seq and int(item, "seq") or most)
  for _, what in ipairs({ "waiting:", "aside:" }) do
    if #redis.call("ZRANGEBYLEX", key, "[" .. what, "(" .. what .. seq, "LIMIT", 0, 1) > 0 then return true end
  end
  return false
end
local function inTurn(item, state)
  return state == "ready" and occupied(item) and "waiting" or state
end
local function promote(item)
  local first = redis.call("ZRANGEBYLEX", partitionOf(item), "[waiting:", "(waiting;", "LIMIT", 0, 1)[1]
  local next = first and load(string.sub(first, ${"waiting:".length + 16 + 2}))
  if next and not occupied(next) then change(next, { state = "ready", updatedAt = nowText }) end
end
local function apply(item, fields)
  local state = item.state
  local held = item.partitionKey and (hasTurn(state) or blocks(item))
  fields.updatedAt = nowText
  change(item, fields)
  if held and item.state ~= state and not hasTurn(item.state) then promote(item) end
end

local function leaseOf(item)
  return { token = item.token, owner = item.leaseOwner, since = item.leaseSince }
end
local function leaseless(fields)
  fields.leaseOwner, fields.leaseSince, fields.leaseUntil, fields.leaseFrom = false, false, false, false
  return fields
end
local function record(id, outcome, detail, lease, notBefore)
  local line = '{"at":' .. nowText .. ',"outcome":"' .. outcome .. '"'
  if lease then
    line = line .. ',"token":' .. lease.token .. ',"owner":' .. cjson.encode(lease.owner) ..
      ',"startedAt":' .. lease.since
  end
  if detail then line = line .. ',"detail":' .. cjson.encode(detail) end
  if notBefore then line = line .. ',"notBefore":' .. notBefore end
  redis.call("RPUSH", ledgerKey(id), line .. "}")
end

local function hasEnded(item) return item.leaseUntil ~= nil and int(item, "leaseUntil") <= now end
local function sweepOne(item, maxStalls)
  if not hasEnded(item) then return end
  local lease, stalls = leaseOf(item), int(item, "stalls") + 1
  local isPoison = stalls >= maxStalls
  local state = isPoison and "poison" or inTurn(item, item.leaseFrom)
  apply(item, leaseless({ state = state, stalls = text(stalls) }))
  record(item.id, "stalled", isPoison and "the lease ended " .. text(stalls) .. " times without a result" or
    "the lease ended without a result", lease)
end
local function sweep(queue, limit, maxStalls)
  local ended = redis.call("ZRANGEBYLEX", keyOf("leased", queue), "-", "(" .. pad(now) .. ";", "LIMIT", 0, limit)
  for _, member in ipairs(ended) do
    local item = load(string.sub(member, 18))
    if item then sweepOne(item, maxStalls) else take(keyOf("leased", queue), member) end
  end
  return #ended
end
local function grant(item, from, owner, lease)
  change(item, {
    state = "leased", token = text(int(item, "token") + 1), leaseOwner = owner, leaseSince = nowText,
    leaseUntil = text(later(lease)), leaseFrom = from, updatedAt = nowText
  })
end

-- what is answered

local function flat(item)
  local found = {}
  for name, value in pairs(item) do
    found[#found + 1] = name
    found[#found + 1] = value
  end
  return found
end
local function ok(item) return { "ok", flat(item) } end
local function no(reason, message) return { "no", { reason, message } } end
`
