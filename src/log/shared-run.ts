/** Work that many wait for: one run at a time; who asks while one is under way shares the next, which sees what is new. */
export class SharedRun {
  readonly #work: () => Promise<void>
  /** Never rejects. */
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  /** Resolves when no run is under way and none waits. */
  async idle(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => undefined)
    await this.#running
  }

  run(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      const run = this.#work()
      this.#running = run.catch(() => undefined)
      return run
    })
    return this.#next
  }
}
