/** What providers ask before they send events, and what they want to hear. */
import * as Option from "effect/Option"
import type { Answer, Challenge, Scheme, WebhookRequest } from "./model.js"

const text = (body: string): Answer => ({
  body,
  // what a stranger has written is given back as a text, and never as a page
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  status: 200
})

/** An event that says nothing but that somebody is there. */
export const ok = (name: string, options: { readonly signed: boolean }): Challenge => ({
  answer: text(""),
  name,
  signed: options.signed
})

/** A text that is to be given back. */
export const echo = (name: string, value: string): Challenge => ({ answer: text(value), name, signed: true })

export const when = (recognise: (request: WebhookRequest) => Challenge | undefined): Scheme["challenge"] => (request) =>
  Option.fromNullable(recognise(request))

export const isProbe = ({ method }: WebhookRequest): boolean => /^(GET|HEAD)$/i.test(method)
