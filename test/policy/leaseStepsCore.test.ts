/** The steps on the record of a shared limit, one by one. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Lease from "../../src/policy/internal/limit/leaseCore.js"

const start = 1_000_000
const bucket: Lease.Config = { capacity: 10, refillRate: 10 }

const request = (changes: Partial<Lease.Request> = {}): Lease.Request => ({
  age: 0,
  debt: 0,
  era: 1,
  granted: 0,
  initial: 10,
  need: 1,
  node: "a",
  returned: 0,
  spent: 0,
  want: 1,
  ...changes
})

/** A record in use: `a` holds 4 of 10. */
const used = () => {
  const ledger = Lease.empty()
  Lease.settle(ledger, bucket, request({ need: 4, want: 4 }), start)
  return ledger
}

describe("the record of a shared limit", () => {
  it("begins full, and gives what is asked for, at most the share, but never less than is needed", () => {
    const ledger = Lease.empty()
    deepStrictEqual(Lease.settle(ledger, bucket, request({ want: 100 }), start), {
      balance: 5,
      contenders: 1,
      coolDown: 0,
      era: 1,
      granted: 5,
      isNext: false,
      lease: Lease.lease,
      processes: 1
    })
    strictEqual(Lease.settle(ledger, bucket, request({ need: 8, want: 100 }), start).granted, 8)
    strictEqual(Lease.share(10, 10, 1), 5)
    strictEqual(Lease.share(10, 10, 2), 2.5)
    strictEqual(Lease.share(100, 1_000, 1), 50)
    strictEqual(Lease.share(100, 1_000, 4), 25)
    strictEqual(Lease.share(10_000, 100_000, 1), Lease.most)
  })

  it("gives turns that are not earned yet, and tells for how long they last", () => {
    const ledger = used()
    const { balance, granted, lease } = Lease.settle(
      ledger,
      bucket,
      request({ initial: 0, need: 4, node: "b", want: 4 }),
      start
    )
    deepStrictEqual([balance, granted, lease], [2, 4, Lease.lease])
    // spent, so that there is room: what follows is still to come in
    const more = Lease.settle(ledger, bucket, request({ granted: 4, need: 4, spent: 4, want: 4 }), start)
    deepStrictEqual([more.balance, more.granted, more.lease], [-2, 8, Lease.lease + 200])
  })

  it("fills up to the capacity, less what is held", () => {
    const ledger = used()
    strictEqual(Lease.settle(ledger, bucket, request({ need: 0, node: "b", want: 0 }), start + 100).balance, 6)
    const other = used()
    other.tokens = 0
    strictEqual(Lease.settle(other, bucket, request({ need: 0, node: "b", want: 0 }), start + 300).balance, 3)
    strictEqual(Lease.settle(other, bucket, request({ need: 0, node: "b", want: 0 }), start + 1_900).balance, 6)
  })

  it("counts what came in since the last was used, where its room was taken before", () => {
    const ledger = used()
    const { balance } = Lease.settle(
      ledger,
      bucket,
      request({ age: 200, granted: 4, need: 0, spent: 4, want: 0 }),
      start + 1_000
    )
    strictEqual(balance, 8)
  })

  it("a smaller capacity holds at once", () => {
    const ledger = used()
    strictEqual(Lease.settle(ledger, { ...bucket, capacity: 5 }, request({ granted: 4, want: 0 }), start).balance, 1)
  })

  it("a step that is run twice changes nothing the second time", () => {
    for (const said of [{ spent: 2 }, { returned: 3 }, { debt: 2, want: 0 }, { returned: 1, spent: 1 }]) {
      const ledger = used()
      const asked = request({ granted: 4, want: 0, ...said })
      const once = Lease.settle(ledger, bucket, asked, start)
      const kept = structuredClone(ledger)
      deepStrictEqual(Lease.settle(ledger, bucket, asked, start), once)
      deepStrictEqual(ledger, kept)
    }
  })

  it("what is given back is there for others; what is owed is not", () => {
    const ledger = used()
    strictEqual(Lease.settle(ledger, bucket, request({ granted: 4, returned: 3, want: 0 }), start).balance, 9)
    strictEqual(Lease.settle(ledger, bucket, request({ debt: 2, granted: 4, returned: 3, want: 0 }), start).balance, 7)
    strictEqual(Lease.settle(ledger, bucket, request({ debt: 3, granted: 4, returned: 3, want: 0 }), start).balance, 6)
    // however long it was alone, it owes no more than there can be
    strictEqual(
      Lease.settle(ledger, bucket, request({ debt: 90, granted: 4, returned: 3, want: 0 }), start).balance,
      -10
    )
  })

  it("one that cost more than there can be is owed", () => {
    const ledger = used()
    const { balance, granted } = Lease.settle(ledger, bucket, request({ granted: 13, spent: 13, want: 0 }), start)
    deepStrictEqual([balance, granted], [-3, 13])
    strictEqual(Lease.held(ledger.accounts.a!), 0)
  })

  it("what a process holds is lost at the end of its lease, not before, and it is known for a minute more", () => {
    const ledger = used()
    const look = (at: number) => Lease.settle(ledger, bucket, request({ need: 0, node: "b", want: 0 }), at)
    deepStrictEqual([look(start + Lease.lease - 1).contenders, ledger.accounts.a!.era], [1, 1])
    look(start + Lease.lease)
    deepStrictEqual(ledger.accounts.a, {
      debt: 0,
      era: 2,
      granted: 0,
      returned: 0,
      spent: 0,
      until: start + Lease.lease,
      wants: false
    })
    look(start + Lease.lease + Lease.presence - 1)
    strictEqual(ledger.accounts.a?.era, 2)
    look(start + Lease.lease + Lease.presence)
    strictEqual(ledger.accounts.a, undefined)
  })

  it("room is free since the lease ended, and not for longer", () => {
    const ledger = used()
    const { balance } = Lease.settle(
      ledger,
      bucket,
      request({ need: 0, node: "b", want: 0 }),
      start + Lease.lease + 100
    )
    strictEqual(balance, 7)
  })

  it("a process that comes after its lease has ended is told so, and has nothing", () => {
    const ledger = used()
    const answer = Lease.settle(ledger, bucket, request({ granted: 4, spent: 9, want: 5 }), start + Lease.lease)
    deepStrictEqual([answer.era, answer.granted, answer.lease], [2, 0, 0])
    deepStrictEqual(Lease.settle(ledger, bucket, request({ era: 2 }), start + Lease.lease).granted, 1)
  })

  it("a new era begins with nothing; what the store does not know it takes from the process", () => {
    const ledger = used()
    strictEqual(Lease.settle(ledger, bucket, request({ era: 2, want: 0 }), start).granted, 0)
    strictEqual(Lease.held(ledger.accounts.a!), 0)
    const forgotten = Lease.empty()
    const { balance, granted } = Lease.settle(
      forgotten,
      bucket,
      request({ granted: 9, initial: 10, need: 0, returned: 1, spent: 4, want: 0 }),
      start
    )
    deepStrictEqual([balance, granted, Lease.held(forgotten.accounts.a!)], [6, 9, 4])
  })

  it("where there is no room for what one needs, it is the next, and the others wait for it", () => {
    const ledger = used()
    const first = Lease.settle(ledger, bucket, request({ need: 8, node: "b", want: 8 }), start)
    deepStrictEqual([first.granted, first.isNext], [0, true])
    const other = Lease.settle(ledger, bucket, request({ node: "c" }), start)
    deepStrictEqual([other.granted, other.isNext], [0, false])
    Lease.settle(ledger, bucket, request({ granted: 4, need: 0, spent: 4, want: 0 }), start)
    strictEqual(Lease.settle(ledger, bucket, request({ node: "c" }), start).granted, 0)
    const served = Lease.settle(ledger, bucket, request({ need: 8, node: "b", want: 8 }), start)
    deepStrictEqual([served.granted, served.isNext], [8, false])
    strictEqual(Lease.settle(ledger, bucket, request({ node: "c" }), start).granted, 1)
  })

  it("one that does not want any more holds up nobody", () => {
    const ledger = used()
    Lease.settle(ledger, bucket, request({ need: 8, node: "b", want: 8 }), start)
    Lease.settle(ledger, bucket, request({ need: 0, node: "b", want: 0 }), start)
    strictEqual(Lease.settle(ledger, bucket, request({ node: "c" }), start).granted, 1)
  })

  it("during a cool-down nobody is given any", () => {
    const ledger = used()
    strictEqual(Lease.coolDown(ledger, 500, start), 500)
    strictEqual(Lease.coolDown(ledger, 100, start), 500)
    const during = Lease.settle(ledger, bucket, request({ node: "b" }), start + 499)
    deepStrictEqual([during.granted, during.coolDown, during.contenders], [0, 1, 1])
    const after = Lease.settle(ledger, bucket, request({ node: "b" }), start + 500)
    deepStrictEqual([after.granted, after.coolDown, after.contenders], [1, 0, 2])
  })

  it("without a bucket there are cool-downs alone, and a bucket that comes later is full", () => {
    const ledger = Lease.empty()
    Lease.coolDown(ledger, 500, start)
    const answer = Lease.settle(ledger, undefined, request(), start + 100)
    deepStrictEqual([answer.granted, answer.balance, answer.coolDown], [0, 0, 400])
    strictEqual(ledger.at, 0)
    strictEqual(Lease.settle(ledger, bucket, request({ want: 0 }), start + 100).balance, 10)
  })

  it("a clock that is a little behind stands still; one that has gone back takes all instants with it", () => {
    const little = used()
    Lease.coolDown(little, 500, start)
    strictEqual(Lease.settle(little, bucket, request({ granted: 4, want: 0 }), start - 1_000).coolDown, 500)
    strictEqual(little.seen, start)
    const far = used()
    Lease.coolDown(far, 500, start)
    const answer = Lease.settle(far, bucket, request({ node: "b", want: 0 }), start - 1_001)
    deepStrictEqual([answer.coolDown, answer.balance], [500, 6])
    deepStrictEqual([far.seen, far.at, far.cooldownUntil], [start - 1_001, start - 1_001, start - 501])
    strictEqual(far.accounts.a!.until, start - 1_001 + Lease.lease)
  })

  it("lives until nothing is lost with it", () => {
    const ledger = used()
    strictEqual(Lease.lifetime(ledger, bucket, start), Lease.lease + Lease.presence)
    strictEqual(Lease.lifetime(ledger, { capacity: 1_006, refillRate: 10 }, start), 100_000)
    strictEqual(Lease.lifetime(ledger, undefined, start), Lease.lease + Lease.presence)
    Lease.coolDown(ledger, 3_600_000, start)
    strictEqual(Lease.lifetime(ledger, bucket, start), 3_600_000)
    strictEqual(Lease.lifetime(Lease.empty(), undefined, start), 0)
  })

  it("has what the first process says is left, and holds nothing for one that wants nothing", () => {
    const ledger = Lease.empty()
    const { balance, lease } = Lease.settle(ledger, bucket, request({ initial: 3, need: 0, want: 0 }), start)
    deepStrictEqual([balance, lease], [3, 0])
  })

  it("a clock that goes back earns nothing, and a bucket that was never there stays so", () => {
    const ledger = used()
    ledger.tokens = 0
    strictEqual(Lease.settle(ledger, bucket, request({ need: 0, node: "b", want: 0 }), start - 5_000).balance, 0)
    const cooled = Lease.empty()
    Lease.coolDown(cooled, 500, start)
    Lease.coolDown(cooled, 500, start - 5_000)
    strictEqual(cooled.at, 0)
    strictEqual(Lease.settle(cooled, bucket, request({ want: 0 }), start - 5_000).balance, 10)
  })

  it("what is held is lost though its process wants no more, and a wish though its process holds nothing", () => {
    const ledger = used()
    Lease.settle(ledger, bucket, request({ granted: 4, want: 0 }), start)
    Lease.settle(ledger, bucket, request({ need: 8, node: "b", want: 8 }), start)
    const { contenders } = Lease.settle(ledger, bucket, request({ need: 0, node: "c", want: 0 }), start + Lease.lease)
    deepStrictEqual([contenders, ledger.accounts.a!.era, ledger.accounts.b!.era], [0, 2, 2])
  })

  it("the same time is earned once, whoever has made room in it", () => {
    const slow = { capacity: 3, refillRate: 0.5 }
    const ledger = Lease.empty()
    Lease.settle(ledger, slow, request({ initial: 3, need: 3, want: 3 }), start)
    const { balance } = Lease.settle(ledger, slow, request({ age: 5_600, era: 2, need: 0, want: 0 }), start + 6_000)
    strictEqual(balance, 2)
  })
})
