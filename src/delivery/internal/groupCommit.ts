/**
 * Group commit: what arrives while one commit is being prepared goes into the same transaction. A synchronous disk
 * write costs the same for one row as for hundreds.
 *
 * There is no background fiber: the first caller leads, lets others join, commits for all, and hands the lead to the
 * first of those that came too late. A caller cannot be interrupted, since its item may be in somebody else's commit.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"

interface Member<In, Out, E> {
  readonly input: In
  /** None: lead the next commit. */
  readonly turn: Deferred.Deferred<Option.Option<Out>, E>
}

/**
 * Who comes in the same turn of the event loop goes in the same commit. Over a driver that does all at once, one commit after
 * the other would leave nothing else in the process its turn.
 */
const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

export const make = <In, Out, E>(options: {
  readonly size: (input: In) => number
  readonly maxSize: number
  readonly commit: (inputs: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, E>
}): (input: In) => Effect.Effect<Out, E> => {
  let pending: Array<Member<In, Out, E>> = []
  let led = false

  const takeBatch = (): ReadonlyArray<Member<In, Out, E>> => {
    let size = 0
    let count = 0
    for (const member of pending) {
      size += options.size(member.input)
      if (count > 0 && size > options.maxSize) break
      count++
    }
    const batch = pending.slice(0, count)
    pending = pending.slice(count)
    return batch
  }

  const handOver = () => {
    const next = pending[0]
    if (next === undefined) {
      led = false
    } else {
      Deferred.unsafeDone(next.turn, Exit.succeed(Option.none()))
    }
  }

  // The leader's own member is always the first of the batch
  const lead: Effect.Effect<Out, E> = Effect.suspend(() => {
    const batch = takeBatch()
    return Effect.flatMap(Effect.exit(options.commit(batch.map((member) => member.input))), (exit) => {
      const results = batch.map((_, index) =>
        Exit.flatMap(exit, (outs) => {
          const out = outs[index]
          return out === undefined ? Exit.die(new Error("group commit: an answer is missing")) : Exit.succeed(out)
        })
      )
      for (let i = 1; i < batch.length; i++) {
        const member = batch[i]
        const result = results[i]
        if (member !== undefined && result !== undefined) {
          Deferred.unsafeDone(member.turn, Exit.map(result, Option.some))
        }
      }
      handOver()
      return results[0] ?? Exit.die(new Error("group commit: led without a batch"))
    })
  })

  return (input) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const member: Member<In, Out, E> = { input, turn: Deferred.unsafeMake(FiberId.none) }
      pending.push(member)
      if (!led) {
        led = true
        return Effect.zipRight(turn, lead)
      }
      return Effect.flatMap(
        Deferred.await(member.turn),
        Option.match({ onNone: () => Effect.zipRight(turn, lead), onSome: Effect.succeed })
      )
    }))
}
