/**
 * The types of object that the Salesforce emulator has, and their fields.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export type FieldType =
  | "boolean"
  | "currency"
  | "date"
  | "datetime"
  | "double"
  | "email"
  | "id"
  | "phone"
  | "reference"
  | "string"
  | "textarea"

/**
 * One type of object. Fields whose names end in `__c` are there without being listed, as text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectDefinition {
  /** The first three characters of its ids. */
  readonly keyPrefix: string
  readonly fields: Readonly<Record<string, FieldType>>
  /** Without which no record is made. */
  readonly required?: ReadonlyArray<string>
  /** Fields by which records can be upserted. */
  readonly externalIds?: ReadonlyArray<string>
  /** Fields of which no two records have the same value. */
  readonly unique?: ReadonlyArray<string>
}

/** What every object has, and nobody writes. */
export const system: Readonly<Record<string, FieldType>> = {
  Id: "id",
  IsDeleted: "boolean",
  CreatedDate: "datetime",
  LastModifiedDate: "datetime",
  SystemModstamp: "datetime"
}

/** One is unique, the other is not: by that one several records may be found. */
const external = { externalIds: ["External_Id__c", "Legacy_Id__c"], unique: ["External_Id__c"] }

/**
 * What an org begins with.
 *
 * @since 0.1.0
 * @category models
 */
export const standard: Readonly<Record<string, ObjectDefinition>> = {
  Account: {
    ...external,
    keyPrefix: "001",
    fields: {
      Name: "string",
      Type: "string",
      Industry: "string",
      Phone: "phone",
      Website: "string",
      BillingCity: "string",
      BillingCountry: "string",
      AnnualRevenue: "currency",
      NumberOfEmployees: "double",
      Description: "textarea",
      OwnerId: "reference",
      ParentId: "reference"
    },
    required: ["Name"]
  },
  Contact: {
    ...external,
    keyPrefix: "003",
    fields: {
      FirstName: "string",
      LastName: "string",
      Email: "email",
      Phone: "phone",
      Title: "string",
      Birthdate: "date",
      AccountId: "reference",
      OwnerId: "reference"
    },
    required: ["LastName"]
  },
  Lead: {
    ...external,
    keyPrefix: "00Q",
    fields: {
      FirstName: "string",
      LastName: "string",
      Company: "string",
      Email: "email",
      Phone: "phone",
      Status: "string",
      LeadSource: "string",
      OwnerId: "reference"
    },
    required: ["LastName", "Company"]
  },
  Opportunity: {
    ...external,
    keyPrefix: "006",
    fields: {
      Name: "string",
      StageName: "string",
      CloseDate: "date",
      Amount: "currency",
      Probability: "double",
      AccountId: "reference",
      OwnerId: "reference"
    },
    required: ["Name", "StageName", "CloseDate"]
  }
}

const has = (names: ReadonlyArray<string> | undefined, name: string) => names?.includes(name) ?? false

/** As `describe` shows it. */
export const described = (name: string, definition: ObjectDefinition) => {
  const custom = [...new Set([...definition.externalIds ?? [], ...definition.unique ?? []])]
  const types: ReadonlyArray<readonly [string, FieldType]> = [
    ...Object.entries({ ...system, ...definition.fields }),
    ...custom.filter((field) => !(field in definition.fields)).map((field) => [field, "string"] as const)
  ]
  return {
    name,
    label: name,
    keyPrefix: definition.keyPrefix,
    custom: name.endsWith("__c"),
    createable: true,
    updateable: true,
    fields: types.map(([field, type]) => ({
      name: field,
      label: field,
      type,
      length: type === "id" || type === "reference" ? 18 : type === "string" || type === "email" ? 255 : 0,
      nillable: !has(definition.required, field) && !(field in system),
      createable: !(field in system),
      updateable: !(field in system),
      custom: field.endsWith("__c"),
      externalId: has(definition.externalIds, field),
      unique: has(definition.unique, field)
    }))
  }
}
