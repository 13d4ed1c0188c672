/**
 * Group commit: what arrives while one commit is being prepared goes into the same transaction. A synchronous disk
 * write costs the same for one row as for hundreds.
 *
 * There is no background fiber: the first caller leads, lets others join, commits for all, and hands the lead to the
 * first of those that came too late. A caller cannot be interrupted, since its item may be in somebody else's commit.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

interface Member<In, Out, E> {
  readonly input: In
  /** With its answer, or with the lead. */
  readonly resume: (effect: Effect.Effect<Out, E>) => void
}

/**
 * Who comes in the same turn of the event loop goes in the same commit. Over a driver that does all at once, one commit after
 * the other would leave nothing else in the process its turn.
 */
const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

export const make = <In, Out, E>(options: {
  readonly size: (input: In) => number
  readonly maxSize: number
  /** Commits under way at once: over a network, one is made ready while another is at the store. Default 1. */
  readonly inFlight?: number
  readonly commit: (inputs: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, E>
}): (input: In) => Effect.Effect<Out, E> => {
  const inFlight = options.inFlight ?? 1
  /** Who leads is the first of them. */
  let pending: Array<Member<In, Out, E>> = []
  let led = false
  let committing = 0

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
    if (led || committing >= inFlight) return
    const next = pending[0]
    if (next === undefined) return
    led = true
    next.resume(lead)
  }

  const commit: Effect.Effect<Out, E> = Effect.suspend(() => {
    const batch = takeBatch()
    led = false
    committing++
    handOver()
    return Effect.flatMap(Effect.exit(options.commit(batch.map((member) => member.input))), (exit) => {
      const [own, ...others] = batch.map((_, index) =>
        Exit.flatMap(exit, (outs) => {
          const out = outs[index]
          return out === undefined ? Exit.die(new Error("group commit: an answer is missing")) : Exit.succeed(out)
        })
      )
      committing--
      others.forEach((result, index) => batch[index + 1]?.resume(result))
      handOver()
      return own ?? Exit.die(new Error("group commit: led without a batch"))
    })
  })

  const lead = Effect.zipRight(turn, commit)

  return (input) =>
    Effect.uninterruptible(Effect.async((resume) => {
      pending.push({ input, resume })
      handOver()
    }))
}
