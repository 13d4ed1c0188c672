/** HashiCorp Vault's documented HTTP API, as far as secrets go, on a real socket of the loopback interface. */
import { Effect } from "effect"
import * as http from "node:http"

interface Token {
  readonly namespace: string
  readonly policy: Policy
  readonly renewable: boolean
  readonly ttl: number
  /** Milliseconds; `Infinity`: none. */
  readonly maxEndsAt: number
  endsAt: number
}

/** Capabilities by path of a request, without `/v1/`. What is not there is denied. */
export type Policy = (path: string) => ReadonlyArray<"create" | "read" | "update">

export interface Role {
  readonly roleId: string
  secretId: string
  readonly mount?: string
  readonly namespace?: string
  policy: Policy
  /** Seconds. */
  readonly ttl: number
  readonly maxTtl?: number
  readonly renewable?: boolean
}

interface Version {
  readonly data: unknown
  deletedAt: string
  destroyed: boolean
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export type Fault = "cut" | "hang" | ((seen: Seen) => Answer | undefined)

const errors = (status: number, ...messages: ReadonlyArray<string>): Answer => ({ body: { errors: messages }, status })
const denied = errors(403, "1 error occurred:\n\t* permission denied\n\n")
const ok = (fields: object): Answer => ({
  body: { auth: null, data: null, lease_duration: 0, lease_id: "", renewable: false, request_id: "r-1", ...fields },
  status: 200
})

export const anything: Policy = () => ["create", "read", "update"]

export class Vault {
  readonly seen: Array<Seen> = []
  readonly answered: Array<number> = []
  fault: Fault | undefined
  sealed = false
  casRequired = false
  readonly roles: Array<Role> = []
  readonly tokens = new Map<string, Token>()
  readonly #secrets = new Map<string, Array<Version>>()
  #made = 0

  constructor(readonly now: () => number) {}

  count(method: string, path: RegExp): number {
    return this.seen.filter((seen) => seen.method === method && path.test(seen.path)).length
  }

  get logins(): number {
    return this.count("POST", /^auth\/.+\/login$/)
  }

  get renewals(): number {
    return this.count("POST", /renew-self$/)
  }

  get reads(): number {
    return this.count("GET", /\/data\//)
  }

  issue(options: {
    readonly namespace?: string
    readonly policy?: Policy
    readonly renewable?: boolean
    readonly ttl: number
    readonly maxTtl?: number
  }): string {
    const token = `hvs.fake-token-${++this.#made}`
    const ttl = options.ttl === 0 ? Infinity : options.ttl * 1000
    this.tokens.set(token, {
      endsAt: this.now() + ttl,
      maxEndsAt: options.maxTtl === undefined ? Infinity : this.now() + options.maxTtl * 1000,
      namespace: options.namespace ?? "",
      policy: options.policy ?? anything,
      renewable: options.renewable ?? true,
      ttl
    })
    return token
  }

  /** As `vault token revoke` for each. */
  revokeAll(): void {
    this.tokens.clear()
  }

  /** As its operators put it there. */
  put(path: string, data: object, namespace = ""): void {
    const key = `${namespace}:${path}`
    this.#secrets.set(key, [...(this.#secrets.get(key) ?? []), { data, deletedAt: "", destroyed: false }])
  }

  remove(path: string, how: "delete" | "destroy"): void {
    const version = this.#secrets.get(`:${path}`)?.at(-1)
    if (version === undefined) throw new Error(`nothing at ${path}`)
    if (how === "destroy") version.destroyed = true
    else version.deletedAt = "2026-11-26T09:00:00.000000000Z"
  }

  answer(seen: Seen): Answer {
    if (this.sealed) return errors(503, "Vault is sealed")
    const namespace = String(seen.headers["x-vault-namespace"] ?? "").replace(/\/$/, "")
    const login = /^auth\/(.+)\/login$/.exec(seen.path)
    if (login !== null && seen.method === "POST") return this.#logIn(login[1]!, namespace, JSON.parse(seen.body))
    const id = String(seen.headers["x-vault-token"] ?? "")
    const token = this.tokens.get(id)
    if (token === undefined || token.endsAt <= this.now() || token.namespace !== namespace) return denied
    if (seen.path === "auth/token/lookup-self") {
      if (!token.policy(seen.path).includes("read")) return denied
      const ttl = token.endsAt === Infinity ? 0 : Math.floor((token.endsAt - this.now()) / 1000)
      return ok({ data: { renewable: token.renewable, ttl } })
    }
    if (seen.path === "auth/token/renew-self") return this.#renew(id, token)
    const kv = /^([^/]+)\/data\/(.+)$/.exec(seen.path)
    if (kv === null) return errors(404, `no handler for route "${seen.path}"`)
    return this.#kv(seen, token, `${namespace}:${decodeURIComponent(kv[2]!)}`)
  }

  #logIn(mount: string, namespace: string, body: { readonly role_id?: string; readonly secret_id?: string }): Answer {
    const role = this.roles.find((role) =>
      (role.mount ?? "approle") === mount && (role.namespace ?? "") === namespace && role.roleId === body.role_id &&
      role.secretId === body.secret_id
    )
    if (role === undefined) return errors(400, "invalid role or secret ID")
    const token = this.issue(role)
    return ok({ auth: { client_token: token, lease_duration: role.ttl, renewable: role.renewable ?? true } })
  }

  #renew(id: string, token: Token): Answer {
    if (!token.renewable || token.ttl === Infinity) return errors(400, "lease is not renewable")
    token.endsAt = Math.min(this.now() + token.ttl, token.maxEndsAt)
    const left = Math.floor((token.endsAt - this.now()) / 1000)
    return ok({ auth: { client_token: id, lease_duration: left, renewable: true } })
  }

  #kv(seen: Seen, token: Token, key: string): Answer {
    const capabilities = token.policy(seen.path)
    const versions = this.#secrets.get(key) ?? []
    const last = versions.at(-1)
    if (seen.method === "GET") {
      if (!capabilities.includes("read")) return denied
      if (last === undefined) return errors(404)
      const metadata = {
        created_time: "2026-11-26T08:00:00.000000000Z",
        custom_metadata: null,
        deletion_time: last.deletedAt,
        destroyed: last.destroyed,
        version: versions.length
      }
      return last.destroyed || last.deletedAt !== ""
        ? { ...ok({ data: { data: null, metadata } }), status: 404 }
        : ok({ data: { data: last.data, metadata } })
    }
    if (!capabilities.includes(last === undefined ? "create" : "update")) return denied
    const body: { readonly data: unknown; readonly options?: { readonly cas?: number } } = JSON.parse(seen.body)
    const cas = body.options?.cas
    if (cas === undefined && this.casRequired) return errors(400, "check-and-set parameter required for this call")
    if (cas !== undefined && cas !== versions.length) {
      return errors(400, "check-and-set parameter did not match the current version")
    }
    this.#secrets.set(key, [...versions, { data: body.data, deletedAt: "", destroyed: false }])
    return ok({ data: { deletion_time: "", destroyed: false, version: versions.length + 1 } })
  }
}

/** For as long as the scope lasts. All times are those of the clock of whoever starts it. */
export const serve = Effect.gen(function*() {
  const clock = yield* Effect.clock
  const vault = new Vault(() => clock.unsafeCurrentTimeMillis())
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("error", () => undefined)
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const seen: Seen = {
        body: Buffer.concat(chunks).toString(),
        headers: request.headers,
        method: request.method ?? "",
        path: (request.url ?? "").replace(/^\/v1\//, "")
      }
      vault.seen.push(seen)
      if (vault.fault === "hang") return
      if (vault.fault === "cut") {
        request.socket.destroy()
        return
      }
      const { body, headers, status } = vault.fault?.(seen) ?? vault.answer(seen)
      vault.answered.push(status)
      response.writeHead(status, { "content-type": "application/json", ...headers })
      response.end(typeof body === "string" ? body : JSON.stringify(body ?? {}))
    })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  if (address === null || typeof address === "string") return yield* Effect.dieMessage("a port")
  return { address: `http://127.0.0.1:${address.port}`, vault }
})
