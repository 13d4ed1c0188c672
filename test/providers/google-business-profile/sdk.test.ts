/**
 * Google's own clients of Business Profile against the emulator, over a socket: what they expect of Google, the emulator does.
 * There are none of reviews and of notifications.
 */
import { assert, describe, it } from "@effect/vitest"
import { mybusinessaccountmanagement as accountManagement } from "@googleapis/mybusinessaccountmanagement"
import { mybusinessbusinessinformation as businessInformation } from "@googleapis/mybusinessbusinessinformation"
import { Effect } from "effect"
import { OAuth2Client } from "google-auth-library"
import { Emulator } from "holdfast/providers/google-business-profile"
import { Faults } from "holdfast/testing"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const auth = new OAuth2Client({ credentials: { access_token: "ya29.fake" } })
  // by themselves they would try a GET again, and wait before
  const common = { auth, retry: false, rootUrl: `${baseUrl}/` }
  const { accounts } = accountManagement({ ...common, version: "v1" })
  const { locations } = businessInformation({ ...common, version: "v1" }).accounts
  return { accounts, emulator, locations }
})

const refused = (promise: () => PromiseLike<unknown>, code: number, status: string) =>
  Effect.map(thrown(promise), (error) => {
    assert.deepInclude(error, { code, status: code })
    assert.nestedPropertyVal(error, "response.data.error.status", status)
    return error
  })

describe("@googleapis/mybusiness…", () => {
  it.scopedLive("lists accounts and locations, to the end", () =>
    Effect.gen(function*() {
      const accounts = Object.fromEntries(
        Array.from({ length: 5 }, (_, index) => [String(index + 1), { accountName: `Cafe ${index + 1}` }])
      )
      const many = yield* started({ accounts })
      const names = yield* asked(async () => {
        const all: Array<unknown> = []
        let pageToken: string | undefined
        do {
          const { data } = await many.accounts.list({ pageSize: 2, ...(pageToken === undefined ? {} : { pageToken }) })
          for (const { accountName, name, type } of data.accounts ?? []) all.push([name, accountName, type])
          pageToken = data.nextPageToken ?? undefined
        } while (pageToken !== undefined)
        return all
      })
      assert.deepStrictEqual(names, [1, 2, 3, 4, 5].map((one) => [`accounts/${one}`, `Cafe ${one}`, "PERSONAL"]))
      assert.lengthOf(yield* many.emulator.ledger, 3)

      const { locations } = yield* started()
      const parent = "accounts/100001"
      const { data } = yield* asked(() => locations.list({ pageSize: 2, parent, readMask: "name,title,metadata" }))
      assert.deepStrictEqual(data.locations, [
        { metadata: { placeId: "fake-place-1" }, name: "locations/200001", title: "Analytical Cafe" },
        { metadata: {}, name: "locations/200002", title: "Difference Cafe" }
      ])
      assert.strictEqual(data.totalSize, 3)
      const { nextPageToken: pageToken } = data
      assert.isString(pageToken)
      const rest = yield* asked(() =>
        locations.list({ pageSize: 2, pageToken: pageToken ?? "", parent, readMask: "name,title,metadata" })
      )
      assert.deepStrictEqual(rest.data.locations?.map(({ name }) => name), ["locations/200003"])
      assert.isUndefined(rest.data.nextPageToken)

      // an empty list is no field
      const nobody = yield* started({ accounts: {} })
      assert.deepStrictEqual((yield* asked(() => nobody.accounts.list())).data, {})
    }))

  it.scopedLive("throws its error with Google's body", () =>
    Effect.gen(function*() {
      const { accounts, emulator, locations } = yield* started()
      // the mask is required
      const unmasked = yield* refused(() => locations.list({ parent: "accounts/100001" }), 400, "INVALID_ARGUMENT")
      assert.nestedPropertyVal(unmasked, "response.data.error.details[0].fieldViolations[0].field", "readMask")
      const wrong = yield* refused(
        () => locations.list({ parent: "accounts/100001", readMask: "mood" }),
        400,
        "INVALID_ARGUMENT"
      )
      assert.nestedPropertyVal(wrong, "response.data.error.details[0].fieldViolations[0].field", "read_mask")
      const other = yield* refused(
        () => locations.list({ parent: "accounts/9", readMask: "name" }),
        403,
        "PERMISSION_DENIED"
      )
      assert.propertyVal(other, "message", "you do not manage accounts/9")
      yield* refused(() => accounts.list({ pageToken: "none" }), 400, "INVALID_ARGUMENT")
      yield* emulator.setFaults(Faults.always(Faults.status(429, { body: Emulator.Bodies.notApproved })))
      const none = yield* refused(() => accounts.list(), 429, "RESOURCE_EXHAUSTED")
      assert.nestedPropertyVal(none, "response.data.error.details[0].metadata.quota_limit_value", "0")
      const closed = yield* started({ authorize: () => false })
      yield* refused(() => closed.accounts.list(), 401, "UNAUTHENTICATED")
    }))

  it.scopedLive("sends what our client sends", () =>
    Effect.gen(function*() {
      const { accounts, emulator, locations } = yield* started()
      yield* asked(async () => {
        await accounts.list()
        await accounts.list({ filter: "type=LOCATION_GROUP", pageSize: 20 })
        await locations.list({
          filter: "title=\"Analytical Cafe\"",
          orderBy: "title",
          pageSize: 2,
          parent: "accounts/100001",
          readMask: "name,title"
        })
      })
      const ours = yield* Kit.inProcess()
      yield* ours.google.accounts.list({})
      yield* ours.google.accounts.list({ urlParams: { filter: "type=LOCATION_GROUP", pageSize: 20 } })
      yield* ours.google.locations.list({
        path: { accountId: "accounts/100001" },
        urlParams: { filter: "title=\"Analytical Cafe\"", orderBy: "title", pageSize: 2, readMask: ["name", "title"] }
      })
      assert.deepStrictEqual(yield* sent(emulator), yield* sent(ours.emulator))
    }))
})
