/** The same GET with other libraries, each the way its documentation shows. Retries, breakers and timeouts never fire. */
import * as Undici from "@effect/platform-node/Undici"
import axios from "axios"
import axiosRetry, { exponentialDelay } from "axios-retry"
import * as Cockatiel from "cockatiel"
import got from "got"
import ky from "ky"
import { Agent } from "node:http"
import Opossum from "opossum"

const path = "/orders/1"
const headers = { accept: "application/json" }

export const make = async (origin: string) => {
  const url = origin + path
  const pool = new Undici.Pool(origin)
  const agent = new Agent({ keepAlive: true })

  const request = async (signal?: AbortSignal) => {
    const response = await pool.request({ headers, method: "GET", path, signal })
    if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`)
    return response.body.json()
  }
  const viaFetch = async (signal?: AbortSignal) => {
    const response = await fetch(url, signal === undefined ? { headers } : { headers, signal })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return response.json()
  }

  const cockatiel = () =>
    Cockatiel.wrap(
      Cockatiel.retry(Cockatiel.handleAll, { backoff: new Cockatiel.ExponentialBackoff(), maxAttempts: 2 }),
      Cockatiel.circuitBreaker(Cockatiel.handleAll, {
        breaker: new Cockatiel.ConsecutiveBreaker(5),
        halfOpenAfter: 60_000
      }),
      Cockatiel.timeout(10_000, Cockatiel.TimeoutStrategy.Aggressive)
    )
  const overFetch = cockatiel()
  const overUndici = cockatiel()

  const gotClient = got.extend({ agent: { http: agent }, headers, retry: { limit: 2 }, timeout: { request: 10_000 } })
  const kyClient = ky.create({ headers, retry: 2, timeout: 10_000 })

  const axiosClient = axios.create({ headers, httpAgent: agent, proxy: false, timeout: 10_000 })
  axiosRetry(axiosClient, { retries: 2, retryDelay: exponentialDelay })
  const opossum = new Opossum(async (target: string) => (await axiosClient.get<unknown>(target)).data, {
    errorThresholdPercentage: 50,
    resetTimeout: 60_000,
    timeout: 10_000
  })

  return {
    close: async () => {
      opossum.shutdown()
      agent.destroy()
      await pool.destroy()
    },
    once: {
      "undici.request": () => request(),
      "global fetch": () => viaFetch(),
      "got": () => gotClient(url).json(),
      "ky": () => kyClient.get(url).json(),
      "axios + axios-retry + opossum": () => opossum.fire(url),
      "cockatiel + fetch": () => overFetch.execute(({ signal }) => viaFetch(signal)),
      "cockatiel + undici.request": () => overUndici.execute(({ signal }) => request(signal))
    }
  }
}
