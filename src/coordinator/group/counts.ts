/** How many there are of each name; one that falls to 0 is gone. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(name: string, count: number): void {
    const sum = this.of(name) + count
    if (sum === 0) this.#counts.delete(name)
    else this.#counts.set(name, sum)
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  get size(): number {
    return this.#counts.size
  }

  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries()
  }

  names(): IterableIterator<string> {
    return this.#counts.keys()
  }

  copy(): Counts {
    const copy = new Counts()
    for (const [name, count] of this.#counts) copy.#counts.set(name, count)
    return copy
  }
}
