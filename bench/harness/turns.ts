/** Several things measured window by window, in turns. */
import { medianRatio, shuffled } from "./statistics.js"

export interface Turns<W> {
  /** A number a round. */
  readonly of: (name: string, what: keyof W) => ReadonlyArray<number>
  /** The median of the ratios within each round. */
  readonly ratio: (name: string, against: string, what: keyof W) => number
}

/** Each is measured twice before it counts, so that the compiler has settled. */
export const inTurns = async <W extends { readonly [K in keyof W]: number }>(
  names: ReadonlyArray<string>,
  rounds: number,
  inWindow: (name: string) => Promise<W>
): Promise<Turns<W>> => {
  const windows = new Map<string, Array<W>>()
  for (const name of names) {
    windows.set(name, [])
    await inWindow(name)
    await inWindow(name)
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) windows.get(name)?.push(await inWindow(name))
  }
  const of = (name: string, what: keyof W) => (windows.get(name) ?? []).map((window) => window[what])
  return { of, ratio: (name, against, what) => medianRatio(of(name, what), of(against, what)) }
}
