/**
 * The operations of one type of object, as the HubSpot emulator does them.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { HubSpotApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { type Associations, typeName } from "./Associations.js"
import { search } from "./Search.js"
import { type CrmRecord, invalid, notFound, render, selection, type Table, withHistory } from "./Store.js"

type Handlers = Emulator.Handlers<HubSpotApi>["contacts"]

type Input = typeof Schemas.CreateInput.Type

interface BatchError {
  readonly status: string
  readonly category: string
  readonly message: string
  readonly context: Readonly<Record<string, ReadonlyArray<string>>>
}

const batchError = (error: Emulator.EmulatorError, context: BatchError["context"]): BatchError => ({
  status: "error",
  category: error.code ?? "VALIDATION_ERROR",
  message: error.message,
  context
})

/** HTTP 207 as soon as one input failed. */
const batchReply = <A>(
  now: number,
  results: ReadonlyArray<A>,
  errors: ReadonlyArray<BatchError>,
  status: number
) => {
  const at = new Date(now).toISOString()
  const value = { status: "COMPLETE", results, startedAt: at, completedAt: at }
  return errors.length === 0
    ? new Emulator.Reply({ value, status })
    : new Emulator.Reply({ value: { ...value, numErrors: errors.length, errors }, status: 207 })
}

const traceOf = (input: { readonly objectWriteTraceId?: string }): { readonly objectWriteTraceId?: string } =>
  input.objectWriteTraceId === undefined ? {} : { objectWriteTraceId: input.objectWriteTraceId }

const noDuplicates = (inputs: ReadonlyArray<{ readonly id: string }>): void => {
  const ids = inputs.map((input) => input.id.toLowerCase())
  const doubled = ids.filter((id, index) => ids.indexOf(id) !== index)
  if (doubled.length > 0) {
    throw invalid(`Duplicate IDs found in batch input: [${doubled.join(", ")}]. IDs must be unique`)
  }
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const objects = (
  table: Table,
  associations: Associations,
  /** Which type of object an id belongs to. */
  typeOf: (id: string) => string | undefined
): Handlers => {
  const { kind } = table

  const changed = (exchange: Emulator.Exchange, change: string, record: CrmRecord): CrmRecord => {
    exchange.changed({ resource: kind.type, kind: change, key: table.keyOf(record) })
    return record
  }

  const checkLinks = (input: Input): void => {
    for (const { to } of input.associations ?? []) {
      if (typeOf(to.id) === undefined) {
        throw invalid(`No object with id ${to.id} to associate with`, [{ path: "associations", message: to.id }])
      }
    }
  }

  const create = (input: Input, exchange: Emulator.Exchange): CrmRecord => {
    checkLinks(input)
    const record = changed(exchange, "created", table.create(input.properties, exchange.now))
    for (const { to, types } of input.associations ?? []) {
      const other = typeOf(to.id)
      if (other === undefined) continue
      for (const type of types) associations.add(kind.type, record.id, other, to.id, type)
    }
    return record
  }

  const update = (
    record: CrmRecord,
    properties: Readonly<Record<string, string>>,
    exchange: Emulator.Exchange
  ): CrmRecord => changed(exchange, "updated", table.update(record, properties, exchange.now))

  const archive = (id: string, exchange: Emulator.Exchange): void => {
    const record = table.archive(id, exchange.now)
    if (record !== undefined) changed(exchange, "archived", record)
  }

  const withAssociations = (record: CrmRecord, types: ReadonlyArray<string> | undefined) =>
    types === undefined || types.length === 0 ? undefined : {
      associations: Object.fromEntries(types.map((type) => [type, {
        results: associations.list(kind.type, record.id, typeName(type)).map(({ toObjectId }) => ({
          id: toObjectId,
          type: `${kind.singular.toLowerCase()}_to_${typeName(type)}`
        }))
      }]))
    }

  /** Each input for itself; what fails is gathered. */
  const each = <Item, A>(
    inputs: ReadonlyArray<Item>,
    context: (input: Item) => BatchError["context"],
    run: (input: Item) => A
  ) => {
    const results: Array<A> = []
    const errors: Array<BatchError> = []
    for (const input of inputs) {
      try {
        results.push(run(input))
      } catch (error) {
        if (!(error instanceof Emulator.EmulatorError)) throw error
        errors.push(batchError(error, context(input)))
      }
    }
    return { results, errors }
  }

  const contextOf = (input: { readonly id?: string; readonly objectWriteTraceId?: string }): BatchError["context"] => ({
    ...(input.id === undefined ? undefined : { ids: [input.id] }),
    ...(input.objectWriteTraceId === undefined ? undefined : { objectWriteTraceId: [input.objectWriteTraceId] })
  })

  return {
    list: ({ urlParams }) =>
      Emulator.step(() => {
        const limit = urlParams.limit ?? 10
        const { more, records } = table.page(urlParams.after, limit, urlParams.archived ?? false)
        const properties = selection(kind, urlParams.properties)
        const last = records.at(-1)
        return {
          results: records.map((record) => ({
            ...render(record, properties),
            ...withHistory(record, urlParams.propertiesWithHistory),
            ...withAssociations(record, urlParams.associations)
          })),
          ...(more && last !== undefined
            // HubSpot's own links name another host: nobody should follow them
            ? { paging: { next: { after: last.id, link: `https://api.hubspot.com/${kind.type}?after=${last.id}` } } }
            : undefined)
        }
      }),

    get: ({ path, urlParams }) =>
      Emulator.step(() => {
        const record = table.find(path.id, urlParams.idProperty, urlParams.archived ?? false)
        if (record === undefined) throw notFound()
        return {
          ...render(record, selection(kind, urlParams.properties)),
          ...withHistory(record, urlParams.propertiesWithHistory),
          ...withAssociations(record, urlParams.associations)
        }
      }),

    create: ({ payload }, exchange) => Emulator.step(() => render(create(payload, exchange), "all")),

    update: ({ path, payload, urlParams }, exchange) =>
      Emulator.step(() => {
        const record = table.find(path.id, urlParams.idProperty)
        if (record === undefined) throw notFound()
        return render(update(record, payload.properties, exchange), "all")
      }),

    archive: ({ path }, exchange) => Emulator.step(() => archive(path.id, exchange)),

    search: ({ payload }) => Emulator.step(() => search(table, payload)),

    batchRead: ({ payload }, exchange) =>
      Emulator.step(() => {
        const properties = selection(kind, payload.properties)
        const found = payload.inputs.map(({ id }) => table.find(id, payload.idProperty))
        const missing = payload.inputs.filter((_, index) => found[index] === undefined).map(({ id }) => id)
        const errors = missing.length === 0 ? [] : [batchError(
          notFound(
            `Could not get some ${kind.singular} objects, they may be deleted or not exist. Check that ids are valid.`
          ),
          { ids: missing }
        )]
        const results = found.flatMap((record) =>
          record === undefined
            ? []
            : [{ ...render(record, properties), ...withHistory(record, payload.propertiesWithHistory) }]
        )
        return batchReply(exchange.now, results, errors, 200)
      }),

    batchCreate: ({ payload }, exchange) =>
      Emulator.step(() => {
        // HubSpot tells partial failures apart only where every input has a trace id; else it is all or nothing
        const partial = payload.inputs.every((input) => input.objectWriteTraceId !== undefined)
        if (!partial) {
          table.check(payload.inputs.map((input) => input.properties))
          for (const input of payload.inputs) checkLinks(input)
        }
        const { errors, results } = each(payload.inputs, contextOf, (input) => ({
          ...render(create(input, exchange), "all"),
          ...traceOf(input)
        }))
        return batchReply(exchange.now, results, errors, 201)
      }),

    batchUpdate: ({ payload }, exchange) =>
      Emulator.step(() => {
        noDuplicates(payload.inputs)
        const { errors, results } = each(payload.inputs, contextOf, (input) => {
          const record = table.find(input.id, input.idProperty)
          if (record === undefined) throw notFound()
          return { ...render(update(record, input.properties, exchange), "all"), ...traceOf(input) }
        })
        return batchReply(exchange.now, results, errors, 200)
      }),

    batchUpsert: ({ payload }, exchange) =>
      Emulator.step(() => {
        noDuplicates(payload.inputs)
        const { errors, results } = each(payload.inputs, contextOf, (input) => {
          const record = table.find(input.id, input.idProperty)
          if (record !== undefined) {
            return { ...render(update(record, input.properties, exchange), "all"), ...traceOf(input), new: false }
          }
          if (input.idProperty === undefined || input.idProperty === "hs_object_id") throw notFound()
          const properties = { ...input.properties, [input.idProperty]: input.id }
          return { ...render(create({ properties }, exchange), "all"), ...traceOf(input), new: true }
        })
        return batchReply(exchange.now, results, errors, 200)
      }),

    batchArchive: ({ payload }, exchange) =>
      Emulator.step(() => {
        for (const { id } of payload.inputs) archive(id, exchange)
      })
  }
}
