/** Every operation of Kit, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(kit: Kit.Client) {
  strictEqual((yield* kit.account.get()).account.id, 59)

  const { custom_field } = yield* kit.customFields.create({ payload: { label: "Favourite Engine" } })
  strictEqual(custom_field.key, "favourite_engine")
  deepStrictEqual((yield* kit.customFields.list()).custom_fields, [custom_field])

  const { subscriber: ada } = yield* kit.subscribers.upsert({
    payload: {
      email_address: "Ada@example.com",
      fields: { favourite_engine: "analytical", unknown: "lost" },
      first_name: "Ada",
      state: "active"
    }
  })
  deepStrictEqual([ada.email_address, ada.fields], ["ada@example.com", { favourite_engine: "analytical" }])
  const [again, response] = yield* kit.subscribers.upsert({
    payload: { email_address: "ada@example.com", first_name: "Countess" },
    withResponse: true
  })
  deepStrictEqual([response.status, again.subscriber.id, again.subscriber.first_name], [200, ada.id, "Countess"])
  const updated = yield* kit.subscribers.update({
    path: { id: ada.id },
    payload: { email_address: "lovelace@example.com", fields: { favourite_engine: "difference" } }
  })
  strictEqual(updated.subscriber.email_address, "lovelace@example.com")
  deepStrictEqual((yield* kit.subscribers.get({ path: { id: ada.id } })).subscriber, updated.subscriber)

  const { tag } = yield* kit.tags.create({ payload: { name: "vip" } })
  strictEqual((yield* kit.tags.create({ payload: { name: "vip" } })).tag.id, tag.id)
  deepStrictEqual((yield* kit.tags.list({ urlParams: { include_total_count: true } })).pagination.total_count, 1)
  const tagged = yield* kit.tags.add({ path: { id: ada.id, tagId: tag.id }, payload: {}, withResponse: true })
  strictEqual(tagged[1].status, 201)
  const twice = yield* kit.tags.addByEmail({
    path: { tagId: tag.id },
    payload: { email_address: "lovelace@example.com" },
    withResponse: true
  })
  deepStrictEqual([twice[0].subscriber.id, twice[1].status], [ada.id, 200])
  yield* kit.tags.remove({ path: { id: ada.id, tagId: tag.id } })

  yield* kit.forms.add({ path: { formId: 1, id: ada.id }, payload: {} })
  yield* kit.forms.addByEmail({ path: { formId: 1 }, payload: { email_address: "lovelace@example.com" } })
  const sequenced = yield* kit.sequences.addByEmail({
    path: { sequenceId: 1 },
    payload: { email_address: "lovelace@example.com" }
  })
  strictEqual(sequenced.subscriber.id, ada.id)

  const bulk = yield* kit.bulk.subscribers({
    payload: { subscribers: [{ email_address: "grace@example.com", first_name: "Grace" }] }
  })
  const grace = bulk?.subscribers[0]
  strictEqual(grace?.email_address, "grace@example.com")
  const taggings = yield* kit.bulk.tag({
    payload: {
      callback_url: "https://app.example.com/kit/done",
      taggings: [{ subscriber_id: grace?.id ?? 0, tag_id: tag.id }, { subscriber_id: 1, tag_id: tag.id }]
    }
  })
  deepStrictEqual([taggings?.subscribers.length, taggings?.failures.length], [1, 1])

  deepStrictEqual((yield* kit.broadcasts.list({ urlParams: { per_page: 1 } })).broadcasts.map(({ id }) => id), [2])
  const { purchase } = yield* kit.purchases.create({
    payload: {
      purchase: {
        currency: "EUR",
        email_address: "grace@example.com",
        products: [{ lid: "1", name: "Compiler", pid: "9", quantity: 1, unit_price: 19.99 }],
        total: 19.99,
        transaction_id: "order-42"
      }
    }
  })
  deepStrictEqual([purchase.transaction_id, purchase.subscriber_id], ["order-42", grace?.id])

  const { webhook } = yield* kit.webhooks.create({
    payload: {
      event: { name: "subscriber.tag_add", tag_id: tag.id },
      target_url: "https://app.example.com/hooks/kit/fake-secret"
    }
  })
  strictEqual(webhook.event.name, "tag_add")
  strictEqual((yield* kit.webhooks.list()).webhooks.length, 1)
  yield* kit.webhooks.remove({ path: { id: webhook.id } })

  yield* kit.subscribers.unsubscribe({ path: { id: ada.id }, payload: {} })
  const active = yield* kit.subscribers.list({
    urlParams: { per_page: 10, sort_field: "updated_at", sort_order: "asc", status: "all", updated_after: "1969-12-31" }
  })
  deepStrictEqual(active.subscribers.map(({ state }) => state), ["cancelled", "active"])
})
