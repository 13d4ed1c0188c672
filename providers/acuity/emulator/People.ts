/**
 * The clients and the webhooks of the Acuity emulator.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { AcuityApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import type { Account } from "./Store.js"

type Handlers = Emulator.Handlers<AcuityApi>

type Key = typeof Schemas.ClientKey.Type

/** Without a phone in the key, the first of that name. */
const indexOf = (account: Account, { firstName, lastName, phone }: Key): number => {
  const index = account.clients.findIndex((client) =>
    client.firstName === firstName && client.lastName === lastName && (phone === undefined || client.phone === phone)
  )
  if (index < 0) throw refusal(404, "not_found", "The client does not exist.")
  return index
}

const keyOf = ({ firstName, lastName, phone }: Schemas.Client): string =>
  `${firstName} ${lastName} ${phone ?? ""}`.trim()

export const clients = (account: Account): Handlers["clients"] => ({
  list: ({ urlParams: { search } }) =>
    Emulator.step(() => {
      const words = search?.toLowerCase() ?? ""
      return account.clients.filter((client) =>
        [`${client.firstName} ${client.lastName}`, client.phone, client.email].some((text) =>
          text?.toLowerCase().includes(words)
        )
      )
    }),
  create: ({ payload }, { changed }) =>
    Emulator.step(() => {
      account.clients.push(payload)
      changed({ resource: "clients", kind: "created", key: keyOf(payload) })
      return payload
    }),
  update: ({ payload, urlParams }, { changed }) =>
    Emulator.step(() => {
      const index = indexOf(account, urlParams)
      const client = { ...account.clients[index], ...payload }
      account.clients[index] = client
      changed({ resource: "clients", kind: "updated", key: keyOf(client) })
      return client
    }),
  delete: ({ urlParams }, { changed }) =>
    Emulator.step(() => {
      const [client] = account.clients.splice(indexOf(account, urlParams), 1)
      changed({ resource: "clients", kind: "deleted", key: keyOf(client ?? {}) })
    })
})

/** Acuity keeps 25 of them. */
const most = 25

export const webhooks = (account: Account): Handlers["webhooks"] => ({
  list: () => Emulator.step(() => [...account.webhooks.values()]),
  create: ({ payload }, { changed }) =>
    Emulator.step(() => {
      if (account.webhooks.size >= most) {
        throw refusal(400, "bad_request", `There are ${most} webhooks already.`)
      }
      const webhook = { ...payload, id: account.next(), status: "active" }
      account.webhooks.set(webhook.id, webhook)
      changed({ resource: "webhooks", kind: "created", key: webhook.target })
      return webhook
    }),
  delete: ({ path: { id } }, { changed }) =>
    Emulator.step(() => {
      const webhook = account.webhooks.get(id)
      if (webhook === undefined) throw refusal(404, "not_found", "The webhook does not exist.")
      account.webhooks.delete(id)
      changed({ resource: "webhooks", kind: "deleted", key: webhook.target })
    })
})
