/** What a group of measurements hands back. */
export interface Result {
  readonly tables: ReadonlyArray<Table>
  /** By the names that targets.ts asks for; null: could not be measured, `notes` says why. */
  readonly measures: Readonly<Record<string, number | null>>
  readonly charts: ReadonlyArray<Chart>
  readonly notes: ReadonlyArray<string>
}

export interface Table {
  readonly title: string
  /** The first is the name of the row. */
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export interface Chart {
  /** The file in docs/benchmarks, without its ending. */
  readonly file: string
  readonly title: string
  readonly subtitle: string
  readonly bars: ReadonlyArray<{ readonly name: string; readonly value: number; readonly label: string }>
}

/** `quick` is for a look, `thorough` for a floor that was missed and might be noise. */
export type Effort = "quick" | "full" | "thorough"

/** Every bar of Holdfast begins with it. */
export const ours = "Holdfast"

const digits = new Map<number, Intl.NumberFormat>()

export const format = (value: number, fraction = 0): string => {
  let formatter = digits.get(fraction)
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat("en-US", { maximumFractionDigits: fraction, minimumFractionDigits: fraction })
    digits.set(fraction, formatter)
  }
  return formatter.format(value).replaceAll(",", " ")
}

export const times = (value: number): string => `${format(value, value < 10 ? 2 : 1)}×`
