/**
 * Tidio's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const contacts = HttpApiGroup.make("contacts")
  .add(
    HttpApiEndpoint.get("list", "/contacts").setUrlParams(Schemas.ContactListParams).addSuccess(Schemas.ContactPage)
  )
  .add(
    HttpApiEndpoint.post("create", "/contacts").setPayload(Schemas.ContactInput)
      .addSuccess(Schemas.Created, { status: 201 })
  )
  .add(
    HttpApiEndpoint.post("createBatch", "/contacts/batch").setPayload(Schemas.ContactBatch)
      .addSuccess(Schema.Void, { status: 201 })
  )
  .add(
    // sets values: sent twice, it leaves the same contacts
    HttpApiEndpoint.patch("updateBatch", "/contacts/batch").setPayload(Schemas.ContactUpdateBatch)
      .addSuccess(Schema.Void, { status: 200 }).annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.get("get", "/contacts/:contactId").setPath(Schemas.byContact).addSuccess(Schemas.Contact))
  .add(
    HttpApiEndpoint.patch("update", "/contacts/:contactId").setPath(Schemas.byContact)
      .setPayload(Schemas.ContactUpdate).addSuccess(Schema.Void, { status: 200 })
      .annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("delete", "/contacts/:contactId").setPath(Schemas.byContact))
  .add(
    HttpApiEndpoint.get("messages", "/contacts/:contactId/messages").setPath(Schemas.byContact)
      .addSuccess(Schemas.Messages)
  )

const contactProperties = HttpApiGroup.make("contactProperties").add(
  HttpApiEndpoint.get("list", "/contact-properties").addSuccess(Schemas.PropertyDefinitions)
)

const tickets = HttpApiGroup.make("tickets")
  .add(HttpApiEndpoint.get("list", "/tickets").setUrlParams(Schemas.ListParams).addSuccess(Schemas.TicketPage))
  .add(HttpApiEndpoint.get("get", "/tickets/:ticketId").setPath(Schemas.byTicket).addSuccess(Schemas.TicketDetails))
  .add(
    HttpApiEndpoint.post("create", "/tickets/as-contact").setPayload(Schemas.TicketInput)
      .addSuccess(Schemas.TicketCreated, { status: 201 })
  )
  .add(
    HttpApiEndpoint.post("reply", "/tickets/:ticketId/reply").setPath(Schemas.byTicket)
      .setPayload(Schemas.ReplyInput).addSuccess(Schemas.Replied, { status: 201 })
  )
  .add(
    HttpApiEndpoint.patch("update", "/tickets/:ticketId").setPath(Schemas.byTicket)
      .setPayload(Schemas.TicketUpdate).annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("delete", "/tickets/:ticketId").setPath(Schemas.byTicket))

const operators = HttpApiGroup.make("operators").add(
  HttpApiEndpoint.get("list", "/operators").setUrlParams(Schemas.ListParams).addSuccess(Schemas.OperatorPage)
)

const departments = HttpApiGroup.make("departments").add(
  HttpApiEndpoint.get("list", "/departments").addSuccess(Schemas.Departments)
)

const project = HttpApiGroup.make("project").add(
  HttpApiEndpoint.get("get", "/project").addSuccess(Schemas.Project)
)

const products = HttpApiGroup.make("products")
  .add(HttpApiEndpoint.put("upsertBatch", "/products/batch").setPayload(Schemas.ProductBatch))
  .add(HttpApiEndpoint.del("delete", "/products/:productId").setPath(Schemas.byProduct))

/**
 * The declaration of version 1, which is named in the header `accept`.
 *
 * @since 0.1.0
 * @category api
 */
export const TidioApi = HttpApi.make("tidio")
  .add(contacts)
  .add(contactProperties)
  .add(tickets)
  .add(operators)
  .add(departments)
  .add(project)
  .add(products)

/**
 * @since 0.1.0
 * @category models
 */
export type TidioApi = typeof TidioApi
