/**
 * One listener for each signal, however many wait for it: a signal that outlives its calls collects no listeners, and one
 * that many calls share at once makes Node warn of no leak.
 *
 * @internal
 */

class Watch {
  readonly callbacks = new Set<() => void>()

  constructor(readonly signal: AbortSignal) {
    signal.addEventListener("abort", this)
  }

  handleEvent(): void {
    this.end()
    for (const callback of this.callbacks) callback()
  }

  end(): void {
    this.signal.removeEventListener("abort", this)
    watches.delete(this.signal)
  }
}

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Calls back once the signal is aborted, and never when it is already.
 *
 * @internal
 */
export const onAbort = (signal: AbortSignal, callback: () => void): void => {
  if (signal.aborted) return
  let watch = watches.get(signal)
  if (watch === undefined) {
    watch = new Watch(signal)
    watches.set(signal, watch)
  }
  watch.callbacks.add(callback)
}

/** @internal */
export const offAbort = (signal: AbortSignal, callback: () => void): void => {
  const watch = watches.get(signal)
  if (watch === undefined) return
  watch.callbacks.delete(callback)
  if (watch.callbacks.size === 0) watch.end()
}
