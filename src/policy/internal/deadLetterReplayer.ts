/** From a stored request to a call of the stack. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Call from "../../core/Call.js"
import type * as IntegrationClient from "../../core/IntegrationClient.js"
import * as IntegrationError from "../../core/IntegrationError.js"
import * as Operation from "../../core/Operation.js"
import type * as DeadLetterQueue from "../../delivery/DeadLetterQueue.js"

export const replay = (
  next: IntegrationClient.Service,
  letter: DeadLetterQueue.DeadLetter
): Effect.Effect<void, IntegrationError.IntegrationError> =>
  Effect.suspend(() => {
    const { body, contentType, headers, method, url } = letter.request
    const call = new Call.Call(
      Operation.make({
        integration: letter.integration,
        version: next.integration.version,
        name: letter.operation,
        method: method as HttpMethod,
        template: letter.request.template ?? "",
        // only writes are captured by default, and to treat a read as one does no harm
        safe: false,
        idempotent: letter.request.idempotent,
        cost: letter.request.cost
      }),
      {
        connectionId: letter.connectionId,
        correlationId: letter.correlationId,
        metadata: letter.metadata,
        tenantId: letter.tenantId,
        userId: letter.userId
      },
      acceptWhole
    )
    call.idempotencyKey = letter.idempotencyKey
    call.partitionKey = letter.partitionKey
    call.isReplay = true
    // an integration without a base URL goes to many servers
    if (URL.canParse(url)) call.origin = new URL(url).origin
    const request = HttpClientRequest.make(method as HttpMethod)(url, { headers })
    if (body?._tag === "Encrypted") {
      // the queues of this package decrypt it before
      return new IntegrationError.ValidationError({
        ...call.errorFields,
        message: "nothing was sent: the body is encrypted, and the dead letter queue has not decrypted it"
      })
    }
    return Effect.asVoid(next.send(withBody(request, body, contentType), call))
  })

/** Nobody looks at the answer to a replay: one that says "some of it" must not pass for "all of it". */
const acceptWhole: Call.Accept = (response, call) =>
  response.status === 207
    ? Effect.flatMap(Effect.orElseSucceed(response.json, () => undefined), (details) =>
      Effect.fail(
        new IntegrationError.ResponseDecodeError({
          ...call.errorFields,
          attempts: call.attempts,
          status: 207,
          message: "HTTP 207: some inputs of the batch were refused; details has the provider's answer",
          details
        })
      ))
    : Effect.void

const withBody = (
  request: HttpClientRequest.HttpClientRequest,
  body: DeadLetterQueue.PlainBody | undefined,
  contentType: string | undefined
): HttpClientRequest.HttpClientRequest => {
  if (body === undefined) return request
  return body._tag === "Text"
    ? HttpClientRequest.bodyText(request, body.value, contentType)
    : HttpClientRequest.bodyUint8Array(request, Either.getOrThrow(Encoding.decodeBase64(body.value)), contentType)
}
