/** Waits for the end of a run: done, failed, or silent for too long. */
import { LoadError, type LoadOptions } from './options.ts'

export class Watch {
  readonly #timeoutSeconds: number
  readonly #ended = Promise.withResolvers<void>()

  constructor({ timeout }: LoadOptions) {
    this.#timeoutSeconds = timeout
    // It may fail before anybody waits.
    this.#ended.promise.catch(() => undefined)
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  readonly done = (): void => this.#ended.resolve()

  readonly failed = (error: unknown): void => this.#ended.reject(error)

  /** Rejects with what failed, and with LoadError where `progress` stood still for `timeout` seconds. */
  async until(progress: () => number): Promise<void> {
    let seen = progress()
    let silentSinceMs = performance.now()
    const timer = setInterval(() => {
      const now = progress()
      if (now !== seen) {
        seen = now
        silentSinceMs = performance.now()
      }
      if (performance.now() - silentSinceMs > this.#timeoutSeconds * 1000) {
        this.failed(new LoadError(`no reply for ${this.#timeoutSeconds} s`))
      }
    }, 250)
    try {
      await this.#ended.promise
    } finally {
      clearInterval(timer)
    }
  }
}
