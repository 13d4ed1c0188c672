/** The policies of other libraries over a function that does nothing. */
import * as Cockatiel from "cockatiel"
import Opossum from "opossum"
import pRetry from "p-retry"

const op = async () => 42

/** In the order of its documentation: the first is the outermost. */
const wrapped = () =>
  Cockatiel.wrap(
    Cockatiel.bulkhead(50, 1000),
    Cockatiel.retry(Cockatiel.handleAll, { backoff: new Cockatiel.ExponentialBackoff(), maxAttempts: 3 }),
    Cockatiel.circuitBreaker(Cockatiel.handleAll, {
      breaker: new Cockatiel.SamplingBreaker({ duration: 30_000, threshold: 0.5 }),
      halfOpenAfter: 60_000
    }),
    Cockatiel.timeout(10_000, Cockatiel.TimeoutStrategy.Aggressive)
  )

const consecutive = () =>
  Cockatiel.circuitBreaker(Cockatiel.handleAll, {
    breaker: new Cockatiel.ConsecutiveBreaker(5),
    halfOpenAfter: 60 * 60_000
  })

export const make = async () => {
  const retry = Cockatiel.retry(Cockatiel.handleAll, {
    backoff: new Cockatiel.ExponentialBackoff(),
    maxAttempts: 3
  })
  const breaker = consecutive()
  const sampling = Cockatiel.circuitBreaker(Cockatiel.handleAll, {
    breaker: new Cockatiel.SamplingBreaker({ duration: 30_000, threshold: 0.5 }),
    halfOpenAfter: 60_000
  })
  const timeout = Cockatiel.timeout(10_000, Cockatiel.TimeoutStrategy.Aggressive)
  const bulkhead = Cockatiel.bulkhead(50, 1000)
  const all = wrapped()
  const timed = new Opossum(op, { resetTimeout: 30_000, timeout: 10_000 })
  const untimed = new Opossum(op, { resetTimeout: 30_000, timeout: false })

  const open = consecutive()
  for (let call = 0; call < 5; call++) await open.execute(() => Promise.reject(new Error("down"))).catch(() => {})
  if (open.state !== Cockatiel.CircuitState.Open) throw new Error("cockatiel's circuit did not open")
  const refuse = () => Promise.reject(new Error("the open circuit let a call through"))
  const ignore = (error: unknown) => {
    if (!(error instanceof Cockatiel.BrokenCircuitError)) throw error
  }

  return {
    close: () => {
      timed.shutdown()
      untimed.shutdown()
    },
    policies: {
      "bare await": op,
      "cockatiel retry": () => retry.execute(op),
      "cockatiel breaker, consecutive": () => breaker.execute(op),
      "cockatiel breaker, sampling": () => sampling.execute(op),
      "cockatiel timeout": () => timeout.execute(op),
      "cockatiel bulkhead": () => bulkhead.execute(op),
      "cockatiel wrap(bulkhead, retry, sampling breaker, timeout)": () => all.execute(op),
      "opossum": () => timed.fire(),
      "opossum, no timeout": () => untimed.fire(),
      "p-retry": () => pRetry(op, { retries: 2 })
    },
    rejections: {
      "cockatiel, open breaker": () => open.execute(refuse).catch(ignore)
    }
  }
}
