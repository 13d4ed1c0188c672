/** Where results, notes and questions go. Results are all that stdout gets. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as readline from "node:readline/promises"
import { stripVTControlCharacters } from "node:util"

/** Whoever read the results has stopped reading: there is nothing left to do, and nothing is wrong. */
export class Closed extends Data.TaggedError("Closed") {}

export interface Screen {
  /** Results. */
  readonly out: (text: string) => Effect.Effect<void, Closed>
  /** Everything else: what happens, what went wrong, what is asked. */
  readonly err: (text: string) => Effect.Effect<void>
  /** Width of the terminal that results go to. Absent: they go to no terminal, and nothing is cut. */
  readonly columns?: number | undefined
  /** Whether the other one is a terminal, on which a line can be written over. */
  readonly isLive: boolean
  readonly color: boolean
  /** None: there is nobody to ask. */
  readonly confirm: (question: string) => Effect.Effect<Option.Option<boolean>>
  /** What is piped in. */
  readonly input: Stream.Stream<Uint8Array, unknown>
}

export class Terminal extends Context.Tag("holdfast/ops/Terminal")<Terminal, Screen>() {}

export const out = (text: string): Effect.Effect<void, Closed, Terminal> =>
  Effect.flatMap(Terminal, (screen) => screen.out(text))

export const line = (text: string): Effect.Effect<void, Closed, Terminal> => out(`${text}\n`)

export const note = (text: string): Effect.Effect<void, never, Terminal> =>
  Effect.flatMap(Terminal, (screen) => screen.err(`${text}\n`))

export const json = (value: unknown): Effect.Effect<void, Closed, Terminal> => line(JSON.stringify(value))

/** Of a text that somebody else has written, what a terminal would take for a command is shown and not done. */
export const plain = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- these are what it is about
  stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd")

/** The same on one line. */
export const inline = (text: string): string => plain(text.replaceAll(/\s+/g, " ").trim())

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void, Closed> =>
  Effect.async((resume) => {
    const gone = () => resume(new Closed())
    if (!stream.writable) return gone()
    stream.write(text, (error) => error ? gone() : resume(Effect.void))
  })

const ask = (question: string): Effect.Effect<Option.Option<boolean>> =>
  process.stdin.isTTY && process.stderr.isTTY
    ? Effect.promise((signal) => {
      const lines = readline.createInterface({ input: process.stdin, output: process.stderr })
      // the terminal hands the key to whoever reads it, and nobody else hears of it
      lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
      return lines.question(`${question} [y/N] `, { signal }).finally(() => lines.close())
    }).pipe(Effect.map((answer) => Option.some(/^y(es)?$/i.test(answer.trim()))))
    : Effect.succeedNone

/** Of this process. */
export const layerProcess: Layer.Layer<Terminal> = Layer.sync(Terminal, () => {
  // a write says by itself that nobody reads; unheard, the event would end the process
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
  return {
    color: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    confirm: ask,
    err: (text) => Effect.ignore(write(process.stderr, text)),
    input: Stream.fromAsyncIterable(process.stdin as AsyncIterable<Uint8Array>, (cause) => cause),
    isLive: process.stderr.isTTY === true,
    out: (text) => write(process.stdout, text)
  }
})
