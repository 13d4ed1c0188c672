/** What goes wrong with Mailchimp where one does not know it. */
import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { Credentials, Holdfast, IntegrationError, Pagination } from "holdfast"
import { DataCentre, Emulator, lists, Mailchimp, type Schemas, subscriberHash } from "holdfast/providers/mailchimp"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import { type Client, inProcess, key, listId, withPolicies } from "./kit.js"

const { of } = Emulator.Bodies

const member = (email: string) => ({ hash: subscriberHash(email), listId })

const add = (mailchimp: Client, email_address: string) =>
  mailchimp.members.add({ path: { listId }, payload: { email_address, status: "subscribed" } })

const upsert = (mailchimp: Client, email_address: string) =>
  mailchimp.members.upsert({ path: member(email_address), payload: { email_address, status_if_new: "subscribed" } })

/** What a program that is configured so sends, and where. */
const sentBy = (variables: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const seen: Array<string | undefined> = []
    const emulator = yield* Emulator.make({ authorize: (headers) => seen.push(headers.authorization) > 0 })
    const client = HttpClient.mapRequest(Testing.Emulator.httpClient(emulator), (request) => {
      seen.push(new URL(request.url).origin)
      return request
    })
    yield* Effect.flatMap(Mailchimp, (mailchimp) => mailchimp.ping.get()).pipe(
      Effect.provide(Mailchimp.layerConfig.pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      )),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
    )
    return seen
  })

describe("Mailchimp", () => {
  it.scoped("the server is in the key: its data centre is what stands behind the dash", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* sentBy({ MAILCHIMP_API_KEY: "fake0123-us19" }), [
        "https://us19.api.mailchimp.com",
        `Basic ${btoa("holdfast:fake0123-us19")}`
      ])
      for (const text of ["fake0123", "fake0123-", "fake0123-evil.example.com/", "fake-us19x"]) {
        strictEqual(DataCentre.ofKey(Redacted.make(text))._tag, "None")
      }
      throws(() => DataCentre.baseUrl("us19.evil.example.com"))
    }))

  it.scoped("a token does not say where: the environment does, or is asked to", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* sentBy({ MAILCHIMP_ACCESS_TOKEN: "fake-token", MAILCHIMP_SERVER_PREFIX: "us6" }), [
        "https://us6.api.mailchimp.com",
        "Bearer fake-token"
      ])
      const refused = (variables: Readonly<Record<string, string>>) =>
        Effect.map(Effect.flip(sentBy(variables)), String)
      assertTrue((yield* refused({ MAILCHIMP_ACCESS_TOKEN: "fake-token" })).includes("MAILCHIMP_SERVER_PREFIX"))
      const wrong = { MAILCHIMP_ACCESS_TOKEN: "fake-token", MAILCHIMP_SERVER_PREFIX: "https://us6.example.com" }
      assertTrue((yield* refused(wrong)).includes("as in us19"))
      assertTrue((yield* refused({})).includes("MAILCHIMP_API_KEY"))
    }))

  it.scoped("MAILCHIMP_BASE_URL goes before what the key says", () =>
    Effect.gen(function*() {
      const variables = { MAILCHIMP_API_KEY: "fake0123-us19", MAILCHIMP_BASE_URL: "http://127.0.0.1:4012" }
      strictEqual((yield* sentBy(variables))[0], "http://127.0.0.1:4012")
    }))

  it.scoped("Mailchimp says of an OAuth token which data centre is its account's", () =>
    Effect.gen(function*() {
      const emulator = yield* Testing.Emulator.make({
        integration: DataCentre.login,
        state: () => undefined,
        handlers: () => ({
          metadata: { get: () => Effect.succeed({ api_endpoint: "https://us6.api.mailchimp.com", dc: "us6" }) }
        }),
        error: ({ message }) => ({ body: { error: "invalid_token", error_description: message } }),
        authorize: (headers) => headers.authorization === "OAuth fake-token"
      })
      const asked = (token: string) =>
        DataCentre.metadata(Redacted.make(token)).pipe(Effect.provide(Testing.Emulator.layerHttpClient(emulator)))
      const { api_endpoint, dc } = yield* asked("fake-token")
      strictEqual(DataCentre.baseUrl(dc), api_endpoint)
      strictEqual((yield* Effect.flip(asked("fake-other")))._tag, "AuthenticationError")
    }))

  it.scoped("a bare 403 is a throttle and is sent again; one with a document is not", () =>
    Effect.gen(function*() {
      const bare = yield* withPolicies({ faults: Faults.script([Faults.status(403, { body: "" })]) })
      const calling = yield* Effect.fork(add(bare.mailchimp, "ada@example.com"))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* bare.emulator.ledger).map(({ status }) => status), [403, 200])

      const document = of(403, "Forbidden", "You don't have permission to access this resource.")
      const told = yield* withPolicies({ faults: Faults.script([Faults.status(403, { body: document })]) })
      const error = yield* Effect.flip(add(told.mailchimp, "ada@example.com"))
      assertInstanceOf(error, IntegrationError.AuthorizationError)
      strictEqual((yield* told.emulator.ledger).length, 1)
    }))

  it.scoped("no more than 10 are under way at once, and what is refused all the same is sent again", () =>
    Effect.gen(function*() {
      const emails = Array.from({ length: 40 }, (_, index) => `c${index}@example.com`)
      const run = (concurrency: number) =>
        Effect.gen(function*() {
          const { emulator, mailchimp } = yield* withPolicies({
            concurrency,
            faults: Faults.make({ latency: { max: "300 millis", min: "300 millis" } })
          })
          const all = yield* Effect.fork(
            Effect.forEach(emails, (email) => upsert(mailchimp, email), { concurrency: "unbounded" })
          )
          yield* TestClock.adjust("5 minutes")
          yield* Fiber.join(all)
          const ledger = yield* emulator.ledger
          strictEqual(Object.keys(Ledger.tally(ledger, "members")).length, emails.length)
          return ledger.filter(({ status }) => status === 429).length
        })
      strictEqual(yield* run(10), 0)
      // another program has all but two of them
      assertTrue((yield* run(2)) > 0)
    }))

  it.scoped("a member is named by the MD5 of the address in lower case", () =>
    Effect.gen(function*() {
      strictEqual(subscriberHash("Ada@Example.com"), subscriberHash("ada@example.com"))
      // by another program's MD5
      strictEqual(subscriberHash("ada@example.com"), "3e3417d7ef77d5932a6734b916515ed5")
      const { mailchimp } = yield* inProcess()
      yield* upsert(mailchimp, "Ada@Example.com")
      strictEqual((yield* mailchimp.members.get({ path: member("ada@example.com") })).email_address, "Ada@Example.com")
    }))

  it.scoped("an upsert whose answer was lost is sent again; an add is not, and says so", () =>
    Effect.gen(function*() {
      const lost = { faults: Faults.script([Faults.resetAfter]) }
      const one = yield* withPolicies(lost)
      const upserting = yield* Effect.fork(upsert(one.mailchimp, "ada@example.com"))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(upserting)
      deepStrictEqual({ ...Ledger.tally(yield* one.emulator.ledger, "members") }, {
        "ada@example.com": { created: 1, updated: 1 }
      })

      const other = yield* withPolicies(lost)
      const adding = yield* Effect.fork(Effect.flip(add(other.mailchimp, "ada@example.com")))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(adding)).gaveUp, "may-have-been-processed")
      deepStrictEqual({ ...Ledger.tally(yield* other.emulator.ledger, "members") }, {
        "ada@example.com": { created: 1 }
      })
    }))

  it.scoped("adding one who is there is a conflict, although the status is 400", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* inProcess()
      yield* add(mailchimp, "ada@example.com")
      const error = yield* Effect.flip(add(mailchimp, "ADA@example.com"))
      assertInstanceOf(error, IntegrationError.ConflictError)
      deepStrictEqual([error.status, error.code], [400, "Member Exists"])
    }))

  it.scoped("who was deleted for good comes back by no API; who was archived does", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* inProcess()
      yield* add(mailchimp, "ada@example.com")
      yield* mailchimp.members.archive({ path: member("ada@example.com") })
      strictEqual((yield* add(mailchimp, "ada@example.com")).status, "subscribed")
      yield* mailchimp.members.deletePermanent({ path: member("ada@example.com") })
      for (const call of [add(mailchimp, "ada@example.com"), upsert(mailchimp, "ada@example.com")]) {
        strictEqual((yield* Effect.flip(call)).code, "Forgotten Email Not Subscribed")
      }
    }))

  it.scoped("who has unsubscribed by themselves cannot be subscribed, but asked", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* inProcess()
      yield* add(mailchimp, "ada@example.com")
      const { audiences } = yield* emulator.state
      const ada = audiences.get(listId)?.members.get(subscriberHash("ada@example.com"))
      if (ada === undefined) throw new Error("she was added")
      audiences.get(listId)?.members.set(ada.id, { ...ada, complied: true, status: "unsubscribed" })
      const change = (status: "pending" | "subscribed") =>
        mailchimp.members.update({ path: member("ada@example.com"), payload: { status } })
      strictEqual((yield* Effect.flip(change("subscribed"))).code, "Member In Compliance State")
      strictEqual((yield* change("pending")).status, "pending")
    }))

  it.scoped("a batch of members is a 200 all the same: what became of each is in errors", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* inProcess()
      yield* add(mailchimp, "ada@example.com")
      const answer = yield* mailchimp.members.batch({
        path: { listId },
        payload: {
          members: [
            { email_address: "ada@example.com", status: "subscribed" },
            { email_address: "grace@example.com", status: "subscribed" }
          ]
        }
      })
      deepStrictEqual([answer.total_created, answer.error_count], [1, 1])
      deepStrictEqual(answer.errors.map(({ email_address, error_code }) => [email_address, error_code]), [
        ["ada@example.com", "ERROR_CONTACT_EXISTS"]
      ])
    }))

  it.scoped("a list whose total is left out ends with the empty page", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* inProcess()
      yield* Effect.forEach(["a", "b", "c", "d"], (name) => add(mailchimp, `${name}@example.com`))
      const before = (yield* emulator.ledger).length
      const emails = yield* Pagination.items(mailchimp.members.list, lists.members, {
        path: { listId },
        urlParams: { count: 2, fields: "members.email_address" }
      }).pipe(Stream.runCollect)
      const known = ["a", "b", "c", "d"].map((name): Schemas.Member => ({ email_address: `${name}@example.com` }))
      deepStrictEqual([...emails], known)
      strictEqual((yield* emulator.ledger).length - before, 3)
    }))

  it.scoped("what has changed since a time comes oldest first, where it is asked for so", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* inProcess()
      for (const name of ["ada", "grace", "alan"]) yield* add(mailchimp, `${name}@example.com`)
      yield* TestClock.adjust("2 days")
      yield* upsert(mailchimp, "alan@example.com")
      yield* TestClock.adjust("1 hour")
      yield* upsert(mailchimp, "ada@example.com")
      const { members } = yield* mailchimp.members.list({
        path: { listId },
        urlParams: { since_last_changed: "1970-01-02T00:00:00+00:00", sort_dir: "ASC", sort_field: "last_changed" }
      })
      deepStrictEqual(members.map(({ email_address }) => email_address), ["alan@example.com", "ada@example.com"])
    }))

  it.scoped("the secret of a webhook is in the answer that makes it, in no log, and in no other answer", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* inProcess()
      const webhook = yield* mailchimp.webhooks.create({
        path: { listId },
        payload: { events: { subscribe: true }, sources: { user: true }, url: "https://app.example.com/hooks" }
      })
      assertTrue(webhook.signing_secret !== undefined && !JSON.stringify(webhook).includes("fake-signing-secret"))
      assertTrue(!JSON.stringify(yield* mailchimp.webhooks.list({ path: { listId } })).includes("signing_secret"))
    }))

  it.scoped("a credential of a kind that Mailchimp does not take does not leave", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* inProcess({}, Credentials.ApiKey({ key: Redacted.make("fake-us19") }))
      const error = yield* Effect.flip(mailchimp.ping.get())
      assertInstanceOf(error, IntegrationError.AuthenticationError)
      deepStrictEqual(yield* emulator.ledger, [])
      strictEqual(key._tag, "Basic")
    }))

  it.scoped("what is known of a member beside the address is read too: notes, rates, the telephone", () =>
    Effect.gen(function*() {
      const whole: Schemas.Member = {
        email_address: "ada@example.com",
        last_note: { created_at: "2026-01-01T00:00:00+00:00", created_by: "Grace", note: "rang", note_id: 7 },
        sms_phone_number: "+15558675310",
        sms_subscription_last_updated: "",
        sms_subscription_status: "of_the_future",
        stats: { avg_click_rate: 0.1, avg_open_rate: 0.5, ecommerce_data: { total_revenue: 10 } }
      }
      const account: typeof Schemas.Account.Type = { account_id: "a", contact: { city: "London", country: "UK" } }
      const { mailchimp } = yield* inProcess({
        faults: Faults.script([Faults.status(200, { body: whole }), Faults.status(200, { body: account })])
      })
      deepStrictEqual(yield* mailchimp.members.get({ path: member("ada@example.com") }), whole)
      deepStrictEqual(yield* mailchimp.account.get(), account)
    }))

  it.scoped("what Mailchimp would refuse is refused before it is sent", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* inProcess()
      const path = { listId }
      const one = { email_address: "ada@example.com", status: "subscribed" } as const
      const operation = { method: "GET", path: "/lists" } as const
      const refused: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        add(mailchimp, "ada"),
        mailchimp.members.get({ path: { hash: "ada@example.com", listId } }),
        mailchimp.members.list({ path, urlParams: { count: 1001 } }),
        mailchimp.members.list({ path, urlParams: { since_last_changed: "yesterday" } }),
        mailchimp.members.event({ path: member("ada@example.com"), payload: { name: "a".repeat(31) } }),
        mailchimp.members.batch({ path, payload: { members: [one, ...Array<typeof one>(500).fill(one)] } }),
        mailchimp.batches.create({
          payload: { operations: [operation, ...Array<typeof operation>(1000).fill(operation)] }
        }),
        mailchimp.batches.create({ payload: { operations: [{ method: "GET", path: "/3.0/lists" }] } }),
        // JSON has no such numbers: they would be null, which empties the field
        mailchimp.members.update({ path: member("ada@example.com"), payload: { merge_fields: { AGE: NaN } } }),
        mailchimp.members.update({
          path: member("ada@example.com"),
          payload: { location: { latitude: Infinity, longitude: 0 } }
        })
      ]
      for (const call of refused) strictEqual((yield* Effect.flip(call))._tag, "ValidationError")
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
