/** HubSpot's own SDK against the emulator, over a socket: what it expects of HubSpot, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@hubspot/api-client"
import { AssociationSpecAssociationCategoryEnum as Category } from "@hubspot/api-client/lib/codegen/crm/associations/v4/index.js"
import { ApiException, FilterOperatorEnum as Operator } from "@hubspot/api-client/lib/codegen/crm/contacts/index.js"
import { Effect, Record } from "effect"
import { Emulator } from "holdfast/providers/hubspot"
import { Faults } from "holdfast/testing"
import { thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}, numberOfApiCallRetries = 0) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  // its own limiter would wait a ninth of a second between two requests
  const client = new Client({ accessToken: Kit.token, basePath: baseUrl, limiterOptions: {}, numberOfApiCallRetries })
  return { client, crm: client.crm, emulator }
})

/** Its exception, with the status as `code` and HubSpot's body. */
const refused = (promise: () => Promise<unknown>, code: number, body: object) =>
  Effect.map(
    thrown(promise),
    (error) => {
      assert.propertyVal(error, "code", code)
      for (const [path, value] of Object.entries(body)) assert.nestedPropertyVal(error, `body.${path}`, value)
      return error
    }
  )

/** What each property was, the newest first. */
const valuesOf = (
  history: Readonly<Record<string, ReadonlyArray<{ readonly timestamp: Date; readonly value: string }>>> = {}
) =>
  Record.map(history, (versions) => {
    for (const { timestamp } of versions) assert.instanceOf(timestamp, Date)
    return versions.map(({ value }) => value)
  })

describe("@hubspot/api-client", () => {
  for (const type of ["companies", "contacts", "deals"] as const) {
    it.scopedLive(`creates, reads, changes and archives ${type}`, () =>
      Effect.gen(function*() {
        const { crm, emulator } = yield* started()
        const { basicApi } = crm[type]
        const made = yield* Effect.promise(() => basicApi.create({ properties: { custom: "1", other: "a" } }))
        assert.deepInclude(made.properties, { custom: "1", hs_object_id: made.id, other: "a" })
        assert.isFalse(made.archived)
        assert.strictEqual(made.createdAt.toISOString(), made.properties.createdate)
        const changed = yield* Effect.promise(() => basicApi.update(made.id, { properties: { custom: "2" } }))
        assert.deepInclude(changed.properties, { custom: "2", other: "a" })
        const read = yield* Effect.promise(() => basicApi.getById(made.id, ["custom", "other", "none"]))
        assert.deepInclude(read.properties, { custom: "2", none: null, other: "a" })
        const before = yield* Effect.promise(() => basicApi.getById(made.id, undefined, ["custom", "other"]))
        assert.deepStrictEqual(valuesOf(before.propertiesWithHistory), { custom: ["2", "1"], other: ["a"] })
        yield* Effect.promise(() => basicApi.archive(made.id))
        yield* refused(() => basicApi.getById(made.id), 404, { category: "OBJECT_NOT_FOUND", status: "error" })
        const archived = yield* Effect.promise(() => basicApi.getById(made.id, undefined, undefined, undefined, true))
        assert.isTrue(archived.archived)
        assert.instanceOf(archived.archivedAt, Date)
        assert.deepStrictEqual((yield* emulator.ledger).map(({ operation, status }) => [operation, status]), [
          [`${type}.create`, 201],
          [`${type}.update`, 200],
          [`${type}.get`, 200],
          [`${type}.get`, 200],
          [`${type}.archive`, 204],
          [`${type}.get`, 404],
          [`${type}.get`, 200]
        ])
      }))

    it.scopedLive(`writes ${type} in batches, and is told which have failed`, () =>
      Effect.gen(function*() {
        const { crm } = yield* started({ uniqueProperties: { [type]: ["code"] } })
        const { batchApi } = crm[type]
        const made = yield* Effect.promise(() =>
          batchApi.create({ inputs: [{ properties: { code: "a" } }, { properties: { code: "b" } }] })
        )
        assert.strictEqual(made.status, "COMPLETE")
        assert.instanceOf(made.completedAt, Date)
        const ids = made.results.map(({ id }) => id)
        const upserted = yield* Effect.promise(() =>
          batchApi.upsert({
            inputs: [
              { id: "a", idProperty: "code", properties: { n: "1" } },
              { id: "c", idProperty: "code", properties: { n: "2" } }
            ]
          })
        )
        assert.deepStrictEqual(upserted.results.map((one) => one._new), [false, true])
        const updated = yield* Effect.promise(() =>
          batchApi.update({
            inputs: [{ id: ids[0] ?? "", properties: { n: "3" } }, { id: "99", properties: { n: "3" } }]
          })
        )
        assert.deepNestedInclude(updated, { numErrors: 1, "errors[0].context": { ids: ["99"] } })
        const read = yield* Effect.promise(() =>
          batchApi.read({
            idProperty: "code",
            inputs: [{ id: "a" }, { id: "none" }],
            properties: ["n"],
            propertiesWithHistory: ["n"]
          })
        )
        assert.deepStrictEqual(valuesOf(read.results[0]?.propertiesWithHistory), { n: ["3", "1"] })
        assert.deepStrictEqual(read.results.map(({ properties }) => properties.n), ["3"])
        assert.deepNestedInclude(read, { numErrors: 1, "errors[0].category": "OBJECT_NOT_FOUND" })
        yield* Effect.promise(() => batchApi.archive({ inputs: ids.map((id) => ({ id })) }))
        const left = yield* Effect.promise(() => crm[type].basicApi.getPage())
        assert.deepStrictEqual(left.results.map(({ id }) => id), [upserted.results[1]?.id])
      }))

    it.scopedLive(`walks all ${type}, and searches them`, () =>
      Effect.gen(function*() {
        const { crm, emulator } = yield* started()
        const wanted = Array.from({ length: 25 }, (_, index) => String(index).padStart(2, "0"))
        yield* Effect.promise(() =>
          crm[type].batchApi.create({
            inputs: wanted.map((n) => ({ properties: { n, parity: String(Number(n) % 2) } }))
          })
        )
        const before = (yield* emulator.ledger).length
        const all = yield* Effect.promise(() => crm[type].getAll(10, undefined, ["n", "parity"]))
        assert.deepStrictEqual(all.map(({ properties }) => properties.n), wanted)
        assert.deepStrictEqual(all.map(({ properties }) => properties.parity), wanted.map((n) => String(Number(n) % 2)))
        assert.lengthOf((yield* emulator.ledger).slice(before), 3)

        const search = (after?: string) =>
          crm[type].searchApi.doSearch({
            filterGroups: [{ filters: [{ operator: Operator.Eq, propertyName: "parity", value: "1" }] }],
            limit: 7,
            properties: ["n"],
            sorts: ["-n"],
            ...(after === undefined ? undefined : { after })
          })
        const first = yield* Effect.promise(() => search())
        const second = yield* Effect.promise(() => search(first.paging?.next?.after))
        assert.deepStrictEqual([first.total, second.paging], [12, undefined])
        assert.deepStrictEqual(
          [...first.results, ...second.results].map(({ properties }) => properties.n),
          wanted.filter((n) => Number(n) % 2 === 1).toReversed()
        )
        const ascending = yield* Effect.promise(() =>
          crm[type].searchApi.doSearch({ limit: 2, properties: ["n"], sorts: ["n"] })
        )
        assert.deepStrictEqual(ascending.results.map(({ properties }) => properties.n), ["00", "01"])
      }))
  }

  it.scopedLive("finds a contact by its address, and with what belongs to it", () =>
    Effect.gen(function*() {
      const { crm } = yield* started()
      const company = yield* Effect.promise(() => crm.companies.basicApi.create({ properties: { name: "Engines" } }))
      const deal = yield* Effect.promise(() => crm.deals.basicApi.create({ properties: { dealname: "First" } }))
      const ada = yield* Effect.promise(() =>
        crm.contacts.basicApi.create({
          associations: [{
            to: { id: company.id },
            types: [{ associationCategory: Category.HubspotDefined, associationTypeId: 279 }]
          }],
          properties: { email: "Ada@example.com" }
        })
      )
      const { basicApi } = crm.associations.v4
      const made = yield* Effect.promise(() => basicApi.createDefault("contacts", ada.id, "deals", deal.id))
      assert.deepStrictEqual(made.results.map(({ associationSpec }) => associationSpec.associationTypeId), [4, 3])
      const labelled = yield* Effect.promise(() =>
        basicApi.create("contacts", ada.id, "deals", deal.id, [
          { associationCategory: Category.UserDefined, associationTypeId: 36 }
        ])
      )
      assert.deepInclude(labelled, { fromObjectId: ada.id, labels: ["label 36"], toObjectId: deal.id })
      const listed = yield* Effect.promise(() => basicApi.getPage("contacts", ada.id, "deals", undefined, 500))
      assert.deepStrictEqual(
        listed.results.map(({ associationTypes, toObjectId }) => [toObjectId, associationTypes.map((t) => t.typeId)]),
        [[deal.id, [4, 36]]]
      )
      const read = yield* Effect.promise(() =>
        crm.contacts.basicApi.getById(
          "ada@example.com",
          ["email"],
          undefined,
          ["companies", "deals"],
          undefined,
          "email"
        )
      )
      assert.deepStrictEqual(read.associations?.companies?.results.map(({ id }) => id), [company.id])
      assert.deepStrictEqual(read.associations?.deals?.results.map(({ id }) => id), [deal.id])
      yield* Effect.promise(() => basicApi.archive("contacts", ada.id, "deals", deal.id))
      assert.deepStrictEqual((yield* Effect.promise(() => basicApi.getPage("contacts", ada.id, "deals"))).results, [])
    }))

  it.scopedLive("reads owners by pages, and the account", () =>
    Effect.gen(function*() {
      const { client, crm } = yield* started()
      const page = yield* Effect.promise(() => crm.owners.ownersApi.getPage(undefined, undefined, 2))
      const rest = yield* Effect.promise(() => crm.owners.ownersApi.getPage(undefined, page.paging?.next?.after, 2))
      assert.deepStrictEqual(
        [...page.results, ...rest.results].map(({ firstName, type }) => [firstName, type]),
        [["Ada", "PERSON"], ["Grace", "PERSON"], ["Alan", "PERSON"]]
      )
      assert.isUndefined(rest.paging)
      const grace = yield* Effect.promise(() => crm.owners.ownersApi.getPage("grace@owner.example"))
      assert.deepStrictEqual(grace.results.map(({ lastName }) => lastName), ["Hopper"])
      const account = yield* Effect.promise(async (): Promise<unknown> => {
        const answer = await client.apiRequest({ path: "/account-info/v3/details" })
        return await answer.json()
      })
      assert.propertyVal(account, "portalId", 4242)
    }))

  it.scopedLive("throws its exception with HubSpot's body", () =>
    Effect.gen(function*() {
      const { crm, emulator } = yield* started()
      const { basicApi } = crm.contacts
      const ada = yield* Effect.promise(() => basicApi.create({ properties: { email: "ada@example.com" } }))
      const conflict = yield* refused(() => basicApi.create({ properties: { email: "ada@example.com" } }), 409, {
        category: "CONFLICT",
        message: `Contact already exists. Existing ID: ${ada.id}`
      })
      assert.instanceOf(conflict, ApiException)
      assert.nestedProperty(conflict, "headers.x-hubspot-correlation-id")
      yield* refused(() => basicApi.create({ properties: { email: "nobody" } }), 400, {
        category: "VALIDATION_ERROR",
        "errors[0].context.propertyName[0]": "email",
        "errors[0].in": "email"
      })
      yield* refused(() => basicApi.getPage(101), 400, { category: "VALIDATION_ERROR" })
      yield* refused(() => crm.associations.v4.basicApi.getPage("contacts", "99", "deals"), 404, {
        category: "OBJECT_NOT_FOUND"
      })
      yield* emulator.setFaults(Faults.always(Faults.status(403)))
      yield* refused(() => basicApi.getPage(), 403, {
        category: "MISSING_SCOPES",
        "errors[0].context.requiredGranularScopes[0]": "crm.objects.contacts.write"
      })
      yield* emulator.setFaults(Faults.always(Faults.status(429)))
      yield* refused(() => crm.associations.v4.basicApi.getPage("contacts", ada.id, "deals"), 429, {
        message: "You have reached your ten_secondly_rolling limit."
      })
      const closed = yield* started({ authorize: () => false })
      yield* refused(() => closed.crm.owners.ownersApi.getPage(), 401, { category: "INVALID_AUTHENTICATION" })
    }))

  it.scopedLive("tries again after an error of the server, as its option says", () =>
    Effect.gen(function*() {
      const { crm, emulator } = yield* started({ faults: Faults.script([Faults.status(500)]) }, 2)
      assert.lengthOf((yield* Effect.promise(() => crm.owners.ownersApi.getPage())).results, 3)
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [500, 200])
    }))

  it.scopedLive("sends what our client sends, but for arrays in a query and a slash", () =>
    Effect.gen(function*() {
      const { crm, emulator } = yield* started()
      const { basicApi, batchApi, searchApi } = crm.contacts
      const properties = { email: "ada@example.com" }
      const inputs = [{ id: "1001", properties: { age: "36" } }]
      const filters = [{ operator: Operator.Gte, propertyName: "age", value: "30" }]
      yield* Effect.promise(async () => {
        await basicApi.create({ properties })
        await basicApi.update("ada@example.com", { properties: { age: "35" } }, "email")
        await basicApi.getById("ada@example.com", ["age", "email"], undefined, ["deals"], false, "email")
        await basicApi.getPage(5, undefined, ["age", "email"])
        await searchApi.doSearch({ filterGroups: [{ filters }], limit: 5 })
        await batchApi.update({ inputs })
        await batchApi.upsert({ inputs })
        await batchApi.archive({ inputs: [{ id: "99" }] })
        await crm.deals.basicApi.create({ properties: { dealname: "First" } })
        await crm.associations.v4.basicApi.createDefault("contacts", "1001", "deals", "1002")
        await crm.associations.v4.basicApi.getPage("contacts", "1001", "deals", undefined, 10)
        await crm.associations.v4.basicApi.archive("contacts", "1001", "deals", "1002")
        await crm.owners.ownersApi.getPage(undefined, undefined, 2)
        await basicApi.archive("1001")
      })

      const ours = yield* Kit.inProcess()
      const { associations, contacts, deals, owners } = ours.hubspot
      const pair = { fromId: "1001", fromType: "contacts", toId: "1002", toType: "deals" }
      const ada = { id: "ada@example.com" }
      yield* contacts.create({ payload: { properties } })
      yield* contacts.update({
        path: ada,
        payload: { properties: { age: "35" } },
        urlParams: { idProperty: "email" }
      })
      yield* contacts.get({
        path: ada,
        urlParams: { archived: false, associations: ["deals"], idProperty: "email", properties: ["age", "email"] }
      })
      yield* contacts.list({ urlParams: { limit: 5, properties: ["age", "email"] } })
      yield* contacts.search({ payload: { filterGroups: [{ filters }], limit: 5 } })
      yield* contacts.batchUpdate({ payload: { inputs } })
      yield* contacts.batchUpsert({ payload: { inputs } })
      yield* contacts.batchArchive({ payload: { inputs: [{ id: "99" }] } })
      yield* deals.create({ payload: { properties: { dealname: "First" } } })
      yield* associations.createDefault({ path: pair })
      yield* associations.list({ path: pair, urlParams: { limit: 10 } })
      yield* associations.remove({ path: pair })
      yield* owners.list({ urlParams: { limit: 2 } })
      yield* contacts.archive({ path: { id: "1001" } })

      const theirs = (yield* sent(emulator)).map(({ path, query, ...request }) => ({
        ...request,
        // it asks for the owners with a slash at the end, we without
        path: path.replace(/\/$/, ""),
        // it repeats a parameter, where we join the names by commas: HubSpot takes both
        query: Record.map(query, (value) => typeof value === "string" ? value : value.join(","))
      }))
      assert.deepStrictEqual(theirs, yield* sent(ours.emulator))
    }))
})
