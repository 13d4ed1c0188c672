/**
 * Exports of audiences: made, then there, then read page by page.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { invalid } from "./Data.js"

type Export = typeof Schemas.AudienceExport.Type

/** People in every audience of the emulator. */
const people = 5

/** The emulator's own price of an export. */
const cost = 12

/**
 * @since 0.1.0
 * @category models
 */
export class AudienceExports {
  readonly #all: Array<Export> = []

  get all(): ReadonlyArray<Export> {
    return this.#all
  }

  create(propertyId: string, input: typeof Schemas.CreateAudienceExportInput.Type, now: number): Export {
    if (!input.audience.startsWith(`properties/${propertyId}/`)) {
      throw invalid(`${input.audience} is an audience of another property than ${propertyId}`)
    }
    const made: Export = {
      name: `properties/${propertyId}/audienceExports/${this.#all.length + 1}`,
      audience: input.audience,
      audienceDisplayName: "Purchasers",
      dimensions: input.dimensions,
      state: "CREATING",
      beginCreatingTime: new Date(now).toISOString(),
      creationQuotaTokensCharged: cost,
      rowCount: 0,
      percentageCompleted: 0
    }
    this.#all.push(made)
    return made
  }

  list(propertyId: string, token: string | undefined, size: number) {
    const own = this.#all.filter(({ name }) => name.startsWith(`properties/${propertyId}/`))
    const start = token === undefined ? 0 : Number(token)
    if (!Number.isSafeInteger(start) || start < 0) throw invalid(`${token} is not a page token`)
    const end = start + size
    return {
      audienceExports: own.slice(start, end),
      ...(end < own.length ? { nextPageToken: String(end) } : undefined)
    }
  }

  /** One that is looked at again is done. */
  get(propertyId: string, id: string): Export {
    const index = this.#indexOf(propertyId, id)
    const found = this.#at(index)
    const done: Export = { ...found, state: "ACTIVE", rowCount: people, percentageCompleted: 100 }
    this.#all[index] = done
    return done
  }

  query(propertyId: string, id: string, { limit = 10_000, offset = 0 }: typeof Schemas.QueryAudienceExportInput.Type) {
    const audienceExport = this.#at(this.#indexOf(propertyId, id))
    if (audienceExport.state !== "ACTIVE") {
      throw new Emulator.EmulatorError({
        status: 400,
        code: "FAILED_PRECONDITION",
        message: `${audienceExport.name} is ${audienceExport.state}`
      })
    }
    const rows = Array.from({ length: people }, (_, person) => ({
      dimensionValues: audienceExport.dimensions.map(({ dimensionName }) => ({
        value: `${dimensionName}-${person + 1}`
      }))
    }))
    return { audienceExport, audienceRows: rows.slice(offset, offset + limit), rowCount: rows.length }
  }

  #indexOf(propertyId: string, id: string): number {
    return this.#all.findIndex(({ name }) => name === `properties/${propertyId}/audienceExports/${id}`)
  }

  #at(index: number): Export {
    const found = this.#all[index]
    if (found === undefined) {
      throw new Emulator.EmulatorError({ status: 404, message: "there is no such audience export" })
    }
    return found
  }
}
