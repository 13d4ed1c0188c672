/**
 * Which of several requests of one call decides it: plain state, told what happens.
 */

export type Ended = "success" | "failure" | "fatal"

export class Race {
  #started = 0
  #running = 0
  #winner: number | undefined
  #over = false

  get started(): number {
    return this.#started
  }

  /** Nothing that ends from now on changes anything. */
  get over(): boolean {
    return this.#over
  }

  /** The first that has succeeded. */
  get winner(): number | undefined {
    return this.#winner
  }

  /** Another request is sent: its number, from 0. */
  start(): number {
    this.#running++
    return this.#started++
  }

  /**
   * A request has ended. Gives the number of the request whose end is the end of the call: the first to succeed; the very
   * first, when all have failed and none is under way; any that ended as no request should. `undefined`: not yet, or long
   * since.
   */
  end(index: number, ended: Ended): number | undefined {
    this.#running--
    if (this.#over) return undefined
    if (ended === "failure" && this.#running > 0) return undefined
    this.#over = true
    if (ended === "failure") return 0
    if (ended === "success") this.#winner = index
    return index
  }
}
