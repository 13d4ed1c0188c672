/**
 * The contacts of a CSV file, row by row: a good row is a contact, a bad one is said with its line and its reason.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createReadStream } from "node:fs"
import * as Csv from "./csv.js"

/** The columns that are sent; a file may have others, and only the first must be there. */
export const columns = ["email", "firstname", "lastname", "phone", "company", "city"] as const

export interface Contact {
  /** In lower case: HubSpot knows a contact by its e-mail, whatever its case. */
  readonly email: string
  /** HubSpot's properties. An empty cell is left out: it says nothing, and must not clear what is there. */
  readonly properties: Readonly<Record<string, string>>
}

export type Row = Csv.Row<Contact>

/** A file that cannot be used at all. */
export class ContactsFileError extends Data.TaggedError("ContactsFileError")<{ readonly message: string }> {}

export interface ContactsFile {
  /** Exact for a small file; for a larger one guessed from its beginning, and for a pipe a lower bound. */
  readonly expectedRows: number
  readonly rows: Stream.Stream<Row, ContactsFileError>
}

// "First Name", "first_name" and "firstname" are one column
const normalize = (name: string): string => name.trim().toLowerCase().replace(/[\s_-]/g, "")

const emailPattern = /^[^\s@,;:"<>()[\]\\]+@[^\s@,;:"'<>()[\]\\.]+(?:\.[^\s@,;:"'<>()[\]\\.]+)+$/

const describe = (names: ReadonlyArray<string>): string => {
  // eslint-disable-next-line no-control-regex
  const text = names.map((name) => name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?").trim()).join(", ")
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** How the rows beneath this header are read. */
export const readHeader: Csv.ReadHeader<Contact> = (names) => {
  if (names.some((name) => /[\0\uFFFD]/.test(name))) {
    throw new ContactsFileError({ message: "is not text in UTF-8: save it as \"CSV UTF-8\"" })
  }
  const known = names.map(normalize)
  const indexes = columns.map((column) => [column, known.indexOf(column)] as const).filter(([, index]) => index >= 0)
  const email = known.indexOf("email")
  if (email < 0) {
    throw new ContactsFileError({
      message: `has no column "email" in its first line, which must name the columns; found: ${describe(names)}`
    })
  }
  if (known.lastIndexOf("email") !== email) {
    throw new ContactsFileError({ message: "has two columns \"email\"" })
  }
  return (fields) => {
    const address = (fields[email] ?? "").trim().toLowerCase()
    if (address === "") return Either.left("no e-mail")
    if (address.length > 254 || !emailPattern.test(address)) {
      return Either.left(`not an e-mail address: ${describe([address])}`)
    }
    const properties: Record<string, string> = {}
    for (const [column, index] of indexes) {
      const value = (fields[index] ?? "").trim()
      if (value !== "") properties[column] = value
    }
    return Either.right({ email: address, properties: { ...properties, email: address } })
  }
}

const read = (path: string, rows: () => ReadonlyArray<Row>) =>
  Effect.try({
    try: rows,
    catch: (error) =>
      new ContactsFileError({
        message: error instanceof ContactsFileError ? `${path} ${error.message}` : String(error)
      })
  })

/** By the platform's reason, or by the code of Node's error. */
const reasons: Readonly<Record<string, string>> = {
  NotFound: "there is no such file",
  PermissionDenied: "this process may not read it",
  EACCES: "this process may not read it"
}

const unreadable = (path: string) => (error: unknown): ContactsFileError => {
  const { code, message, reason } = error as { code?: string; message: string; reason?: string }
  return new ContactsFileError({
    message: `${path} cannot be read: ${reasons[reason ?? code ?? ""] ?? message.split("\n")[0]}`
  })
}

/**
 * Opens a file and reads as far as its first row, so that one that cannot be used is known before anything has begun. The
 * rows after that are read as they are asked for.
 */
export const open = (
  path: string
): Effect.Effect<ContactsFile, ContactsFileError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const info = yield* Effect.mapError(files.stat(path), unreadable(path))
    if (info.type === "Directory") return yield* new ContactsFileError({ message: `${path} is a folder, not a file` })
    const reader = new Csv.Reader(readHeader)
    // a pipe too, which the file system's own stream cannot read
    const rows = NodeStream.fromReadable<ContactsFileError, Uint8Array>(
      () => createReadStream(path),
      unreadable(path)
    ).pipe(
      Stream.mapEffect((bytes) => read(path, () => reader.push(bytes))),
      Stream.concat(Stream.fromEffect(Effect.suspend(() => read(path, () => reader.end())))),
      Stream.filter((rows) => rows.length > 0),
      Stream.map(Chunk.unsafeFromArray),
      Stream.flattenChunks
    )
    const pull = yield* Stream.toPull(rows)
    const first = yield* Effect.mapError(
      pull,
      Option.getOrElse(() =>
        new ContactsFileError({ message: reader.started ? `${path} has a header and no rows` : `${path} is empty` })
      )
    )
    const seen = Option.match(Chunk.last(first), { onNone: () => 1, onSome: ({ end }) => end })
    return {
      expectedRows: Math.round(first.length * Math.max(1, Number(info.size) / seen)),
      rows: Stream.concat(Stream.fromChunk(first), Stream.repeatEffectChunkOption(pull))
    }
  })
