/**
 * A second place for dead letters when their store is away: a local file, one letter a line, drained into the store when
 * it is back. The capture still fails, with reason `spilled`, so that nobody takes the file for the store; the letter is
 * not lost.
 *
 * The file is made on first use, for its owner's eyes alone, and holds bodies encrypted where there is a
 * `DeadLetterCipher`. A line that cannot be read is moved to `<file>.unreadable`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import * as fs from "node:fs/promises"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as Sealing from "../internal/deadLetterSealing.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The file, on a disk of this machine. */
  readonly filename: string
}

/** A letter before any store has seen it. */
const Spilled = Schema.parseJson(
  Schema.Struct({
    ...Struct.omit(DeadLetterQueue.DeadLetter.fields, "id", "state", "replays", "version", "createdAt", "updatedAt"),
    id: Schema.optional(Schema.String)
  })
)

const encode = Schema.encode(Spilled)
const decode = Schema.decode(Spilled)

class FileError
  extends Data.TaggedError("FileError")<{ readonly message: string; readonly code: string | undefined }>
{}

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.tryPromise({
    catch: (cause) => {
      const { code, message } = cause as { readonly code?: string; readonly message?: string }
      return new FileError({ code, message: message ?? String(cause) })
    },
    try: run
  })

const isMissing = (error: FileError): boolean => error.code === "ENOENT"

/** On the disk when it returns. */
const append = (filename: string, text: string): Effect.Effect<void, FileError> =>
  attempt(async () => {
    const file = await fs.open(filename, "a", 0o600)
    try {
      await file.appendFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  })

/** Nothing where there is no such file. */
const read = (filename: string): Effect.Effect<ReadonlyArray<string>, FileError> =>
  Effect.catchIf(
    Effect.map(attempt(() => fs.readFile(filename, "utf8")), (text) => text.split("\n").filter((line) => line !== "")),
    isMissing,
    () => Effect.succeed([])
  )

/** How long to leave a store alone that has just failed. */
const pause = "30 seconds"

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<
  DeadLetterQueue.DeadLetterQueue["Type"],
  never,
  DeadLetterQueue.DeadLetterQueue | Scope.Scope
> =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const sealing = yield* Sealing.make
    const scope = yield* Effect.scope
    const { filename } = options
    const draining = `${filename}.draining`
    const files = yield* Effect.makeSemaphore(1)
    let waiting = false

    /** Gives the lines that the store did not take. */
    const store = (lines: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, FileError> =>
      Effect.gen(function*() {
        for (const [index, line] of lines.entries()) {
          const letter = yield* Effect.option(decode(line))
          if (letter._tag === "None") {
            yield* append(`${filename}.unreadable`, `${line}\n`)
            yield* Effect.logWarning(`a spilled dead letter cannot be read; it is kept in ${filename}.unreadable`)
            continue
          }
          const stored = yield* Effect.either(queue.capture(letter.value))
          if (stored._tag === "Left") return lines.slice(index)
        }
        return []
      })

    /** What was set aside to be drained goes to the store; what that does not take goes back to the file. */
    const drainAside = Effect.gen(function*() {
      const lines = yield* read(draining)
      const left = yield* store(lines)
      if (left.length > 0) yield* append(filename, left.map((line) => `${line}\n`).join(""))
      yield* attempt(() => fs.rm(draining, { force: true }))
      if (lines.length > left.length) {
        yield* Effect.logInfo(`${lines.length - left.length} spilled dead letters are in their store now`)
      }
      return left.length === 0
    })

    /** True when nothing is left. */
    const drain = Effect.gen(function*() {
      // an earlier process may have died over it: the store knows a letter that it has already
      if (!(yield* drainAside)) return false
      yield* Effect.catchIf(attempt(() => fs.rename(filename, draining)), isMissing, () => Effect.void)
      return yield* drainAside
    }).pipe(
      files.withPermits(1),
      Effect.uninterruptible,
      Effect.catchAll((error) => Effect.as(Effect.logWarning(`${filename} cannot be drained: ${error.message}`), false))
    )

    /** One fiber at most, and none while nothing is spilled. */
    const drainInBackground = (after: Duration.DurationInput) =>
      Effect.suspend(() => {
        if (waiting) return Effect.void
        waiting = true
        return drain.pipe(
          Effect.flatMap((empty) => empty ? Effect.void : Effect.delay(Effect.fail("not empty"), pause)),
          Effect.eventually,
          Effect.delay(after),
          Effect.ensuring(Effect.sync(() => {
            waiting = false
          })),
          Effect.interruptible,
          Effect.forkIn(scope)
        )
      })

    const spill = (
      letter: DeadLetterQueue.NewDeadLetter,
      error: DeadLetterQueue.DeadLetterQueueError
    ): Effect.Effect<never, DeadLetterQueue.DeadLetterQueueError> =>
      sealing.seal(letter).pipe(
        Effect.flatMap(encode),
        Effect.flatMap((line) => files.withPermits(1)(append(filename, `${line}\n`))),
        Effect.matchEffect({
          onFailure: (cause) =>
            Effect.fail(
              new DeadLetterQueue.DeadLetterQueueError({
                cause: error,
                message: `${error.message}; and ${filename} cannot be written either: ${cause.message}`,
                reason: error.reason
              })
            ),
          onSuccess: () =>
            Effect.zipRight(
              drainInBackground(pause),
              Effect.fail(
                new DeadLetterQueue.DeadLetterQueueError({
                  cause: error,
                  message: `${error.message}; the letter is in ${filename} until the store is back`,
                  reason: "spilled"
                })
              )
            )
        })
      )

    yield* drainInBackground(0)
    return DeadLetterQueue.DeadLetterQueue.of({
      ...queue,
      capture: (letter) =>
        Effect.uninterruptible(Effect.catchAll(queue.capture(letter), (error) => spill(letter, error)))
    })
  })

/**
 * Puts a spill file beside the dead letter queue beneath.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Spill from "holdfast/delivery/DeadLetterQueue/Spill"
 * import * as Sqlite from "holdfast/delivery/DeadLetterQueue/Sqlite"
 *
 * const deadLetters = Spill.layer({ filename: "/var/spool/app/letters.ndjson" }).pipe(
 *   Layer.provide(Sqlite.layer({ filename: "/mnt/shared/dead-letters.db" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<DeadLetterQueue.DeadLetterQueue, never, DeadLetterQueue.DeadLetterQueue> =>
  Layer.scoped(DeadLetterQueue.DeadLetterQueue, make(options))
