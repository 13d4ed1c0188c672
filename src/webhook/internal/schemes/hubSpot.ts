import * as Events from "../events.js"
import { inHeader } from "../shapes.js"

/** What HubSpot reads before it signs: these, and not the blank, the ampersand and the equals sign. */
const escapes: Readonly<Record<string, string>> = {
  "%21": "!",
  "%24": "$",
  "%27": "'",
  "%28": "(",
  "%29": ")",
  "%2A": "*",
  "%2C": ",",
  "%2F": "/",
  "%3A": ":",
  "%3B": ";",
  "%3F": "?",
  "%40": "@"
}

const decode = (url: string): string =>
  url.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => escapes[escape.toUpperCase()] ?? escape)

export const hubSpot = inHeader({
  algorithm: "hmac-sha256",
  // its documentation decodes, and its SDKs do not
  contents: ({ body, method, url }, timestamp) =>
    [...new Set([decode(url), url])].map((uri) => [method.toUpperCase(), uri, body, timestamp]),
  encoding: "base64",
  // eventId alone comes more than once; attemptNumber is another with each attempt
  events: Events.arrayByFields(
    ["portalId", "eventId", "occurredAt"],
    [
      "subscriptionType",
      // what the guides call it
      "eventType",
      "subscriptionId",
      "objectId",
      "fromObjectId",
      "toObjectId",
      "primaryObjectId",
      "propertyName"
    ]
  ),
  // and never x-hubspot-signature, which comes with it, is no HMAC, and knows no time
  header: "x-hubspot-signature-v3",
  id: "hubspot",
  secret: "the client secret of the app",
  signs: "method, URL, body, then timestamp",
  timestamp: { header: "x-hubspot-request-timestamp", unit: "milliseconds" },
  title: "HubSpot v3",
  tolerance: "5 minutes",
  usesUrl: true
})
