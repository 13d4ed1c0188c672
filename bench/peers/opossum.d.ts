/** What is used of opossum, which ships no types. */
declare module "opossum" {
  export default class CircuitBreaker<Args extends Array<any>, A> {
    constructor(action: (...args: Args) => Promise<A>, options?: {
      readonly errorThresholdPercentage?: number
      readonly resetTimeout?: number
      readonly timeout?: number | false
    })
    fire(...args: Args): Promise<A>
    shutdown(): void
  }
}
