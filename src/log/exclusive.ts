/** One after the other: each work begins when those before it have ended, however they did. */
export class Exclusive {
  #last: Promise<void> = Promise.resolve()
  #count = 0

  /** Some work is under way or waits. */
  get isBusy(): boolean {
    return this.#count > 0
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++
    const done = this.#last.then(work).finally(() => {
      this.#count--
    })
    this.#last = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
}
