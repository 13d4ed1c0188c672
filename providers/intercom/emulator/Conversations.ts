/**
 * The conversations of the Intercom emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type { IntercomApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import * as Searching from "./Searching.js"
import { admin, contactBy, contactOf, conversationOf, page, secondsOf, type State } from "./Store.js"

type Reply = typeof Schemas.ReplyInput.Type

/** What Intercom keeps of a conversation when it is asked for it. */
const maxParts = 500

const plain = (html: string): string => html.replaceAll(/<[^>]*>/g, "")

const html = (text: string): string => text.startsWith("<") ? text : `<p>${text}</p>`

const begin = (
  state: State,
  exchange: Emulator.Exchange,
  { body, contact, message, type }: {
    readonly body: string
    readonly contact: string
    readonly message: string
    readonly type: string
  }
): string => {
  const id = String(state.nextId())
  const at = secondsOf(exchange)
  const author = type === "conversation" ? { id: contact, type: "user" } : { id: admin.id, type: "admin" }
  state.conversations.set(id, {
    contacts: { contacts: [{ id: contact, type: "contact" }], type: "contact.list" },
    conversation_parts: { conversation_parts: [], total_count: 0, type: "conversation_part.list" },
    created_at: at,
    id,
    open: true,
    priority: "not_priority",
    read: false,
    source: { author, body: html(body), id: message, type },
    state: "open",
    type: "conversation",
    updated_at: at
  })
  exchange.changed({ resource: "conversations", kind: "created", key: id })
  return id
}

const authorOf = (state: State, reply: Reply) => {
  if (reply.type === "admin") {
    if (reply.admin_id !== admin.id) throw refusal(404, "Admin not found", "admin_not_found")
    return { ...admin, type: "admin" }
  }
  const { contact } = contactBy(
    state,
    "intercom_user_id" in reply
      ? { id: reply.intercom_user_id }
      : "user_id" in reply
      ? { external_id: reply.user_id }
      : { email: reply.email }
  )
  return { id: contact.id, type: "user" }
}

const addReply = (state: State, exchange: Emulator.Exchange, id: string, reply: Reply): Schemas.Conversation => {
  const before = conversationOf(state, id)
  const at = secondsOf(exchange)
  const parts = before.conversation_parts?.conversation_parts ?? []
  const part = {
    author: authorOf(state, reply),
    body: html(reply.body ?? ""),
    created_at: at,
    id: String(state.nextId()),
    part_type: reply.message_type,
    type: "conversation_part",
    updated_at: at
  }
  const after = {
    ...before,
    conversation_parts: {
      conversation_parts: [...parts, part],
      total_count: parts.length + 1,
      type: "conversation_part.list"
    },
    updated_at: at
  }
  state.conversations.set(id, after)
  exchange.changed({ resource: "conversations", kind: "replied", key: id })
  return shown(after)
}

const shown = (conversation: Schemas.Conversation): Schemas.Conversation => ({
  ...conversation,
  conversation_parts: {
    ...conversation.conversation_parts,
    conversation_parts: (conversation.conversation_parts?.conversation_parts ?? []).slice(-maxParts),
    total_count: conversation.conversation_parts?.total_count ?? 0
  }
})

const asPlain = (conversation: Schemas.Conversation): Schemas.Conversation => ({
  ...conversation,
  ...(conversation.source === undefined
    ? undefined
    : { source: { ...conversation.source, body: plain(conversation.source.body ?? "") } }),
  conversation_parts: {
    ...conversation.conversation_parts,
    conversation_parts: (conversation.conversation_parts?.conversation_parts ?? []).map((part) => ({
      ...part,
      body: plain(part.body ?? "")
    }))
  }
})

/** Lists do not have the parts. */
const listed = ({ conversation_parts: _, ...conversation }: Schemas.Conversation): Schemas.Conversation => conversation

/**
 * @since 0.1.0
 * @category handlers
 */
export const handlers = (
  state: State,
  step: typeof Emulator.step
): Pick<Emulator.Handlers<IntercomApi>, "conversations" | "messages"> => {
  const all = () => [...state.conversations.values()].map(listed)
  const write = (
    exchange: Emulator.Exchange,
    input: { readonly body: string; readonly contact: string; readonly subject?: string; readonly type: string }
  ) => {
    contactOf(state, input.contact)
    const id = String(state.nextId())
    const message = {
      body: input.body,
      conversation_id: begin(state, exchange, { ...input, message: id }),
      created_at: secondsOf(exchange),
      id,
      message_type: input.type === "email" ? "email" : "inapp",
      type: input.type === "conversation" ? "user_message" : "admin_message",
      ...(input.subject === undefined ? undefined : { subject: input.subject })
    }
    state.messages.push(message)
    return message
  }
  return {
    conversations: {
      list: ({ urlParams }) =>
        step(() => {
          const { items, ...rest } = page(all(), urlParams, 20)
          return { ...rest, conversations: items, type: "conversation.list" }
        }),
      create: ({ payload }, exchange) =>
        step(() => write(exchange, { body: payload.body, contact: payload.from.id, type: "conversation" })),
      search: ({ payload }) =>
        step(() => {
          const found = all().filter((one) => Searching.isFound(payload.query, one, "conversations"))
          const { items, ...rest } = page(Searching.sorted(found, payload.sort), payload.pagination ?? {}, 20)
          return { ...rest, conversations: items, type: "conversation.list" }
        }),
      get: ({ path, urlParams }) =>
        step(() => {
          const conversation = shown(conversationOf(state, path.id))
          return urlParams.display_as === "plaintext" ? asPlain(conversation) : conversation
        }),
      reply: ({ path, payload }, exchange) => step(() => addReply(state, exchange, path.id, payload))
    },
    messages: {
      send: ({ payload }, exchange) =>
        step(() => {
          if (String(payload.from.id) !== admin.id) throw refusal(404, "Admin not found", "admin_not_found")
          return write(exchange, {
            body: payload.body,
            contact: payload.to.id,
            type: payload.message_type,
            ...("subject" in payload ? { subject: payload.subject } : undefined)
          })
        })
    }
  }
}
