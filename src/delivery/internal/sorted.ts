/** An array that is kept in order, for the in-memory indexes. No two members may compare as equal. */
export class Sorted<A> {
  private readonly members: Array<A> = []

  constructor(private readonly compare: (a: A, b: A) => number) {}

  get size(): number {
    return this.members.length
  }

  at(index: number): A | undefined {
    return this.members[index]
  }

  /** The first index whose member satisfies the predicate, which must be false up to there and true from there on. */
  search(predicate: (a: A) => boolean): number {
    let low = 0
    let high = this.members.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const member = this.members[middle]
      if (member !== undefined && predicate(member)) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  add(a: A): void {
    this.members.splice(this.search((b) => this.compare(b, a) >= 0), 0, a)
  }

  remove(a: A): void {
    const index = this.search((b) => this.compare(b, a) >= 0)
    const found = this.members[index]
    if (found !== undefined && this.compare(found, a) === 0) {
      this.members.splice(index, 1)
    }
  }
}
