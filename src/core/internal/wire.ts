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
  /** The whole body, where it has come to its end already. Its bytes are shared. */
  readonly body: Uint8Array | undefined
  /** There was more of it than is read. */
  readonly isCut: boolean
}

type Response = HttpClientResponse.HttpClientResponse

const receivedOf = (response: Response): Pick<Wire, "headers" | "statusText"> => {
  if (response instanceof BufferedResponse || response instanceof LiveResponse) {
    return { headers: response.received.raw, statusText: response.received.statusText }
  }
  return response instanceof DecodedResponse
    ? receivedOf(response.original)
    : { headers: rawOf(response), statusText: "" }
}

const bodyOf = (response: Response): Uint8Array | undefined => {
  if (response instanceof BufferedResponse) return response.bytes
  if (!(response instanceof LiveResponse) || !response.body.hasEnded) return undefined
  const whole = response.body.takeWhole()
  return whole instanceof Uint8Array ? whole : undefined
}

export const wireOf = (response: Response): Wire => {
  const { headers, statusText } = receivedOf(response)
  return {
    body: bodyOf(response),
    headers,
    isCut: response instanceof BufferedResponse && response.isCut,
    statusText
  }
}
