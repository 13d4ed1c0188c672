/** From a call that failed to what is stored of it. */
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type * as Call from "../../core/Call.js"
import * as IntegrationError from "../../core/IntegrationError.js"
import type * as Operation from "../../core/Operation.js"
import * as DeadLetterQueue from "../../delivery/DeadLetterQueue.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import * as Redaction from "./redaction.js"

/** The error without what is known to be a secret, and without these texts. */
export const withoutSecrets = <E extends IntegrationError.IntegrationError>(
  error: E,
  texts: ReadonlyArray<string>
): E => {
  const issues = error._tag === "ValidationError" ? error.issues.map((issue) => ({ ...issue })) : undefined
  const fields = {
    message: error.message,
    ...(error.code === undefined ? undefined : { code: error.code }),
    ...(error.details === undefined ? undefined : { details: error.details }),
    ...(error.cause === undefined ? undefined : { cause: error.cause }),
    ...(issues === undefined ? undefined : { issues })
  }
  const clean = KnownSecrets.scrub(fields, texts)
  return clean === fields ? error : IntegrationError.amend(error, {
    ...clean,
    ...(clean.issues === undefined
      ? undefined
      : { issues: clean.issues.map((issue) => new IntegrationError.ValidationIssue(issue)) })
  })
}

/** What a provider repeats of a body is logged and handed on as the body would be stored. */
export const withoutEcho = (
  error: IntegrationError.IntegrationError,
  request: HttpClientRequest.HttpClientRequest,
  declared: ReadonlyArray<Operation.Redaction>
): IntegrationError.IntegrationError =>
  Either.match(storedBody(request.body, declared), {
    onLeft: () => error,
    onRight: ({ texts }) => withoutSecrets(error, texts)
  })

export const toLetter = (
  error: IntegrationError.IntegrationError,
  request: HttpClientRequest.HttpClientRequest,
  body: ReturnType<typeof Redaction.redactBody>,
  call: Call.Call,
  rules: Redaction.Rules,
  nowMillis: number
): DeadLetterQueue.NewDeadLetter => {
  const { context, operation } = call
  const query = UrlParams.toString(request.urlParams)
  const url = query === "" ? request.url : `${request.url}${request.url.includes("?") ? "&" : "?"}${query}`
  return {
    attempts: call.attempts,
    connectionId: context.connectionId,
    correlationId: call.correlationId,
    error,
    firstAttemptAt: DateTime.unsafeMake(call.firstAttemptAt === 0 ? nowMillis : call.firstAttemptAt),
    idempotencyKey: call.idempotencyKey ??= crypto.randomUUID(),
    integration: operation.integration,
    lastAttemptAt: DateTime.unsafeMake(call.lastAttemptAt === 0 ? nowMillis : call.lastAttemptAt),
    metadata: KnownSecrets.scrub({ ...context.metadata }),
    operation: operation.name,
    partitionKey: call.partitionKey,
    request: new DeadLetterQueue.DeadLetterRequest({
      contentType: request.body.contentType,
      cost: operation.cost,
      idempotent: call.idempotent,
      mayHaveBeenProcessed: call.mayHaveBeenProcessed && !call.idempotent,
      method: request.method,
      template: operation.template,
      ...Redaction.redactRequest({ headers: request.headers, url }, body, rules)
    }),
    tenantId: context.tenantId,
    userId: context.userId
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const bytesOf = (bytes: Uint8Array): DeadLetterQueue.PlainBody => {
  try {
    return { _tag: "Text", value: decoder.decode(bytes) }
  } catch {
    return { _tag: "Base64", value: Encoding.encodeBase64(bytes) }
  }
}

export const storedBody = (
  body: HttpBody.HttpBody,
  declared: ReadonlyArray<Operation.Redaction>
): Either.Either<ReturnType<typeof Redaction.redactBody>, string> =>
  Either.map(plainBody(body), (plain) => Redaction.redactBody(plain, body.contentType, declared))

const plainBody = (body: HttpBody.HttpBody): Either.Either<DeadLetterQueue.PlainBody | undefined, string> => {
  switch (body._tag) {
    case "Empty":
      return Either.right(undefined)
    case "Uint8Array":
      return Either.right(bytesOf(body.body))
    case "Raw":
      if (typeof body.body === "string") return Either.right({ _tag: "Text", value: body.body })
      return body.body instanceof Uint8Array
        ? Either.right(bytesOf(body.body))
        : Either.left("its raw body is neither text nor bytes")
    case "FormData":
      return Either.left("a form with files is not kept")
    case "Stream":
      return Either.left("its body was a stream, which is gone once sent")
  }
}
