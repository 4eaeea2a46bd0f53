/** Warnings that anybody can cause: one at a time, and how many there were between. */
import type { Clock, Logger } from '../../base/index.ts'

const intervalMs = 10_000

export class LimitedLog {
  readonly #clock: Clock
  readonly #logger: Logger
  #loggedMs = Number.NEGATIVE_INFINITY
  #unlogged = 0

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  warn(message: string, fields: Readonly<Record<string, string>>): void {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#loggedMs < intervalMs) {
      this.#unlogged++
      return
    }
    const others = this.#unlogged === 0 ? {} : { othersBefore: this.#unlogged }
    this.#loggedMs = nowMs
    this.#unlogged = 0
    this.#logger.log('warn', message, { ...fields, ...others })
  }
}
