/**
 * Twilio's Messages, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Form, Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const account = "/2010-04-01/Accounts/:accountSid"

const messages = HttpApiGroup.make("messages")
  .add(
    // Twilio has no key by which it would know a message again: sent twice, it arrives twice
    HttpApiEndpoint.post("send", `${account}/Messages.json`).setPath(Schemas.AccountPath)
      .setPayload(Schemas.SendInput).addSuccess(Schemas.Message, { status: 201 })
  )
  .add(
    HttpApiEndpoint.get("list", `${account}/Messages.json`).setPath(Schemas.AccountPath)
      .setUrlParams(Schemas.ListParams).addSuccess(Schemas.MessagePage)
  )
  .add(
    HttpApiEndpoint.get("get", `${account}/Messages/:sid.json`).setPath(Schemas.MessagePath)
      .addSuccess(Schemas.Message)
  )
  .add(
    // what is canceled or empty stays so
    HttpApiEndpoint.post("update", `${account}/Messages/:sid.json`).setPath(Schemas.MessagePath)
      .setPayload(Schemas.UpdateInput).addSuccess(Schemas.Message).annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("delete", `${account}/Messages/:sid.json`).setPath(Schemas.MessagePath))

/**
 * Messages, the balance, and the account itself.
 *
 * @since 0.1.0
 * @category api
 */
export const TwilioApi = HttpApi.make("twilio")
  .add(messages)
  .add(
    HttpApiGroup.make("balance").add(
      HttpApiEndpoint.get("get", `${account}/Balance.json`).setPath(Schemas.AccountPath).addSuccess(Schemas.Balance)
    )
  )
  .add(
    HttpApiGroup.make("account").add(
      HttpApiEndpoint.get("get", `${account}.json`).setPath(Schemas.AccountPath).addSuccess(Schemas.Account)
    )
  )
  // MediaUrl=a&MediaUrl=b
  .annotate(Form.Arrays, "repeated")

/**
 * @since 0.1.0
 * @category models
 */
export type TwilioApi = typeof TwilioApi
