import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { BufferedResponse } from "./bufferedResponse.js"
import { DecodedResponse } from "./decodedResponse.js"
import { type RawHeaders, rawOf } from "./headers.js"
import { LiveResponse } from "./liveResponse.js"

export interface Wire {
  /** The reason phrase, `Not Found`; empty where there was none. */
  readonly statusText: string
  /** Names in lower case, and an array where a header came several times. */
  readonly headers: RawHeaders
  /** There was more of it than is read. */
  readonly isCut: boolean
}

type Response = HttpClientResponse.HttpClientResponse

/** The whole body, where it has come to its end already. Its bytes are shared. */
export const heldBody = (response: Response): Uint8Array | undefined => {
  if (response instanceof BufferedResponse) return response.bytes
  if (!(response instanceof LiveResponse) || !response.body.hasEnded) return undefined
  const whole = response.body.takeWhole()
  return whole instanceof Uint8Array ? whole : undefined
}

/** Looks at the headers when it is asked for them: not everybody does. */
class View implements Wire {
  readonly #response: Response

  constructor(response: Response) {
    this.#response = response instanceof DecodedResponse ? response.original : response
  }

  get statusText(): string {
    const response = this.#response
    return response instanceof BufferedResponse || response instanceof LiveResponse ? response.received.statusText : ""
  }
  get headers(): RawHeaders {
    const response = this.#response
    return response instanceof BufferedResponse || response instanceof LiveResponse
      ? response.received.raw
      : rawOf(response)
  }
  get isCut(): boolean {
    return this.#response instanceof BufferedResponse && this.#response.isCut
  }
}

export const wireOf = (response: Response): Wire => new View(response)
