/**
 * Options of a connection pool, as undici takes them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Tls from "node:tls"
import type * as Undici from "undici"
import type { Dispatcher } from "./dispatcher.js"

/** As `node:tls` has them. */
export interface TlsOptions extends
  Pick<
    Tls.ConnectionOptions,
    | "ca"
    | "cert"
    | "checkServerIdentity"
    | "ciphers"
    | "key"
    | "maxVersion"
    | "minVersion"
    | "passphrase"
    | "pfx"
    | "rejectUnauthorized"
    | "servername"
  >
{}

/** A proxy, and who we are to it. */
export interface ProxyOptions {
  /** `http://proxy.internal:3128`; also `https:` and `socks5:`. */
  readonly url: string | URL
  /** Value of `Proxy-Authorization`, with its scheme: `Bearer …`. */
  readonly token?: Redacted.Redacted | undefined
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** More headers for the proxy alone. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Of the connection to the proxy itself. */
  readonly tls?: TlsOptions | undefined
  /**
   * Default `true`: everything goes through a tunnel (`CONNECT`). `false`: a request to an `http:` address is handed to
   * the proxy as it is.
   */
  readonly tunnel?: boolean | undefined
}

/** All of it is about connections; how long an answer may take is for the Timeout policy to say. */
export interface PoolOptions {
  /** Open at once to one origin; a request beyond them waits. Default: no limit. */
  readonly connections?: number | undefined
  /** Requests under way at once on one HTTP/1.1 connection; 0: no connection is used twice. Default 1. */
  readonly pipelining?: number | undefined
  /** Until a connection is there, TLS included. Default: 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /** An idle connection is closed after it, unless the server has named another time. Default: 4 seconds. */
  readonly keepAliveTimeout?: Duration.DurationInput | undefined
  /** The longest time that a server may name. Default: 10 minutes. */
  readonly keepAliveMaxTimeout?: Duration.DurationInput | undefined
  /** A connection is closed after so many requests. Default: no limit. */
  readonly maxRequestsPerConnection?: number | undefined
  /** A response with larger headers is a failure. Bytes; default 16 KiB. */
  readonly maxHeaderBytes?: number | undefined
  /** HTTP/2, where the server offers it. Default `false`. */
  readonly allowH2?: boolean | undefined
  /** Certificates and keys: `ca`, `cert`, `key`, `rejectUnauthorized` … */
  readonly tls?: TlsOptions | undefined
  /** The address of this machine from which connections are made. */
  readonly localAddress?: string | undefined
  /** `"env"`: as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say when the layer is built. Default: none. */
  readonly proxy?: "env" | string | URL | ProxyOptions | undefined
}

const refuse = (what: string): never => {
  throw new Error(`Transport.layerWith: ${what}`)
}

const checkCount = (name: string, value: number | undefined, least: number): void => {
  if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
    refuse(`${name} is ${value}; it must be a whole number, ${least} or more`)
  }
}

const checkDuration = (name: string, value: Duration.DurationInput | undefined): void => {
  if (value === undefined) return
  const millis = Duration.toMillis(value)
  if (!(millis > 0 && Number.isFinite(millis))) {
    refuse(`${name} is ${Duration.format(value)}; it must be positive and finite, as in "10 seconds"`)
  }
}

const proxySchemes: ReadonlySet<string> = new Set(["http:", "https:", "socks5:", "socks:"])

const proxyOf = (proxy: string | URL | ProxyOptions): ProxyOptions =>
  typeof proxy === "string" || proxy instanceof URL ? { url: proxy } : proxy

const checkProxy = (proxy: ProxyOptions): void => {
  const url = String(proxy.url)
  // not the URL itself: it may hold a password
  if (!URL.canParse(url) || !proxySchemes.has(new URL(url).protocol)) {
    refuse("proxy is not the URL of a proxy, as in http://proxy.internal:3128")
  }
  if ((proxy.username === undefined) !== (proxy.password === undefined)) {
    refuse("username and password of a proxy go together: give both, or neither")
  }
  if (proxy.token !== undefined && proxy.username !== undefined) {
    refuse("a proxy takes a token, or a username and a password, not both")
  }
}

export const checkOptions = (options: PoolOptions): void => {
  checkCount("connections", options.connections, 1)
  checkCount("pipelining", options.pipelining, 0)
  checkCount("maxRequestsPerConnection", options.maxRequestsPerConnection, 1)
  checkCount("maxHeaderBytes", options.maxHeaderBytes, 1)
  checkDuration("connectTimeout", options.connectTimeout)
  checkDuration("keepAliveTimeout", options.keepAliveTimeout)
  checkDuration("keepAliveMaxTimeout", options.keepAliveMaxTimeout)
  if (options.proxy !== undefined && options.proxy !== "env") checkProxy(proxyOf(options.proxy))
}

/** Undici takes an option that is `undefined` for one that is set. */
type Present<A> = { [K in keyof A]?: Exclude<A[K], undefined> }

const present = <A extends object>(options: A): Present<A> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<A>

const millis = (input: Duration.DurationInput | undefined): number | undefined =>
  input === undefined ? undefined : Duration.toMillis(input)

const authorization = ({ password, token, username }: ProxyOptions): string | undefined => {
  if (token !== undefined) return Redacted.value(token)
  if (username === undefined || password === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${Redacted.value(password)}`).toString("base64")}`
}

/**
 * How an agent makes the pool of an origin. A client that refuses a request (a header that cannot be sent) says the same
 * as one that is busy. Its pool takes it for that, and waits in vain to hear that it is free: a few refused requests, and
 * no connection is left.
 */
const factoryOf = (undici: typeof Undici) => {
  class Client extends undici.Client {
    override dispatch(options: Undici.Dispatcher.DispatchOptions, handler: Undici.Dispatcher.DispatchHandler): boolean {
      const before = this.stats.size
      return super.dispatch(options, handler) || this.stats.size === before
    }
  }
  return (origin: string | URL, options: Undici.Pool.Options): Undici.Dispatcher =>
    options.connections === 1 ? new Client(origin, options) : new undici.Pool(origin, {
      ...options,
      factory: (origin, options) => new Client(origin, options)
    })
}

const build = (undici: typeof Undici, options: PoolOptions) => {
  const pool = present({
    allowH2: options.allowH2,
    connections: options.connections,
    factory: factoryOf(undici),
    keepAliveMaxTimeout: millis(options.keepAliveMaxTimeout),
    keepAliveTimeout: millis(options.keepAliveTimeout),
    localAddress: options.localAddress,
    maxHeaderSize: options.maxHeaderBytes,
    maxRequestsPerClient: options.maxRequestsPerConnection,
    pipelining: options.pipelining
  })
  const timeout = present({ timeout: millis(options.connectTimeout) })
  const tls = { ...present({ ...options.tls, allowH2: options.allowH2 }), ...timeout }
  if (options.proxy === undefined) return new undici.Agent({ ...pool, connect: tls })
  // an agent for a proxy makes its connections itself, to the proxy and through it
  if (options.proxy === "env") {
    return new undici.EnvHttpProxyAgent({ ...pool, connect: tls, proxyTls: timeout, requestTls: tls })
  }
  const proxy = proxyOf(options.proxy)
  return new undici.ProxyAgent({
    ...pool,
    ...present({ headers: proxy.headers, proxyTunnel: proxy.tunnel, token: authorization(proxy) }),
    proxyTls: { ...present({ ...proxy.tls }), ...timeout },
    requestTls: tls,
    uri: String(proxy.url)
  })
}

/** A pool that ends, with all of its connections, when the scope does. */
export const make = (options: PoolOptions): Effect.Effect<Dispatcher, never, Scope.Scope> =>
  Effect.flatMap(loadUndici, (undici) =>
    Effect.acquireRelease(
      Effect.sync(() => build(undici, options)),
      (dispatcher) => Effect.promise(() => dispatcher.destroy())
    ))

const loadUndici = Effect.promise(() =>
  import("undici").catch((cause: unknown) => {
    throw new Error("Transport.layer stands on undici, which cannot be loaded: npm install undici", { cause })
  })
)
