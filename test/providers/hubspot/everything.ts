/** Every operation of HubSpot, its answer checked. */
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { Emulator } from "holdfast/testing"
import type * as Kit from "./kit.js"

const contact = (email: string, more: Readonly<Record<string, string>> = {}) => ({
  payload: { properties: { email, ...more } }
})

/** Every operation once, its answer checked; gives the names of the operations that were called. */
export const everything = Effect.fnUntraced(function*(hubspot: Kit.Client, emulator: Emulator.Emulator) {
  const ada = yield* hubspot.contacts.create(contact("Ada@example.com", { firstname: "Ada", age: "36" }))
  strictEqual(ada.properties.email, "ada@example.com")
  strictEqual(ada.properties.hs_object_id, ada.id)
  assertFalse(ada.archived)

  const grace = yield* hubspot.contacts.create(contact("grace@example.com", { firstname: "Grace" }))
  const first = yield* hubspot.contacts.list({ urlParams: { limit: 1, properties: ["email", "age"] } })
  deepStrictEqual(first.results.map((one) => one.id), [ada.id])
  strictEqual(first.results[0]?.properties.age, "36")
  strictEqual(first.paging?.next?.after, ada.id)

  const found = yield* hubspot.contacts.get({
    path: { id: "ada@example.com" },
    urlParams: { idProperty: "email", properties: ["firstname", "lastname"] }
  })
  strictEqual(found.id, ada.id)
  strictEqual(found.properties.firstname, "Ada")
  strictEqual(found.properties.lastname, null)

  const updated = yield* hubspot.contacts.update({
    path: { id: "ada@example.com" },
    urlParams: { idProperty: "email" },
    payload: { properties: { lastname: "Lovelace" } }
  })
  strictEqual(updated.properties.lastname, "Lovelace")

  const searched = yield* hubspot.contacts.search({
    payload: {
      filterGroups: [{ filters: [{ propertyName: "age", operator: "GTE", value: "30" }] }],
      sorts: [{ propertyName: "createdate", direction: "ASCENDING" }],
      limit: 200
    }
  })
  strictEqual(searched.total, 1)
  strictEqual(searched.results[0]?.id, ada.id)

  const read = yield* hubspot.contacts.batchRead({ payload: { inputs: [{ id: ada.id }, { id: "99999" }] } })
  strictEqual(read.results.length, 1)
  strictEqual(read.numErrors, 1)
  deepStrictEqual(read.errors?.[0]?.context, { ids: ["99999"] })

  const made = yield* hubspot.contacts.batchCreate({
    payload: {
      inputs: [
        { properties: { email: "alan@example.com" }, objectWriteTraceId: "t1" },
        { properties: { email: "ada@example.com" }, objectWriteTraceId: "t2" }
      ]
    }
  })
  deepStrictEqual(made.results.map((one) => one.objectWriteTraceId), ["t1"])
  strictEqual(made.errors?.[0]?.category, "CONFLICT")
  deepStrictEqual(made.errors?.[0]?.context, { objectWriteTraceId: ["t2"] })

  const changed = yield* hubspot.contacts.batchUpdate({
    payload: { inputs: [{ id: grace.id, properties: { lastname: "Hopper" } }] }
  })
  strictEqual(changed.status, "COMPLETE")
  strictEqual(changed.results[0]?.properties.lastname, "Hopper")

  const upserted = yield* hubspot.contacts.batchUpsert({
    payload: {
      inputs: [
        { id: "grace@example.com", idProperty: "email", properties: { city: "New York" } },
        { id: "edsger@example.com", idProperty: "email", properties: { city: "Austin" } }
      ]
    }
  })
  deepStrictEqual(upserted.results.map((one) => one.new), [false, true])

  const { id: alan } = made.results[0] ?? { id: "" }
  strictEqual(yield* hubspot.contacts.archive({ path: { id: alan } }), undefined)
  yield* hubspot.contacts.archive({ path: { id: alan } })
  const archived = yield* hubspot.contacts.list({ urlParams: { archived: true } })
  deepStrictEqual(archived.results.map((one) => [one.id, one.archived]), [[alan, true]])
  strictEqual(yield* hubspot.contacts.batchArchive({ payload: { inputs: [{ id: grace.id }] } }), undefined)

  const company = yield* hubspot.companies.create({
    payload: {
      properties: { name: "Analytical Engines", domain: "engines.example" },
      associations: [{
        to: { id: ada.id },
        types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 280 }]
      }]
    }
  })
  const withCompany = yield* hubspot.contacts.get({ path: { id: ada.id }, urlParams: { associations: ["companies"] } })
  deepStrictEqual(withCompany.associations?.companies?.results.map((one) => one.id), [company.id])

  const deal = yield* hubspot.deals.create({ payload: { properties: { dealname: "First", amount: "1000" } } })
  const pair = { fromType: "contacts", fromId: ada.id, toType: "deals", toId: deal.id }
  const linked = yield* hubspot.associations.createDefault({ path: pair })
  deepStrictEqual(linked.results.map((one) => one.associationSpec.associationTypeId), [4, 3])
  const labelled = yield* hubspot.associations.create({
    path: pair,
    payload: [{ associationCategory: "USER_DEFINED", associationTypeId: 36 }]
  })
  deepStrictEqual([labelled.fromObjectId, labelled.toObjectId, labelled.labels], [ada.id, deal.id, ["label 36"]])
  const listed = yield* hubspot.associations.list({ path: pair, urlParams: {} })
  deepStrictEqual(listed.results.map((one) => one.toObjectId), [deal.id])
  deepStrictEqual(listed.results[0]?.associationTypes.map((one) => one.typeId), [4, 36])
  yield* hubspot.associations.remove({ path: pair })
  deepStrictEqual((yield* hubspot.associations.list({ path: pair, urlParams: {} })).results, [])

  const owners = yield* hubspot.owners.list({ urlParams: { limit: 2 } })
  strictEqual(owners.results.length, 2)
  strictEqual(owners.paging?.next?.after, owners.results[1]?.id)
  const one = yield* hubspot.owners.list({ urlParams: { email: "grace@owner.example" } })
  deepStrictEqual(one.results.map((owner) => owner.firstName), ["Grace"])

  strictEqual((yield* hubspot.account.details()).portalId, 4242)

  const entries = yield* emulator.ledger
  assertTrue(entries.every((entry) => entry.processed && entry.status !== undefined && entry.status < 300))
  return [...new Set(entries.map((entry) => entry.operation))].sort()
})

type ObjectType = "contacts" | "companies" | "deals"

/** Every operation that each of these types of object has. */
export const everyType = Effect.fnUntraced(function*(hubspot: Kit.Client, types: ReadonlyArray<ObjectType>) {
  for (const type of types) {
    const group = hubspot[type]
    const { id } = yield* group.create({ payload: { properties: { custom: "1" } } })
    strictEqual((yield* group.get({ path: { id }, urlParams: { properties: ["custom"] } })).properties.custom, "1")
    const updated = yield* group.update({ path: { id }, urlParams: {}, payload: { properties: { custom: "2" } } })
    strictEqual(updated.properties.custom, "2")
    assertTrue((yield* group.list({ urlParams: {} })).results.some((one) => one.id === id))
    const filters = [{ propertyName: "custom", operator: "EQ" as const, value: "2" }]
    strictEqual((yield* group.search({ payload: { filterGroups: [{ filters }] } })).total, 1)
    strictEqual((yield* group.batchRead({ payload: { inputs: [{ id }] } })).results.length, 1)
    const made = yield* group.batchCreate({ payload: { inputs: [{ properties: {} }, { properties: {} }] } })
    const inputs = made.results.map((one) => ({ id: one.id, properties: { custom: "3" } }))
    strictEqual((yield* group.batchUpdate({ payload: { inputs } })).results[1]?.properties.custom, "3")
    deepStrictEqual((yield* group.batchUpsert({ payload: { inputs } })).results.map((one) => one.new), [false, false])
    yield* group.archive({ path: { id } })
    yield* group.batchArchive({ payload: { inputs: made.results.map((one) => ({ id: one.id })) } })
    assertFalse((yield* group.list({ urlParams: {} })).results.some((one) => one.id === id))
  }
})
