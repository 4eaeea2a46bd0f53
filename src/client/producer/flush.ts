/** What somebody waits for: that those who sent the records of some batches are told what became of them. */

export class Flush {
  readonly #over = Promise.withResolvers<void>()
  #left = 0

  /** Of as many batches more. */
  expect(batches: number): void {
    this.#left += batches
  }

  /** Of one. */
  told(): void {
    if (--this.#left === 0) this.#over.resolve()
  }

  /** When all have been. To be asked for when all that it waits for is known. */
  get isOver(): Promise<void> {
    if (this.#left === 0) this.#over.resolve()
    return this.#over.promise
  }
}
