/**
 * Reads CSV from bytes, in pieces, so that one bad row costs nothing but itself: a quote that is never closed makes its
 * own line bad and not the rest of the file. Plain and synchronous; holds a bounded part of the file.
 */
import { parse } from "csv-parse/sync"
import * as Either from "effect/Either"
import { isUtf8 } from "node:buffer"

export interface Row<A> {
  /** Where it begins, from 1. */
  readonly line: number
  /** Bytes of the file up to its end. */
  readonly end: number
  /** What the row says, or what is wrong with it. */
  readonly result: Either.Either<A, string>
}

export type ReadRow<A> = (fields: ReadonlyArray<string>) => Either.Either<A, string>

/** How the rows beneath a header are read. Throws when the header cannot be used. */
export type ReadHeader<A> = (names: ReadonlyArray<string>) => ReadRow<A>

/** A record may go over so many lines, and hold so many bytes. */
const maxLines = 64
const maxRecordBytes = 128 * 1024
const maxFieldBytes = 64 * 1024

interface Line {
  readonly number: number
  readonly end: number
  readonly bytes: Uint8Array
  readonly terminator: string
  readonly quotes: number
  /** Longer than a record may be: its bytes are not kept. */
  readonly oversize: boolean
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22

const countQuotes = (bytes: Uint8Array): number => {
  let count = 0
  for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) count++
  return count
}

/** Cuts bytes into lines. Lines end with LF or CR LF; with CR alone in a file whose first line does. */
class LineSplitter {
  #kept: Array<Uint8Array> = []
  #size = 0
  #number = 1
  #offset = 0
  #newline: number | undefined

  push(chunk: Uint8Array, onLine: (line: Line) => void): void {
    let from = 0
    if (this.#newline === undefined) {
      // whether a CR stands alone shows only at the byte after it
      chunk = Buffer.concat([...this.#kept, chunk])
      this.#kept = []
      this.#size = 0
      this.#newline = newlineOf(chunk)
    }
    const newline = this.#newline
    if (newline !== undefined) {
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        this.#keep(chunk.subarray(from, at))
        onLine(this.#line(newline === CR ? "\r" : "\n"))
        from = at + 1
      }
    }
    this.#keep(chunk.subarray(from))
  }

  end(onLine: (line: Line) => void): void {
    if (this.#newline === undefined && this.#size > 0) {
      this.#newline = LF
      this.push(new Uint8Array(0), onLine)
    }
    if (this.#size > 0) onLine(this.#line(""))
  }

  #keep(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size <= maxRecordBytes) this.#kept.push(bytes)
  }

  #line(terminator: string): Line {
    const oversize = this.#size > maxRecordBytes
    let bytes: Uint8Array = oversize ? new Uint8Array(0) : Buffer.concat(this.#kept)
    this.#offset += this.#size + terminator.length
    this.#kept = []
    this.#size = 0
    if (terminator !== "\r" && bytes.at(-1) === CR) {
      bytes = bytes.subarray(0, -1)
      terminator = `\r${terminator}`
    }
    return { number: this.#number++, end: this.#offset, bytes, terminator, quotes: countQuotes(bytes), oversize }
  }
}

const newlineOf = (head: Uint8Array): number | undefined => {
  const lf = head.indexOf(LF)
  const cr = head.indexOf(CR)
  if (lf < 0 && (cr < 0 || cr === head.length - 1)) return head.length > maxRecordBytes ? LF : undefined
  return cr < 0 || (lf >= 0 && lf <= cr + 1) ? LF : CR
}

const delimiters = [",", ";", "\t"] as const

/** The one that stands most often outside of quotes; a file of one column has none. */
const delimiterOf = (header: string): string => {
  const bare = header.replace(/"[^"]*"/g, "")
  const counts = delimiters.map((delimiter) => bare.split(delimiter).length - 1)
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ","
}

const afterQuote = "broken quoting: there is text after a closing quote"
const unclosed = "broken quoting: a quote is opened and not closed"
const quotingErrors: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: afterQuote,
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: afterQuote,
  INVALID_OPENING_QUOTE: "broken quoting: there is a quote in a field that is not quoted"
}

const split = (text: string, delimiter: string): Either.Either<ReadonlyArray<string>, string> => {
  if (!text.includes("\"")) return Either.right(text.split(delimiter))
  try {
    const records: ReadonlyArray<ReadonlyArray<string>> = parse(text, {
      delimiter,
      record_delimiter: "\n",
      relax_column_count: true,
      trim: true
    })
    const [record] = records
    return record === undefined || records.length > 1 ? Either.left(unclosed) : Either.right(record)
  } catch (error) {
    return Either.left(quotingErrors[(error as { readonly code?: string }).code ?? ""] ?? unclosed)
  }
}

const textOf = (lines: ReadonlyArray<Line>): string =>
  Buffer.concat(
    lines.flatMap((line, index) =>
      index === lines.length - 1 ? [line.bytes] : [line.bytes, Buffer.from(line.terminator)]
    )
  ).toString("utf8")

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

interface Parsed<A> {
  /** Its lines may not belong together: the first is bad, and those after it are looked at anew. */
  readonly broken: boolean
  /** None for what is no row: a blank line, the header. */
  readonly result: Either.Either<A, string> | undefined
}

const nothing: Parsed<never> = { broken: false, result: undefined }

const broken = (reason: string): Parsed<never> => ({ broken: true, result: Either.left(reason) })

export class Reader<A> {
  readonly #splitter = new LineSplitter()
  #lines: Array<Line> = []
  #delimiter = ","
  #columns = 0
  #readRow: ReadRow<A> | undefined

  constructor(readonly readHeader: ReadHeader<A>) {}

  /** Whether a header has been seen. */
  get started(): boolean {
    return this.#readRow !== undefined
  }

  push(chunk: Uint8Array): ReadonlyArray<Row<A>> {
    this.#splitter.push(chunk, (line) => void this.#lines.push(line))
    return this.#drain(false)
  }

  end(): ReadonlyArray<Row<A>> {
    this.#splitter.end((line) => void this.#lines.push(line))
    return this.#drain(true)
  }

  #drain(ended: boolean): ReadonlyArray<Row<A>> {
    const rows: Array<Row<A>> = []
    let at = 0
    while (at < this.#lines.length) {
      const length = this.#lengthAt(at, ended)
      if (length === "more") break
      const lines = this.#lines.slice(at, at + (length === "unclosed" ? 1 : length))
      const parsed = this.#read(lines, length === "unclosed")
      const consumed = parsed.broken ? lines.slice(0, 1) : lines
      at += consumed.length
      const [first] = consumed
      const last = consumed.at(-1)
      if (parsed.result !== undefined && first !== undefined && last !== undefined) {
        rows.push({ line: first.number, end: last.end, result: parsed.result })
      }
    }
    this.#lines = this.#lines.slice(at)
    return rows
  }

  /** How many lines the record has that begins here. */
  #lengthAt(at: number, ended: boolean): number | "more" | "unclosed" {
    let quotes = 0
    let size = 0
    for (let length = 1; length <= maxLines; length++) {
      const line = this.#lines[at + length - 1]
      if (line === undefined) return ended ? "unclosed" : "more"
      quotes += line.quotes
      size += line.bytes.length
      if (line.oversize || size > maxRecordBytes) return "unclosed"
      if (quotes % 2 === 0) return length
    }
    return "unclosed"
  }

  #read(lines: ReadonlyArray<Line>, isUnclosed: boolean): Parsed<A> {
    const text = textOf(lines)
    const readRow = this.#readRow
    if (readRow === undefined) {
      this.#readHeader(text.replace(/^\uFEFF/, ""), isUnclosed || lines.some((line) => line.oversize))
      return nothing
    }
    if (lines[0]?.oversize === true) return broken(`longer than ${maxRecordBytes / 1024} KiB`)
    if (text.trim() === "") return nothing
    const fields = split(text, this.#delimiter)
    if (isUnclosed || Either.isLeft(fields) || lines.slice(1).some((line) => this.#isRow(line, readRow))) {
      // what is wrong with it is to be seen in its first line: the others may be good rows
      return broken(Either.match(split(textOf(lines.slice(0, 1)), this.#delimiter), {
        onLeft: (reason) => reason,
        onRight: () => unclosed
      }))
    }
    return { broken: false, result: this.#check(lines, fields.right, readRow) }
  }

  #readHeader(text: string, isBroken: boolean): void {
    if (text.trim() === "" && !isBroken) return
    this.#delimiter = delimiterOf(text)
    const names = isBroken ? [text] : Either.getOrElse(split(text, this.#delimiter), () => [text])
    this.#columns = names.length
    this.#readRow = this.readHeader(names)
  }

  #check(lines: ReadonlyArray<Line>, fields: ReadonlyArray<string>, readRow: ReadRow<A>): Either.Either<A, string> {
    if (fields.length !== this.#columns) {
      return Either.left(`${plural(fields.length, "column")}, and the header has ${this.#columns}`)
    }
    if (lines.some((line) => !isUtf8(line.bytes))) return Either.left("not valid UTF-8")
    const long = fields.findIndex((field) => Buffer.byteLength(field) > maxFieldBytes)
    return long >= 0 ? Either.left(`column ${long + 1} holds more than ${maxFieldBytes / 1024} KiB`) : readRow(fields)
  }

  /** A good row in the middle of a quoted field is far more likely to follow a broken quote than to be text. */
  #isRow(line: Line, readRow: ReadRow<A>): boolean {
    const fields = split(textOf([line]), this.#delimiter)
    return Either.isRight(fields) && Either.isRight(this.#check([line], fields.right, readRow))
  }
}
