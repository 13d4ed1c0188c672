/** What an edit makes of a letter, and which edits are none. */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { DeadLetter, DeadLetterRequest, Revision } from "../DeadLetter.js"
import { type Edit, type EditOptions, EditRefusedError } from "../DeadLetterEdit.js"

/** Of the request alone: no name of a header, and nothing of a body, goes into the history. */
const partsOf = (edit: Edit): ReadonlyArray<"url" | "headers" | "body" | "contentType"> =>
  (["url", "headers", "body", "contentType"] as const).filter((part) => edit[part] !== undefined)

const credentialHeader = /^(authorization|proxy-authorization|cookie|x-api-key)$/i

/** Where a URL leads to; nothing stands for the integration's own base URL. */
const originOf = (url: string): string | undefined => {
  if (URL.canParse(url)) return new URL(url).origin
  // "//host/path" names a server as well, with the scheme of the base URL
  return /^[\\/]{2}/.test(url) ? url : undefined
}

const holdsSecret = (edit: Edit): boolean =>
  [edit.url, edit.contentType, edit.body?.value, ...Object.values(edit.headers ?? {})].some((text) =>
    text !== undefined && KnownSecrets.isIn(text)
  ) || (edit.body?._tag === "Base64" && KnownSecrets.isInBase64(edit.body.value))

const refused = (id: string, reason: EditRefusedError["reason"], message: string): EditRefusedError =>
  new EditRefusedError({ id, reason, message: `dead letter ${id} is not edited: ${message}` })

/** Somebody else was faster. */
export const outdated = (id: string, { version }: EditOptions): EditRefusedError =>
  refused(id, "version", `it no longer has version ${version}: read it again, and edit that`)

const refusalOf = (
  letter: DeadLetter,
  edit: Edit
): readonly [EditRefusedError["reason"], string] | undefined => {
  if (partsOf(edit).length === 0) {
    return ["empty", "nothing is changed: give a url, headers, a body or a contentType"]
  }
  if (edit.url !== undefined && originOf(edit.url) !== originOf(letter.request.url)) {
    return ["origin", "the url leads to another server than the call's own: give a path, or a url of the same origin"]
  }
  const credential = Object.keys(edit.headers ?? {}).find((name) => credentialHeader.test(name))
  if (credential !== undefined) {
    return ["credential", `the header ${credential} holds a credential: leave it out, a replay is signed anew`]
  }
  return holdsSecret(edit)
    ? ["credential", "it has a credential of this process in it: leave it out, a replay is signed anew"]
    : undefined
}

/** What was taken out is put back with the part in which it was. */
const stillRedacted = ({ request }: DeadLetter, edit: Edit): ReadonlyArray<string> => {
  const parts: ReadonlyArray<string> = partsOf(edit)
  return (request.redacted ?? []).filter((path) => !parts.includes(path.split(".")[0] ?? ""))
}

/** The letter as it is from now on, with what it was before. */
export const apply = (
  letter: DeadLetter,
  edit: Edit,
  options: EditOptions,
  now: number
): Either.Either<DeadLetter, EditRefusedError> => {
  if (letter.version !== options.version) {
    return Either.left(outdated(letter.id, options))
  }
  const refusal = refusalOf(letter, edit)
  if (refusal !== undefined) {
    return Either.left(refused(letter.id, ...refusal))
  }
  const { body, contentType, headers, redacted: _, url, ...rest } = letter.request
  const redacted = stillRedacted(letter, edit)
  return Either.right(
    new DeadLetter({
      ...letter,
      request: new DeadLetterRequest({
        ...rest,
        body: edit.body ?? body,
        contentType: edit.contentType ?? contentType,
        headers: edit.headers ?? headers,
        url: edit.url ?? url,
        ...(redacted.length === 0 ? undefined : { redacted })
      }),
      idempotencyKey: edit.idempotencyKey === "keep" ? letter.idempotencyKey : crypto.randomUUID(),
      earlier: [
        ...(letter.earlier ?? []),
        new Revision({
          version: letter.version,
          request: letter.request,
          idempotencyKey: letter.idempotencyKey,
          replacedAt: DateTime.unsafeMake(now)
        })
      ]
    })
  )
}

/** For the history. */
export const describe = (edit: Edit, { reason }: EditOptions): string => {
  const key = edit.idempotencyKey === "keep" ? "the same idempotency key" : "a fresh idempotency key"
  return `${partsOf(edit).join(", ")}; ${key}${reason === undefined ? "" : `; ${reason}`}`
}
