import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Deferred, Effect, Exit, Layer, Logger, Redacted, Scope, TestClock, Tracer } from "effect"
import { DeadLetterAlert, DeadLetterQueue, LeaseQueue } from "holdfast"
import { createHmac } from "node:crypto"
import { captureMany } from "../../src/testing/conformance/internal/deadLetterKit.js"
import { contactExists, letter, serverError } from "../../src/testing/conformance/internal/deadLetters.js"

type Notify = DeadLetterAlert.DeadLetterAlert["Type"]["notify"]

const turns = Effect.repeatN(Effect.yieldNow(), 50)

/** A watched queue; the scope ends the watch. */
const watched = (notify: Notify, options?: DeadLetterAlert.WatchOptions) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
    const layer = DeadLetterAlert.layerWatch(options).pipe(
      Layer.provide(Layer.succeed(DeadLetterAlert.DeadLetterAlert, { notify })),
      Layer.provideMerge(DeadLetterQueue.layer({ maxReplays: 1 })),
      Layer.provide(Layer.fresh(LeaseQueue.layerMemory))
    )
    const context = yield* Scope.extend(Layer.build(layer), scope)
    return { queue: Context.get(context, DeadLetterQueue.DeadLetterQueue), scope }
  })

const alert: DeadLetterAlert.Alert = {
  count: 3,
  integration: "hubspot",
  kind: "more",
  letterId: "01",
  operation: "contacts.create",
  parked: 1,
  signature: "ServerError 503 <A&B>",
  since: DateTime.unsafeMake(0),
  until: DateTime.unsafeMake(60_000)
}

const recorder = () => {
  const told: Array<string> = []
  const notify: Notify = ({ count, kind, parked, signature }) =>
    Effect.sync(() => void told.push(`${kind} ${count} ${signature}${parked === 0 ? "" : ` ${parked} parked`}`))
  return { notify, told }
}

describe("DeadLetterAlert", () => {
  it.scoped("tells of the first letter of a kind at once, of what follows once a window, and of a calm never", () =>
    Effect.gen(function*() {
      const { notify, told } = recorder()
      const { queue } = yield* watched(notify, { window: "5 minutes" })
      yield* captureMany(queue, 3)
      yield* captureMany(queue, 1, { error: contactExists() })
      yield* turns
      assert.deepStrictEqual(told, ["first 1 ServerError 503", "first 1 ConflictError 409 CONTACT_EXISTS"])
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(told.splice(0), [
        "first 1 ServerError 503",
        "first 1 ConflictError 409 CONTACT_EXISTS",
        "more 2 ServerError 503"
      ])
      yield* captureMany(queue, 4)
      yield* turns
      assert.deepStrictEqual(told, [])
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(told.splice(0), ["more 4 ServerError 503"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(told, [])
      yield* captureMany(queue, 1)
      yield* turns
      assert.deepStrictEqual(told, ["first 1 ServerError 503"])
    }))

  it.scoped("tells that a letter was parked", () =>
    Effect.gen(function*() {
      const { notify, told } = recorder()
      const { queue } = yield* watched(notify)
      const id = yield* queue.capture(letter())
      yield* queue.register("hubspot", () => Effect.fail(serverError()))
      yield* Effect.flip(queue.replay(id))
      yield* turns
      yield* TestClock.adjust("15 minutes")
      assert.deepStrictEqual(told, ["first 1 ServerError 503", "more 1 ServerError 503 1 parked"])
    }))

  it.scoped("holds up no capture, whatever the receiver does, and loses no count where too many wait", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { notify, told } = recorder()
      const { queue } = yield* watched((alert) => Effect.zipRight(Deferred.await(gate), notify(alert)), { capacity: 1 })
      for (let code = 500; code < 510; code++) {
        yield* captureMany(queue, 2, { error: Object.assign(serverError(), { status: code }) })
        yield* turns
      }
      assert.strictEqual((yield* queue.stats()).total, 20)
      assert.deepStrictEqual(told, [])
      yield* Deferred.succeed(gate, undefined)
      yield* turns
      for (let window = 0; window < 20; window++) {
        yield* TestClock.adjust("15 minutes")
        yield* turns
      }
      const counted = told.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0)
      assert.strictEqual(counted, 20)
    }))

  it.scoped("a receiver that fails costs a warning, and no later alert", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      let tries = 0
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
      )
      const { queue } = yield* Effect.provide(
        watched(() =>
          Effect.suspend(() => {
            tries++
            return new DeadLetterAlert.DeadLetterAlertError({ message: "the receiver of alerts answered 500" })
          })
        ),
        logger
      )
      const untilGivenUp = Effect.forEach(["1 second", "2 seconds", "4 seconds"] as const, (pause) =>
        Effect.zipRight(TestClock.adjust(pause), turns))
      yield* captureMany(queue, 1)
      yield* turns
      yield* untilGivenUp
      assert.strictEqual(tries, 4)
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "answered 500")
      yield* captureMany(queue, 1, { error: contactExists() })
      yield* turns
      assert.strictEqual(tries, 5)
      // the end of the watch would wait for it on a clock that stands still
      yield* untilGivenUp
      assert.strictEqual(tries, 8)
      assert.strictEqual(lines.length, 2)
    }))

  it.scoped("tells what it has gathered when it is shut down", () =>
    Effect.gen(function*() {
      const { notify, told } = recorder()
      const { queue, scope } = yield* watched(notify)
      yield* captureMany(queue, 5)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(told, ["first 1 ServerError 503", "more 4 ServerError 503"])
    }))

  it.scoped("a receiver that hangs holds up a shutdown for 5 seconds at most", () =>
    Effect.gen(function*() {
      const { queue, scope } = yield* watched(() => Effect.never)
      yield* captureMany(queue, 1)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* turns
      yield* TestClock.adjust("5 seconds")
      yield* closing.await
    }))

  /** What a channel sends, and to a receiver that answers so. */
  const through = (
    channel: Layer.Layer<DeadLetterAlert.DeadLetterAlert, DeadLetterAlert.DeadLetterAlertError, HttpClient.HttpClient>,
    status: number | "refused" = 200
  ) =>
    Effect.gen(function*() {
      const requests: Array<HttpClientRequest.HttpClientRequest> = []
      const client = HttpClient.make((request) => {
        requests.push(request)
        return status === "refused"
          ? Effect.fail(new HttpClientError.RequestError({ reason: "Transport", request }))
          : Effect.succeed(HttpClientResponse.fromWeb(request, new Response("ok", { status })))
      })
      const spans: Array<string> = []
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name) => {
          spans.push(name)
          throw new Error("no span is made here")
        }
      })
      const context = yield* Layer.build(Layer.provide(channel, Layer.succeed(HttpClient.HttpClient, client)))
      const exit = yield* Effect.exit(
        Effect.withTracer(Context.get(context, DeadLetterAlert.DeadLetterAlert).notify(alert), tracer)
      )
      return { exit, requests, spans }
    })

  it.scoped("a webhook is given the alert, signed as Standard Webhooks says", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_000)
      const secret = Buffer.from("a key of thirty-two bytes, say").toString("base64")
      const { requests, spans } = yield* through(DeadLetterAlert.layerWebhook({
        headers: { "x-team": "ops" },
        secret: Redacted.make(`whsec_${secret}`),
        url: Redacted.make("https://ops.example/hook?token=s3cr3t")
      }))
      const [request] = requests
      assert.isDefined(request)
      assert.strictEqual(request?.url, "https://ops.example/hook?token=s3cr3t")
      assert.strictEqual(request!.headers["x-team"], "ops")
      const body = request!.body._tag === "Uint8Array" ? new TextDecoder().decode(request!.body.body) : ""
      assert.deepStrictEqual(JSON.parse(body), {
        count: 3,
        integration: "hubspot",
        kind: "more",
        letterId: "01",
        operation: "contacts.create",
        parked: 1,
        signature: "ServerError 503 <A&B>",
        since: "1970-01-01T00:00:00.000Z",
        type: "dead-letters",
        until: "1970-01-01T00:01:00.000Z"
      })
      const { "webhook-id": id, "webhook-signature": signature, "webhook-timestamp": timestamp } = request!.headers
      assert.strictEqual(timestamp, "1700000000")
      const hmac = createHmac("sha256", Buffer.from(secret, "base64")).update(`${id}.${timestamp}.${body}`)
      assert.strictEqual(signature, `v1,${hmac.digest("base64")}`)
      assert.deepStrictEqual(spans, [])
    }))

  it.scoped("Slack is given text and blocks, in which nothing of a provider's is taken for markup", () =>
    Effect.gen(function*() {
      const { requests } = yield* through(DeadLetterAlert.layerSlack({ url: "https://hooks.slack.example/T/B/x" }))
      const body = requests[0]?.body
      const message = JSON.parse(body?._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "")
      assert.strictEqual(
        message.text,
        "hubspot contacts.create: 3 more dead letters (ServerError 503 &lt;A&amp;B&gt;) from 1970-01-01T00:00:00.000Z " +
          "to 1970-01-01T00:01:00.000Z, 1 of them parked"
      )
      assert.strictEqual(message.blocks[0].text.type, "mrkdwn")
    }))

  for (const status of [500, 302, "refused"] as const) {
    it.scoped(`a receiver that answers ${status} is an error, which does not repeat the URL`, () =>
      Effect.gen(function*() {
        const { exit } = yield* through(DeadLetterAlert.layerSlack({ url: "https://hooks.example/s3cr3t" }), status)
        assert.isTrue(Exit.isFailure(exit))
        assert.notInclude(JSON.stringify(exit) + String(exit), "s3cr3t")
      }))
  }

  it.scoped("a secret that cannot sign is refused when the layer is built", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        through(DeadLetterAlert.layerWebhook({ secret: Redacted.make("not base64!"), url: "https://ops.example" }))
      )
      assert.include(error.message, "openssl rand -base64 32")
      assert.notInclude(error.message, "not base64!")
    }))

  it.scoped("the log has a line for it", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
      )
      const context = yield* Layer.build(DeadLetterAlert.layerLog)
      yield* Effect.provide(Context.get(context, DeadLetterAlert.DeadLetterAlert).notify(alert), logger)
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "level=ERROR")
      assert.include(lines[0], "3 more dead letters")
    }))
})
