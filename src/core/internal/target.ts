import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as ClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"

/** Where a request goes. */
export class Location {
  constructor(readonly origin: string, readonly path: string) {}
}

export class InvalidUrl {
  constructor(readonly cause: unknown, readonly request: HttpClientRequest.HttpClientRequest) {}
}

/** What a parser of URLs would leave as it is: no dot segments, nothing that it encodes, no query and no fragment. */
const isPlain = (path: string): boolean => /^\/[\w\-.~!$&'()*+,;=:@%/]*$/.test(path) && !/\/(?:\.|%2e)/i.test(path)

const searchOf = (params: UrlParams.UrlParams): string => {
  const search = new URLSearchParams()
  for (const [name, value] of params) if (value !== undefined) search.append(name, value)
  const text = search.toString()
  return text === "" ? "" : `?${text}`
}

/** An absolute URL of the same kind, as a parser would give it back, with its query. */
const absolute = /^(https?:\/\/[a-z0-9.:[\]-]+)(\/[\w\-.~!$&'()*+,;=:@%/]*(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?)$/

const isPlainBase = (url: string): boolean =>
  /^https?:\/\/[\w.:[\]-]+(?:\/[\w\-.~!$&'()*+,;=:@%/]*)?$/i.test(url) && URL.canParse(url)

/** Where requests to one base URL go. The base is parsed once, and the path of a request only when it is not plain. */
export class Target {
  readonly #plain: { readonly origin: string; readonly prefix: string } | undefined

  constructor(readonly baseUrl: string) {
    if (!isPlainBase(baseUrl)) return
    const { origin, pathname } = new URL(baseUrl)
    this.#plain = { origin, prefix: pathname.replace(/\/$/, "") }
  }

  /** As `HttpClient` would make it of the base URL and the request. */
  locate(request: HttpClientRequest.HttpClientRequest): Location | InvalidUrl {
    if (this.#plain !== undefined && isPlain(request.url)) {
      const search = request.urlParams.length === 0 ? "" : searchOf(request.urlParams)
      return new Location(this.#plain.origin, this.#plain.prefix + request.url + search)
    }
    if (this.baseUrl === "" && request.urlParams.length === 0) {
      const match = absolute.exec(request.url)
      if (match !== null && !/\/(?:\.|%2e)/i.test(request.url)) {
        return new Location(match[1] as string, match[2] as string)
      }
    }
    const outgoing = ClientRequest.prependUrl(request, this.baseUrl)
    const url = UrlParams.makeUrl(outgoing.url, outgoing.urlParams, outgoing.hash)
    return Either.isRight(url)
      ? new Location(url.right.origin, url.right.pathname + url.right.search)
      : new InvalidUrl(url.left, outgoing)
  }
}
