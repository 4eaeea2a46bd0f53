/** Work of a log that nobody waits for until the log ends: then its directory may be renamed, and all must be done. */
export class Background {
  readonly #running = new Set<Promise<void>>()
  readonly #failed: (error: Error) => void

  constructor(failed: (error: Error) => void) {
    this.#failed = failed
  }

  start(work: Promise<unknown>): void {
    const done: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => this.#failed(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => this.#running.delete(done))
    this.#running.add(done)
  }

  /** Resolves when nothing is left. */
  async end(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
