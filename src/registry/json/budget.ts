/** Work that may be done, in parts of the comparison of one pair. */
export class Budget {
  #left: number

  constructor(work: number) {
    this.#left = work
  }

  get isSpent(): boolean {
    return this.#left <= 0
  }

  /** Whether there is some left. */
  spend(work: number): boolean {
    this.#left -= work
    return !this.isSpent
  }
}
