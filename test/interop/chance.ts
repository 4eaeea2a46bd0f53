/** What is made by chance in the suites: the same for the same seed. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** 32 of them. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** At least 0, and below 1. */
  fraction(): number {
    return this.bits() / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  is(part: number): boolean {
    return this.fraction() < part
  }

  of<T>(list: readonly T[]): T {
    for (const one of list.slice(this.below(list.length))) return one
    throw new Error('there is nothing to choose from')
  }
}
