/** A person's browser: cookies by their rules, redirects one at a time, and nothing else. Ports share their cookies. */

interface Cookie {
  readonly value: string
  readonly path: string
  readonly host: string
}

export interface Page {
  readonly status: number
  readonly url: string
  readonly headers: Headers
  readonly text: string
  /** Where it wants the browser to go. */
  readonly location: string | undefined
}

export class Browser {
  readonly #cookies = new Map<string, Cookie>()

  cookies(url: string): ReadonlyArray<readonly [name: string, value: string]> {
    const { hostname, pathname } = new URL(url)
    return Array.from(this.#cookies).flatMap(([key, cookie]) =>
      cookie.host === hostname && (cookie.path === "/" || pathname.startsWith(cookie.path))
        ? [[key.slice(key.indexOf(" ") + 1), cookie.value] as const]
        : []
    )
  }

  set(host: string, name: string, value: string): void {
    this.#cookies.set(`${host} ${name}`, { host, path: "/", value })
  }

  #take(url: string, headers: Headers): void {
    const { hostname, pathname } = new URL(url)
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(/; */)
      const equals = pair.indexOf("=")
      const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
      const of = (attribute: string) =>
        attributes.find((it) => it.toLowerCase().startsWith(attribute))?.slice(attribute.length)
      const path = of("path=") ?? pathname
      if (name.startsWith("__Host-") && (path !== "/" || of("secure") === undefined || of("domain=") !== undefined)) {
        throw new Error(`a browser takes no such cookie: ${line}`)
      }
      const gone = of("max-age=") === "0" || Date.parse(of("expires=") ?? "") <= 0
      if (gone || value === "") this.#cookies.delete(`${hostname} ${name}`)
      else this.#cookies.set(`${hostname} ${name}`, { host: hostname, path, value })
    }
  }

  /** One request, without following. */
  async go(
    url: string,
    init: {
      readonly method?: string
      readonly form?: Record<string, string>
      readonly headers?: Record<string, string>
    } = {}
  ): Promise<Page> {
    const cookie = this.cookies(url).map(([name, value]) => `${name}=${value}`).join("; ")
    const response = await fetch(url, {
      ...(init.form === undefined ? {} : { body: new URLSearchParams(init.form) }),
      headers: { ...(cookie === "" ? {} : { cookie }), ...init.headers },
      method: init.method ?? (init.form === undefined ? "GET" : "POST"),
      redirect: "manual"
    })
    this.#take(url, response.headers)
    const location = response.headers.get("location")
    return {
      headers: response.headers,
      location: location === null ? undefined : new URL(location, url).href,
      status: response.status,
      text: await response.text(),
      url
    }
  }

  /** Follows until it is sent to a place that `stops`, or shown a page. */
  async follow(page: Page, stops: (url: string) => boolean): Promise<Page> {
    let at = page
    for (let hops = 0; at.location !== undefined && !stops(at.location); hops++) {
      if (hops === 20) throw new Error(`round and round: ${at.location}`)
      at = await this.go(at.location)
    }
    return at
  }

  /** Signs in at oidc-provider's own pages and consents; gives the URL of the callback, to which it does not go. */
  async consent(authorizationUrl: string, callback: string, answer: "consent" | "abort" = "consent"): Promise<string> {
    const stops = (url: string) => url.startsWith(callback)
    let at = await this.follow(await this.go(authorizationUrl), stops)
    for (let pages = 0; at.location === undefined; pages++) {
      const [, action] = /action="([^"]+)"/.exec(at.text) ?? []
      if (pages === 5 || action === undefined) throw new Error(`no form at ${at.url}: ${at.status} ${at.text}`)
      const prompt = /name="prompt" value="([^"]+)"/.exec(at.text)?.[1] ?? ""
      at = answer === "abort"
        ? await this.follow(await this.go(`${at.url}/abort`), stops)
        : await this.follow(
          await this.go(new URL(action, at.url).href, {
            form: prompt === "login" ? { login: "ada", password: "fake", prompt } : { prompt }
          }),
          stops
        )
    }
    return at.location
  }
}
