/** What the specs of the lease queue have in common. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as LeaseQueue from "../../../delivery/LeaseQueue.js"

/** Declares a spec that is given a queue of its own. */
export type Test = (
  behaviour: string,
  run: (service: Service) => Effect.Effect<void, LeaseQueue.LeaseQueueError>
) => void

export const queue = "conformance"

export type Service = LeaseQueue.LeaseQueue["Type"]

export const failsWith = (
  effect: Effect.Effect<unknown, LeaseQueue.LeaseQueueError>,
  reason: LeaseQueue.LeaseQueueError["reason"]
) =>
  Effect.match(effect, {
    onFailure: (error) => assert.strictEqual(error.reason, reason),
    onSuccess: () => assert.fail(`should have failed: ${reason}`)
  })

export const offerOne = (service: Service, item: Partial<LeaseQueue.NewItem> = {}) =>
  Effect.map(service.offer([{ queue, payload: "{}", ...item }]), (offered) => offered[0]?.id ?? "")

export const claim = (service: Service, limit = 1, owner = "a") =>
  service.claim({ queue, owner, limit, lease: "10 seconds" })

export const claimOne = (service: Service, owner = "a") =>
  Effect.flatMap(
    claim(service, 1, owner),
    ([item]) => item === undefined ? Effect.dieMessage("no item") : Effect.succeed(item)
  )

export const stateOf = (service: Service, id: string) =>
  Effect.map(service.get(id), Option.match({ onNone: () => "gone", onSome: (item) => item.state }))

export const idsOf = (items: ReadonlyArray<LeaseQueue.Item>) => items.map((item) => item.id)
