/**
 * Dead letters as lines of JSON, out of one store and into another.
 *
 * A line holds what the store holds: no credential, and an encrypted body as it is, unless `open` decrypts it. Both ways
 * take the memory of a page, whatever the number of letters.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as DeadLetterQueue from "./DeadLetterQueue.js"
import * as codec from "./internal/deadLetterCodec.js"

const format = "holdfast-dead-letter"
const version = 1

const Line = Schema.Struct({
  format: Schema.Literal(format),
  version: Schema.Literal(version),
  letter: DeadLetterQueue.DeadLetter.pipe(
    Schema.filter(({ id }) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id) || "the id of a letter is a ULID")
  )
})

/** Read first, so that a line of another format, or of a later version, is told from one that is broken. */
const Envelope = Schema.parseJson(Schema.Struct({ format: Schema.Literal(format), version: Schema.Int }))

const encodeLine = Schema.encode(Schema.parseJson(Line))
const decodeEnvelope = Schema.decodeEither(Envelope)
const decodeLine = Schema.decodeEither(Schema.parseJson(Line))

/**
 * @since 0.1.0
 * @category models
 */
export interface ExportOptions<E = never, R = never> {
  /** What a letter is to be in the export; `DeadLetterCipher.reveal` decrypts its body. Default: as it is stored. */
  readonly open?:
    | ((letter: DeadLetterQueue.DeadLetter) => Effect.Effect<DeadLetterQueue.DeadLetter, E, R>)
    | undefined
}

/**
 * The letters of the filter, oldest first: a line each, with its line break. A row that this version cannot read is left
 * out and counted in a warning.
 *
 * @example
 * ```ts
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 * import { DeadLetterExport } from "holdfast"
 *
 * const save = Effect.gen(function*() {
 *   const fs = yield* FileSystem.FileSystem
 *   yield* DeadLetterExport.toNdjson({ integration: "hubspot" }).pipe(
 *     Stream.encodeText,
 *     Stream.run(fs.sink("letters.ndjson", { mode: 0o600 }))
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toNdjson = <E = never, R = never>(
  filter?: DeadLetterQueue.Filter,
  options?: ExportOptions<E, R>
): Stream.Stream<string, DeadLetterQueue.DeadLetterQueueError | E, DeadLetterQueue.DeadLetterQueue | R> =>
  Stream.unwrap(
    Effect.map(DeadLetterQueue.DeadLetterQueue, (queue) => {
      let unreadable = 0
      const line = (letter: DeadLetterQueue.DeadLetter) =>
        Effect.flatMap(
          options?.open?.(letter) ?? Effect.succeed(letter),
          (letter) =>
            Effect.mapBoth(encodeLine({ format, version, letter }), {
              onFailure: (cause) =>
                new DeadLetterQueue.DeadLetterQueueError({
                  reason: "undecodable",
                  message: `dead letter ${letter.id} cannot be written as JSON`,
                  cause
                }),
              onSuccess: (text) => `${text}\n`
            })
        )
      return Stream.paginateChunkEffect(Option.none<string>(), (after) =>
        Effect.gen(function*() {
          const page = yield* queue.list(filter, { limit: 200, after: Option.getOrUndefined(after) })
          unreadable += page.undecodable
          const lines = yield* Effect.forEach(page.items, line)
          if (Option.isNone(page.next) && unreadable > 0) {
            yield* Effect.logWarning(
              `${unreadable} dead letters cannot be read by this version, and are not in the export`
            )
          }
          return [Chunk.unsafeFromArray(lines), Option.map(page.next, Option.some)]
        }))
    })
  )

/**
 * A line that is no dead letter.
 *
 * @since 0.1.0
 * @category errors
 */
export class ImportLineError extends Schema.TaggedError<ImportLineError>("holdfast/ImportLineError")(
  "ImportLineError",
  {
    /** From 1. */
    line: Schema.Int,
    message: Schema.String
  }
) {}

/**
 * @since 0.1.0
 * @category models
 */
export interface ImportReport {
  /** Lines that were not empty: `imported + present + final + failed`. */
  readonly lines: number
  readonly imported: number
  /** There was a letter of this id, or of this call. It stays as it is. */
  readonly present: number
  /** Replayed or discarded where they come from: there is nothing left to do with them, and they are not imported. */
  readonly final: number
  /** Lines that are no dead letter. */
  readonly failed: number
  /** The first 100 of them. */
  readonly errors: ReadonlyArray<ImportLineError>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ImportOptions {
  /** Told of each line that is no dead letter. */
  readonly onError?: ((error: ImportLineError) => Effect.Effect<void>) | undefined
  /** Checks and counts, and stores nothing; what is `present` is not known then. Default `false`. */
  readonly dryRun?: boolean | undefined
}

const maxErrors = 100

const batchSize = 100

const decode = (text: string, line: number): Either.Either<DeadLetterQueue.DeadLetter, ImportLineError> => {
  const refused = (message: string) => new ImportLineError({ line, message: `line ${line}: ${message}` })
  const envelope = decodeEnvelope(text)
  if (Either.isLeft(envelope)) return Either.left(refused("no dead letter of an export by Holdfast"))
  if (envelope.right.version > version) {
    return Either.left(refused(
      `written by a later version of Holdfast (format ${envelope.right.version}, and this one reads ${version}): update it`
    ))
  }
  return Either.mapBoth(decodeLine(text), {
    // not the text of the error: it would repeat what is in the letter
    onLeft: (error) => refused(`a letter that is not whole: ${pathOf(error)}`),
    onRight: ({ letter }) => letter
  })
}

const pathOf = (error: ParseResult.ParseError): string =>
  Array.from(
    new Set(
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) => path.map(String).join(".") || "its JSON")
    )
  ).join(", ")

/**
 * Stores the letters of an export, in the order of their lines. A letter that is there already, by its id or as the
 * letter of the same call, is not doubled, so that an import which was cut short is simply run again. A line that cannot
 * be read costs no other.
 *
 * Ids, requests, errors and keys are kept. A letter is pending, or parked where it was, and its replays are counted anew.
 *
 * @example
 * ```ts
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 * import { DeadLetterExport } from "holdfast"
 *
 * const load = Effect.gen(function*() {
 *   const fs = yield* FileSystem.FileSystem
 *   const report = yield* DeadLetterExport.fromNdjson(Stream.decodeText(fs.stream("letters.ndjson")))
 *   yield* Effect.log(`${report.imported} imported, ${report.present} were there already`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromNdjson = <E, R>(
  text: Stream.Stream<string, E, R>,
  options?: ImportOptions
): Effect.Effect<ImportReport, DeadLetterQueue.DeadLetterQueueError | E, DeadLetterQueue.DeadLetterQueue | R> =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    const counts = { lines: 0, imported: 0, present: 0, final: 0, failed: 0 }
    const errors: Array<ImportLineError> = []
    let line = 0

    const read = (text: string): Effect.Effect<Option.Option<DeadLetterQueue.DeadLetter>> =>
      Effect.suspend(() => {
        line++
        if (text.trim() === "") return Effect.succeedNone
        counts.lines++
        const letter = decode(text, line)
        if (Either.isRight(letter)) {
          if (!codec.isFinal(letter.right.state)) return Effect.succeedSome(letter.right)
          counts.final++
          return Effect.succeedNone
        }
        counts.failed++
        if (errors.length < maxErrors) errors.push(letter.left)
        return Effect.as(options?.onError?.(letter.left) ?? Effect.void, Option.none())
      })

    const store = (letters: Chunk.Chunk<DeadLetterQueue.DeadLetter>) =>
      Effect.map(
        options?.dryRun === true
          ? Effect.succeed(Array.from(letters, () => true))
          : queue.restore(Chunk.toReadonlyArray(letters)),
        (created) => {
          const imported = created.filter((isNew) => isNew).length
          counts.imported += imported
          counts.present += created.length - imported
        }
      )

    yield* text.pipe(
      Stream.splitLines,
      Stream.mapEffect(read),
      Stream.filterMap((letter) => letter),
      Stream.grouped(batchSize),
      Stream.runForEach(store)
    )
    return { ...counts, errors }
  })
