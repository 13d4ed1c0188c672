/**
 * What `fetch` does is what the platform's own does: both are asked the same, and must say the same.
 */
import type { ResilientFetch } from "holdfast"
import type * as Http from "node:http"
import * as Zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import * as Kit from "./fetchKit.js"

type Fetch = typeof globalThis.fetch

const latin1 = Buffer.from("zoë", "latin1").toString("latin1")
const order = JSON.stringify({ id: "o1", lines: [1, 2, 3], note: "größer" })
const long = "0123456789".repeat(20_000)

/** A chunk at a time, with the network between them. */
const inPieces = (response: Http.ServerResponse, ...pieces: ReadonlyArray<Buffer | string>): void => {
  const [first, ...rest] = pieces
  if (first === undefined) {
    response.end()
    return
  }
  response.write(first)
  setTimeout(() => inPieces(response, ...rest), 5)
}

const zlibInPieces = (response: Http.ServerResponse, encoded: Buffer): void => {
  const half = Math.ceil(encoded.length / 2)
  inPieces(response, encoded.subarray(0, half), encoded.subarray(half))
}

const answers: Readonly<Record<string, (response: Http.ServerResponse) => void>> = {
  json: (response) => void response.writeHead(200, { "content-type": "application/json" }).end(order),
  "json with its length": (response) => Kit.json(response, { a: 1 }),
  "json with a byte order mark": (response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(`\uFEFF${order}`),
  "no json": (response) => void response.writeHead(200, { "content-type": "application/json" }).end("{\"a\":"),
  "bytes that are no text": (response) => void response.end(Buffer.from([0, 255, 254, 128, 10])),
  "an empty body": (response) => void response.writeHead(200, { "content-length": "0" }).end(),
  "an empty body of no length": (response) => {
    response.flushHeaders()
    response.end()
  },
  created: (response) => void response.writeHead(201, { location: "/orders/1" }).end("made"),
  "no content": (response) => void response.writeHead(204).end(),
  "not modified": (response) => void response.writeHead(304, { etag: "\"a\"" }).end(),
  "a redirect to nowhere": (response) => void response.writeHead(302).end("where"),
  "multiple choices": (response) => void response.writeHead(300, { location: "/x" }).end("choose"),
  "not found": (response) => Kit.json(response, { message: "no" }, 404),
  "a reason of its own": (response) => void response.writeHead(409, "There Already").end("conflict"),
  "no reason": (response) => void response.writeHead(418, "").end("teapot"),
  "a status that no constructor takes": (response) => void response.writeHead(999, "Denied").end("robot"),
  "a server error": (response) => void response.writeHead(502).end("<html>"),
  cookies: (response) =>
    void response.writeHead(200, { "set-cookie": ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"] }).end(),
  "headers that came twice": (response) =>
    void response.writeHead(200, [["x-a", "1"], ["x-b", "2"], ["X-A", "3"]]).end(),
  "a header of Latin-1": (response) => void response.writeHead(200, { "x-name": latin1 }).end(),
  "a long body": (response) => void response.writeHead(200, { "content-length": long.length }).end(long),
  "a body in pieces": (response) => inPieces(response, "one ", "two ", "three"),
  "a body in pieces, with its length": (response) => {
    response.writeHead(200, { "content-length": "8" })
    inPieces(response, "one ", "two ")
  },
  gzip: (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(Zlib.gzipSync(long)),
  "x-gzip": (response) => void response.writeHead(200, { "content-encoding": "x-gzip" }).end(Zlib.gzipSync(order)),
  "gzip in pieces": (response) => {
    response.writeHead(200, { "content-encoding": "gzip" })
    zlibInPieces(response, Zlib.gzipSync(order))
  },
  "gzip of an error": (response) =>
    void response.writeHead(422, { "content-encoding": "gzip", "content-type": "application/json" }).end(
      Zlib.gzipSync("{\"message\":\"no\"}")
    ),
  "gzip that was cut short": (response) => {
    response.writeHead(200, { "content-encoding": "gzip" })
    const encoded = Zlib.gzipSync(order)
    response.end(encoded.subarray(0, encoded.length - 8))
  },
  "brotli in pieces": (response) => {
    response.writeHead(200, { "content-encoding": "br" })
    zlibInPieces(response, Zlib.brotliCompressSync(long))
  },
  deflate: (response) => void response.writeHead(200, { "content-encoding": "deflate" }).end(Zlib.deflateSync(order)),
  "bare deflate in pieces": (response) => {
    response.writeHead(200, { "content-encoding": "deflate" })
    zlibInPieces(response, Zlib.deflateRawSync(order))
  },
  "two codings": (response) =>
    void response.writeHead(200, { "content-encoding": "deflate, gzip" }).end(Zlib.gzipSync(Zlib.deflateSync(order))),
  "two codings in two headers": (response) =>
    void response.writeHead(200, [["content-encoding", "gzip"], ["content-encoding", "br"]]).end(
      Zlib.brotliCompressSync(Zlib.gzipSync(order))
    ),
  "a coding that nobody knows": (response) =>
    void response.writeHead(200, { "content-encoding": "rot13" }).end("uryyb"),
  "a form": (response) =>
    void response.writeHead(200, { "content-type": "application/x-www-form-urlencoded" }).end("a=1&b=two+words"),
  "a form with files": (response) =>
    void response.writeHead(200, { "content-type": "multipart/form-data; boundary=xx" }).end(
      "--xx\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n" +
        "--xx\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\ncontent-type: text/plain\r\n\r\nfile\r\n--xx--\r\n"
    )
}

const settle = async <A>(f: () => Promise<A> | A): Promise<unknown> => {
  try {
    return await f()
  } catch (error) {
    return `rejects with ${(error as Error).name}`
  }
}

const readers: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  arrayBuffer: async (response) => {
    const buffer = await response.arrayBuffer()
    return [buffer instanceof ArrayBuffer, Buffer.from(buffer).toString("hex").slice(0, 4000)]
  },
  blob: async (response) => {
    const blob = await response.blob()
    return [blob.type, blob.size, (await blob.text()).slice(0, 4000)]
  },
  body: async (response) => {
    if (response.body === null) return null
    const chunks: Array<Uint8Array> = []
    for await (const chunk of response.body) chunks.push(chunk)
    return [chunks.every((chunk) => chunk instanceof Uint8Array), Buffer.concat(chunks).toString("hex").slice(0, 4000)]
  },
  "body, into a buffer of one's own": async (response) => {
    if (response.body === null) return null
    const reader = response.body.getReader({ mode: "byob" })
    let text = ""
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(1024))
      if (done) return text.slice(0, 4000)
      text += Buffer.from(value).toString("latin1")
    }
  },
  "clone, both read": async (response) => {
    const copy = response.clone()
    return [copy instanceof Response, copy.status, copy.url, copy.redirected, copy.type, copy.statusText].concat(
      await Promise.all([copy.text(), response.text()])
    )
  },
  "clone of a clone, after a look at the body": async (response) => {
    void response.body
    const copy = response.clone().clone()
    return [copy.url, copy.status, await copy.text(), response.bodyUsed, await response.text(), response.bodyUsed]
  },
  formData: async (response) => {
    const form = await response.formData()
    return Promise.all(Array.from(form, async ([name, value]) => [
      name,
      typeof value === "string" ? value : [value.name, value.type, await value.text()]
    ]))
  },
  json: (response) => response.json(),
  text: (response) => response.text(),
  "text twice": async (response) => [await response.text(), await settle(() => response.text())],
  "text, then all else": async (response) => {
    await response.text()
    return [
      response.body === null,
      await settle(() => response.json()),
      await settle(() => response.arrayBuffer()),
      await settle(() => response.blob()),
      await settle(() => response.clone().text()),
      response.bodyUsed
    ]
  },
  "json after a failed form": async (response) => [
    await settle(() => response.formData().then((form) => Array.from(form).length)),
    await settle(() => response.json())
  ],
  "a lock, then text": async (response) => {
    const reader = response.body?.getReader()
    const locked = [response.bodyUsed, response.body?.locked, await settle(() => response.text())]
    reader?.releaseLock()
    return [...locked, await settle(() => response.text())]
  },
  "cancel, then text": async (response) => {
    await response.body?.cancel()
    return [response.bodyUsed, await settle(() => response.text())]
  },
  "a Response made of it": async (response) => {
    if (response.status < 200 || response.status > 599) return "none can be made"
    const made = new Response(response.body, response)
    return [made.status, made.statusText, made.headers.get("content-type"), await made.text()]
  }
}

const headersOf = (headers: Headers) =>
  Array.from(headers).filter(([name]) => !["connection", "date", "keep-alive"].includes(name))

const look = async (
  fetch: Fetch,
  url: string,
  init: RequestInit | undefined,
  read: (response: Response) => Promise<unknown>
): Promise<unknown> => {
  const response = await fetch(url, init)
  const before = {
    bodyUsed: response.bodyUsed,
    constructor: response.constructor === Response,
    cookies: response.headers.getSetCookie(),
    hasBody: response.body !== null,
    headers: headersOf(response.headers),
    instance: response instanceof Response,
    ok: response.ok,
    redirected: response.redirected,
    status: response.status,
    statusText: response.statusText,
    tag: Object.prototype.toString.call(response),
    type: response.type,
    url: response.url
  }
  return { before, read: await settle(() => read(response)), used: response.bodyUsed }
}

const options: ResilientFetch.Options = { policy: { circuitBreaker: false, retry: false } }

const paths = Object.keys(answers)

const answering: Kit.Handler = (request, response) =>
  answers[paths[Number(request.url.slice(1).split("#")[0])] ?? "json"]?.(response)

// without buffering each answer is a stream
const ways: ReadonlyArray<readonly [string, ResilientFetch.Options]> = [
  ["read ahead", options],
  ["streamed", { ...options, wholeBytes: 0 }]
]

for (const [way, options] of ways) {
  describe(`a response that is ${way}, against that of the platform`, () => {
    it.each(Object.entries(readers))("%s", async (_, read) => {
      const server = await Kit.serve(answering)
      const fetch = Kit.make(options)
      for (const [index, name] of paths.entries()) {
        const url = `${server.url}/${index}`
        const [expected, actual] = await Promise.all([
          look(globalThis.fetch, url, undefined, read),
          look(fetch, url, undefined, read)
        ])
        expect({ [name]: actual }).toEqual({ [name]: expected })
      }
    })

    it("to HEAD", async () => {
      const server = await Kit.serve((request, response) => {
        response.writeHead(request.url === "/0" ? 200 : 404, { "content-length": "1000", "x-a": "b" }).end()
      })
      const fetch = Kit.make(options)
      for (const path of ["/0", "/1"]) {
        const init = { method: "HEAD" }
        expect(await look(fetch, server.url + path, init, (response) => response.text())).toEqual(
          await look(globalThis.fetch, server.url + path, init, (response) => response.text())
        )
      }
    })
  })
}

describe("a response over another client, against that of the platform", () => {
  it("text, and all that is known without it, but for the reason", async () => {
    const server = await Kit.serve(answering)
    const fetch = Kit.make({ ...options, ...Kit.clients[1]?.[1] })
    const read = (response: Response) => response.text()
    const without = (seen: unknown) => {
      const { before, ...rest } = seen as { readonly before: Record<string, unknown> }
      return { ...rest, before: { ...before, statusText: "" } }
    }
    for (const [index, name] of paths.entries()) {
      // that client reads a header as UTF-8
      if (name === "a header of Latin-1") continue
      const url = `${server.url}/${index}`
      expect({ [name]: without(await look(fetch, url, undefined, read)) }).toEqual({
        [name]: without(await look(globalThis.fetch, url, undefined, read))
      })
    }
  })
})

const form = () => {
  const form = new FormData()
  form.append("a", "1")
  form.append("größe", "zwei\nZeilen")
  form.append("file", new Blob(["file"], { type: "text/plain" }), "f.txt")
  return form
}

const streamOf = (...chunks: ReadonlyArray<string>) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    }
  })

async function* pieces() {
  yield new TextEncoder().encode("a")
  yield new TextEncoder().encode("b")
}

const bytes = new TextEncoder().encode("--bytes--")

const post = (body: unknown, more: object = {}): () => RequestInit => () => ({
  body: (typeof body === "function" ? body() : body) as never,
  method: "POST",
  ...more
})

const requests: Readonly<Record<string, (url: string) => Parameters<Fetch>>> = {
  "a URL": (url) => [new URL("/a?b=c#d", url)],
  "a fragment": (url) => [`${url}/a?q=1#frag`],
  "a path that is not plain": (url) => [`${url}/a b/../c/./ö?q=ü 'x'"y"`],
  "a Request": (url) => [new Request(url, { headers: { "x-a": "1" } })],
  "a Request with a body": (url) => [new Request(url, post("text")())],
  "a Request with a form": (url) => [new Request(url, post(form)())],
  // what it is made of is not to be known, so that a small one is sent with its length
  "a Request with a large stream": (url) => [
    new Request(url, post(() => streamOf(...Array.from({ length: 8 }, () => long)), { duplex: "half" })())
  ],
  "a Request, its method changed": (url) => [new Request(url, post("text")()), { method: "PUT" }],
  "a Request, its headers replaced": (
    url
  ) => [new Request(url, { headers: { "x-a": "1" } }), { headers: { "x-b": "2" } }],
  "a Request, its body replaced": (url) => [new Request(url, post("text")()), { body: "other" }],
  "what is turned into a URL": (url) => [{ toString: () => `${url}/from/object` } as never],
  ...Object.fromEntries(
    ["GET", "get", "POST", "post", "PUT", "PATCH", "patch", "DELETE", "OPTIONS", "PROPFIND"].map((method) => [
      `the method ${method}`,
      (url: string): Parameters<Fetch> => [url, { method }]
    ])
  ),
  ...Object.fromEntries(
    Object.entries<() => RequestInit>({
      "a string": post("größer"),
      "an empty string": post(""),
      "URLSearchParams": post(() => new URLSearchParams({ a: "1", b: "zwei drei" })),
      "an ArrayBuffer": post(() => bytes.slice().buffer),
      "a part of a buffer": post(() => bytes.subarray(2, 7)),
      "a DataView": post(() => new DataView(bytes.buffer, 2, 5)),
      "a Buffer": post(() => Buffer.from("buffer")),
      "a Blob": post(() => new Blob(["blob"])),
      "a Blob with a type": post(() => new Blob(["{}"], { type: "application/json" })),
      "a large Blob": post(() => new Blob([long.repeat(10)], { type: "text/plain" })),
      "a File": post(() => new File(["file"], "f.txt", { type: "text/csv" })),
      "a form": post(form),
      "a large form": post(() => {
        const large = form()
        large.append("large", new Blob([long.repeat(10)]))
        return large
      }),
      "a stream": post(() => streamOf("a", "b"), { duplex: "half" }),
      "an empty stream": post(() => streamOf(), { duplex: "half" }),
      "a generator": post(() => pieces(), { duplex: "half" }),
      "a number": post(42),
      "an object": post(() => ({ a: 1 })),
      "no body": post(undefined),
      "null": post(null)
    }).map(([name, init]) => [`the body ${name}`, (url: string): Parameters<Fetch> => [url, init()]])
  ),
  ...Object.fromEntries(
    Object.entries<RequestInit["headers"]>({
      "a record": { "Content-Type": "application/json", "X-A": " padded\t" },
      "a list": [["X-A", "1"], ["x-a", "2"], ["Cookie", "a=1"], ["cookie", "b=2"]],
      "Headers": new Headers([["x-a", "1"], ["X-A", "2"]]),
      "the same name in two cases": { "X-A": "1", "x-a": "2" },
      "values that are no strings": { "x-a": 1, "x-b": true, "x-c": undefined } as never,
      "an empty value": { "x-a": "" },
      "Latin-1": { "x-a": "zoë" },
      "an accept of its own": { accept: "text/html", "accept-encoding": "identity", "user-agent": "me" },
      "names of an object": { constructor: "a", tostring: "b" } as never
    }).map(([name, headers]) => [
      `headers as ${name}`,
      (url: string): Parameters<Fetch> => [url, { body: "{}", headers: headers ?? {}, method: "POST" }]
    ])
  ),
  ...Object.fromEntries(
    (["no-store", "reload", "no-cache", "force-cache", "default"] as const).map((cache) => [
      `the cache mode ${cache}`,
      (url: string): Parameters<Fetch> => [url, { cache } as RequestInit]
    ])
  )
}

const ownHeaders = ["accept-language", "connection", "host", "sec-fetch-mode"]
const defaultHeaders = ["accept-encoding", "user-agent"]

/** What has arrived, but for what each fetch says of itself, and the boundary that each makes. */
const arrived = (request: Kit.Received | undefined, isOwn: boolean) => {
  if (request === undefined) return undefined
  const boundary = /boundary=(\S+)/.exec(request.headers["content-type"] ?? "")?.[1]
  const plain = (text: string) => boundary === undefined ? text : text.replaceAll(boundary, "boundary")
  return {
    body: plain(request.body.toString("latin1")),
    headers: Object.fromEntries(
      Object.entries(request.headers)
        .filter(([name]) => !ownHeaders.includes(name) && (isOwn || !defaultHeaders.includes(name)))
        // the length of the boundary is in it
        .filter(([name]) => boundary === undefined || name !== "content-length")
        .map(([name, value]) => [name, plain(String(value))])
    ),
    method: request.method,
    url: request.url
  }
}

for (const [client, over] of Kit.clients) {
  describe(`a request over ${client}, against that of the platform`, () => {
    it.each(Object.entries(requests))("%s", async (name, make) => {
      const server = await Kit.serve((_, response) => response.end())
      await globalThis.fetch(...make(server.url))
      await Kit.make({ ...over, ...options })(...make(server.url))
      const [expected, actual] = server.requests
      const isOwn = name.includes("of its own")
      expect(arrived(actual, isOwn)).toEqual(arrived(expected, isOwn))
    })
  })
}

const usedStream = () => {
  const stream = streamOf("a")
  void stream.getReader()
  return stream
}

const misuses: Readonly<Record<string, () => Parameters<Fetch>>> = {
  "no URL": () => ["/relative"],
  "a URL with a password": () => ["http://user:secret@127.0.0.1/"],
  "another scheme": () => ["ftp://127.0.0.1/"],
  "a method that is none": () => ["http://127.0.0.1/", { method: "A B" }],
  "CONNECT": () => ["http://127.0.0.1/", { method: "CONNECT" }],
  "trace": () => ["http://127.0.0.1/", { method: "trace" }],
  "GET with a body": () => ["http://127.0.0.1/", { body: "a" }],
  "HEAD with a body": () => ["http://127.0.0.1/", { body: "", method: "HEAD" }],
  "a name that no header has": () => ["http://127.0.0.1/", { headers: { "a b": "c" } }],
  "a value with a line break": () => ["http://127.0.0.1/", { headers: { a: "b\nc: d" } }],
  "a value that is not Latin-1": () => ["http://127.0.0.1/", { headers: { a: "→" } }],
  "a pair of three": () => ["http://127.0.0.1/", { headers: [["a", "b", "c"]] as never }],
  "headers that are none": () => ["http://127.0.0.1/", { headers: 1 as never }],
  "a signal that is none": () => ["http://127.0.0.1/", { signal: {} as never }],
  "a redirect that is none": () => ["http://127.0.0.1/", { redirect: "away" as never }],
  "a stream without duplex": () => ["http://127.0.0.1/", { body: streamOf("a"), method: "POST" }],
  "a stream that is locked":
    () => ["http://127.0.0.1/", { body: usedStream(), duplex: "half", method: "POST" } as never],
  "a Request that was used": () => {
    const request = new Request("http://127.0.0.1/", { body: "a", method: "POST" })
    void request.text()
    return [request]
  }
}

describe("misuse rejects with a TypeError, as with the platform, and sends nothing", () => {
  it.each(Object.entries(misuses))("%s", async (_, make) => {
    await expect(globalThis.fetch(...make())).rejects.toBeInstanceOf(TypeError)
    await expect(Kit.make(options)(...make())).rejects.toBeInstanceOf(TypeError)
  })

  it("what this one cannot do it does not seem to do", async () => {
    const fetch = Kit.make(options)
    for (const init of [{ dispatcher: {} }, { integrity: "sha256-AAAA" }, { cache: "only-if-cached" }]) {
      await expect(fetch("http://127.0.0.1/", init as RequestInit)).rejects.toBeInstanceOf(TypeError)
    }
  })
})

describe("what no network is needed for", () => {
  it("data: and blob: are the platform's", async () => {
    const fetch = Kit.make(options)
    expect(await (await fetch("data:text/plain,hello")).text()).toBe("hello")
    const url = URL.createObjectURL(new Blob(["blob"]))
    expect(await (await fetch(url)).text()).toBe("blob")
    URL.revokeObjectURL(url)
  })
})
