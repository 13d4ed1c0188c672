/**
 * Metrics with their labels in the key. `Metric.tagged` builds and looks up a new key at each synchronous update; one
 * that is made from its key finds its hook once.
 *
 * @internal
 */
import * as Metric from "effect/Metric"
import type * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"

/** @internal */
export type Labels = Readonly<Record<string, string>>

const labelsOf = (labels: Labels) => Object.entries(labels).map(([name, value]) => MetricLabel.make(name, value))

const none: ReadonlyArray<MetricLabel.MetricLabel> = []

/** @internal */
export interface Meter {
  readonly update: (value: number) => void
}

const meter = (metric: Metric.Metric<any, number, any>): Meter => ({
  update: (value) => metric.unsafeUpdate(value, none)
})

/**
 * Counts upwards.
 *
 * @internal
 */
export const counter = (name: string, description: string, labels: Labels): Meter =>
  meter(
    Metric.fromMetricKey(
      MetricKey.taggedWithLabels(MetricKey.counter(name, { description, incremental: true }), labelsOf(labels))
    )
  )

/** @internal */
export const gauge = (name: string, description: string, labels: Labels): Meter =>
  meter(Metric.fromMetricKey(MetricKey.taggedWithLabels(MetricKey.gauge(name, { description }), labelsOf(labels))))

/** @internal */
export const histogram = (
  name: string,
  boundaries: MetricBoundaries.MetricBoundaries,
  description: string,
  labels: Labels
): Meter =>
  meter(
    Metric.fromMetricKey(
      MetricKey.taggedWithLabels(MetricKey.histogram(name, boundaries, description), labelsOf(labels))
    )
  )

/**
 * Counters that differ in one label, each made when it is first needed.
 *
 * @internal
 */
export const counters = (
  name: string,
  description: string,
  labels: Labels,
  label: string
): (value: string) => Meter => {
  const made = new Map<string, Meter>()
  return (value) => {
    let meter = made.get(value)
    if (meter === undefined) made.set(value, meter = counter(name, description, { ...labels, [label]: value }))
    return meter
  }
}
