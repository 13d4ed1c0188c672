/**
 * What the emulator does with conversations and messages.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { CrispApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { hasText, meetsAll, pageOf, sorted } from "./Searching.js"
import { type Conversation, refuse, type Workspace } from "./Store.js"

type Handlers = Emulator.Handlers<CrispApi>

type Params = typeof Schemas.ConversationListParams.Type

/** What was done, in the words of the envelope. */
export const said = <A>(reason: string, data: A) => ({ error: false, reason, data })

const isSearched = (conversation: Conversation, { search_operator, search_query, search_type }: Params): boolean => {
  if (search_query === undefined) return true
  if (typeof search_query !== "string") return meetsAll(conversation, search_query, search_operator)
  const { last_message, meta } = conversation
  return search_type === "segment"
    ? meta?.segments.includes(search_query) === true
    : hasText([last_message, meta?.email, meta?.nickname], search_query)
}

const isFiltered = (conversation: Conversation, params: Params): boolean => {
  const { assigned, inbox_id, mentions, state, unread, updated_at = 0 } = conversation
  const isResolved = state === "resolved"
  const operator = assigned?.user_id
  return !(
    params.filter_unread === true && (unread?.operator ?? 0) === 0 ||
    params.filter_resolved === true && !isResolved ||
    params.filter_not_resolved === true && isResolved ||
    params.filter_mention === true && mentions.length === 0 ||
    params.filter_unassigned === true && operator !== undefined ||
    params.filter_assigned !== undefined && operator !== params.filter_assigned ||
    params.filter_inbox_id !== undefined && inbox_id !== params.filter_inbox_id ||
    params.filter_date_start !== undefined && updated_at < params.filter_date_start.epochMillis ||
    params.filter_date_end !== undefined && updated_at > params.filter_date_end.epochMillis
  )
}

const orderOf = (params: Params): string =>
  params.order_date_created === true
    ? "created_at"
    : params.order_date_waiting === true
    ? "waiting_since"
    : "updated_at"

export const conversations = (workspace: Workspace): Handlers["conversations"] => ({
  list: ({ path, urlParams }) =>
    Emulator.step(() => {
      workspace.own(path)
      // those in which nobody has said anything are not shown
      const found = [...workspace.conversations.values()].filter((one) =>
        (urlParams.include_empty === true || workspace.messagesOf(one).length > 0) &&
        isFiltered(one, urlParams) && isSearched(one, urlParams)
      )
      return said("listed", pageOf(sorted(found, orderOf(urlParams), true), path.page, urlParams.per_page))
    }),
  create: ({ path }, exchange) => Emulator.step(() => said("added", { session_id: workspace.create(path, exchange) })),
  exists: ({ path }) => Emulator.step(() => void workspace.conversationOf(path)),
  get: ({ path }) => Emulator.step(() => said("resolved", workspace.conversationOf(path))),
  delete: ({ path }, exchange) =>
    Emulator.step(() => {
      workspace.remove(workspace.conversationOf(path), exchange)
      return said("deleted", {})
    }),
  updateMeta: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      const conversation = workspace.conversationOf(path)
      const { data, segments = conversation.meta?.segments ?? [], ...fields } = payload
      const known = { ...conversation.meta?.data, ...data }
      workspace.change(conversation, { meta: { ...conversation.meta, ...fields, data: known, segments } }, exchange)
      return said("updated", {})
    }),
  setState: ({ path, payload: { state } }, exchange) =>
    Emulator.step(() => {
      workspace.change(workspace.conversationOf(path), { state }, exchange)
      return said("updated", {})
    }),
  routing: ({ path }) =>
    Emulator.step(() => said("resolved", { assigned: workspace.conversationOf(path).assigned ?? {} })),
  assign: ({ path, payload: { assigned } }, exchange) =>
    Emulator.step(() => {
      workspace.change(workspace.conversationOf(path), { assigned }, exchange)
      return said("updated", {})
    }),
  setInbox: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      const { inbox_id: _, ...conversation } = workspace.conversationOf(path)
      workspace.change(conversation, payload.inbox_id === null ? {} : { inbox_id: payload.inbox_id }, exchange)
      return said("updated", {})
    }),
  setParticipants: ({ path, payload: { participants } }, exchange) =>
    Emulator.step(() => {
      workspace.change(workspace.conversationOf(path), { participants }, exchange)
      return said("saved", {})
    }),
  block: ({ path, payload: { blocked } }, exchange) =>
    Emulator.step(() => {
      workspace.change(workspace.conversationOf(path), { is_blocked: blocked }, exchange)
      return said("updated", {})
    }),
  markRead: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      workspace.markRead(workspace.conversationOf(path), payload, exchange)
      return said("dispatched", {})
    })
})

export const messages = (workspace: Workspace): Handlers["messages"] => ({
  list: ({ path, urlParams }) =>
    Emulator.step(() => said("listed", workspace.window(workspace.conversationOf(path), urlParams))),
  get: ({ path }) =>
    Emulator.step(() => {
      const all = workspace.messagesOf(workspace.conversationOf(path))
      const found = all.find(({ fingerprint }) => fingerprint === path.fingerprint)
      if (found === undefined) throw refuse(404, "there is no such message")
      return said("resolved", found)
    }),
  send: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      const fingerprint = workspace.send(workspace.conversationOf(path), payload, exchange)
      return said("dispatched", { fingerprint })
    })
})
