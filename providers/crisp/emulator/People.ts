/**
 * What the emulator does with people.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { CrispApi } from "../Api.js"
import { said } from "./Conversations.js"
import { hasText, meetsAll, pageOf, sorted } from "./Searching.js"
import type { Workspace } from "./Store.js"

export const people = (workspace: Workspace): Emulator.Handlers<CrispApi>["people"] => ({
  list: ({ path, urlParams }) =>
    Emulator.step(() => {
      workspace.own(path)
      const { search_filter, search_operator, search_text, sort_field = "updated_at", sort_order } = urlParams
      const found = [...workspace.people.values()].filter((profile) =>
        (search_text === undefined || hasText([profile.email, profile.person?.nickname], search_text)) &&
        (search_filter === undefined || meetsAll(profile, search_filter, search_operator))
      )
      return said("listed", pageOf(sorted(found, sort_field, sort_order?.startsWith("asc") !== true), path.page))
    }),
  create: ({ path, payload }, exchange) =>
    Emulator.step(() => said("added", { people_id: workspace.add(path, payload, exchange) })),
  exists: ({ path }) => Emulator.step(() => void workspace.personOf(path)),
  get: ({ path }) => Emulator.step(() => said("resolved", workspace.personOf(path))),
  save: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      workspace.write(workspace.personOf(path), payload, "save", exchange)
      return said("saved", {})
    }),
  update: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      workspace.write(workspace.personOf(path), payload, "update", exchange)
      return said("updated", {})
    }),
  delete: ({ path }, exchange) =>
    Emulator.step(() => {
      workspace.forget(workspace.personOf(path), exchange)
      return said("deleted", {})
    })
})
