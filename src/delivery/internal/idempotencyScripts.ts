/**
 * The steps of `idempotencyCore` in Lua. A record is one hash, which expires by itself. A change there is a change here: the
 * same random steps are taken by both in a test.
 */
import type { Argument } from "../../core/Redis.js"
import type { Step } from "./idempotencyCore.js"

export const args = (step: Step): ReadonlyArray<Argument> => {
  switch (step._tag) {
    case "begin":
      return [step._tag, step.owner, step.lease, step.keep, step.fingerprint]
    case "renew":
      return [step._tag, step.owner, step.lease, step.keep]
    case "finish":
      return [step._tag, step.owner, 0, step.keep, step.outcome]
    case "release":
      return [step._tag, step.owner]
  }
}

export const lua = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local step, owner, lease, keep, text = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local known = redis.call("HMGET", KEYS[1], "owner", "token", "until", "fingerprint", "outcome", "expires")
local is = known[1] and now < tonumber(known[6])
local function int(n) return string.format("%.0f", n) end
local function set(untilWhen, expires, ...)
  redis.call("HSET", KEYS[1], "until", int(untilWhen), "expires", int(expires), ...)
  redis.call("PEXPIREAT", KEYS[1], int(math.max(expires, now + 1)))
end
if step == "begin" then
  if is then
    if known[4] ~= text then return {"conflict", ""} end
    if known[5] then return {"done", known[5]} end
    if known[1] ~= owner and now < tonumber(known[3]) then return {"running", int(tonumber(known[3]) - now)} end
  end
  local token = now
  if is then token = tonumber(known[2]) + (known[1] == owner and 0 or 1) end
  redis.call("DEL", KEYS[1])
  set(now + lease, now + lease + keep, "owner", owner, "token", int(token), "fingerprint", text)
  return {"run", int(token)}
end
if not is or known[1] ~= owner then return {"stale", ""} end
if known[5] then return {step == "finish" and "settled" or "stale", ""} end
if step == "renew" then
  local untilWhen = math.max(tonumber(known[3]), now + lease)
  set(untilWhen, untilWhen + keep)
elseif step == "finish" then
  set(now, now + keep, "outcome", text)
else
  redis.call("DEL", KEYS[1])
end
return {"settled", ""}`
