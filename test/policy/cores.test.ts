import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Fifo from "../../src/policy/internal/fifo.js"
import * as Bucket from "../../src/policy/internal/tokenBucket.js"
import { runs } from "../campaign.js"

describe("token bucket core", () => {
  it("R1: grants over any window stay within capacity + rate × window", () => {
    const step = fc.oneof(
      fc.record({ cost: fc.integer({ max: 4, min: 1 }), type: fc.constant("take" as const) }),
      fc.record({ millis: fc.integer({ max: 2_000, min: 0 }), type: fc.constant("wait" as const) }),
      fc.record({ millis: fc.integer({ max: 2_000, min: 0 }), type: fc.constant("coolDown" as const) })
    )
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ max: 20, min: 4 }),
        fc.integer({ max: 50, min: 1 }),
        (steps, capacity, refillRate) => {
          const config = { capacity, refillRate }
          const bucket = Bucket.initial(config, 0)
          const grants: Array<{ readonly at: number; readonly cost: number }> = []
          let now = 0
          let held = 0
          for (const step of steps) {
            if (step.type === "wait") now += step.millis
            else if (step.type === "coolDown") {
              const before = bucket.cooldownUntil
              Bucket.coolDown(bucket, step.millis, now)
              held = Math.max(held, now + step.millis)
              // R2: a cool-down only extends
              strictEqual(bucket.cooldownUntil >= before, true)
            } else {
              const wait = Bucket.take(bucket, config, step.cost, now)
              if (wait === 0) {
                strictEqual(now >= held, true)
                grants.push({ at: now, cost: step.cost })
              } else {
                // the wait that it names is enough, and nothing less is
                const copy = { ...bucket }
                strictEqual(Bucket.take(copy, config, step.cost, now + wait + 0.001), 0)
                if (wait > 1) strictEqual(Bucket.take({ ...bucket }, config, step.cost, now + wait - 1) > 0, true)
              }
            }
          }
          for (let from = 0; from < grants.length; from++) {
            let sum = 0
            for (let to = from; to < grants.length; to++) {
              sum += grants[to]!.cost
              const window = (grants[to]!.at - grants[from]!.at) / 1000
              strictEqual(sum <= capacity + refillRate * window + 1e-6, true)
            }
          }
        }
      ),
      { numRuns: runs(500) }
    )
  })
})

describe("fifo", () => {
  it("keeps order while members leave from anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant("push"), fc.constant("shift"), fc.nat()), { maxLength: 100 }),
        (steps) => {
          const queue = new Fifo.Fifo<number>()
          const model: Array<number> = []
          const nodes: Array<Fifo.Node<number>> = []
          let next = 0
          for (const step of steps) {
            if (step === "push") {
              nodes.push(queue.push(next))
              model.push(next++)
            } else if (step === "shift") strictEqual(queue.shift(), model.shift())
            else if (nodes.length > 0) {
              const node = nodes[Number(step) % nodes.length]!
              const index = model.indexOf(node.value)
              strictEqual(queue.remove(node), index >= 0)
              if (index >= 0) model.splice(index, 1)
            }
            deepStrictEqual(Array.from(queue), model)
            strictEqual(queue.size, model.length)
            strictEqual(queue.head, model[0])
          }
        }
      )
    )
  })
})
