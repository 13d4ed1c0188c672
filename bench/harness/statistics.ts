/** Medians, because noise on a shared machine only ever adds. */

const sorted = (values: ReadonlyArray<number>): Array<number> => [...values].sort((a, b) => a - b)

/** The value below which a share `q` of the values lies. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const ascending = sorted(values)
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => {
  const ascending = sorted(values)
  const middle = ascending.length / 2
  const upper = ascending[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((ascending[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

/** The median of the ratios within each round: what disturbed a whole round disturbed both sides. */
export const medianRatio = (numerators: ReadonlyArray<number>, denominators: ReadonlyArray<number>): number =>
  median(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)))

export const shuffled = <A>(values: ReadonlyArray<A>): Array<A> => {
  const result = [...values]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1))
    const [a, b] = [result[index] as A, result[other] as A]
    result[index] = b
    result[other] = a
  }
  return result
}
