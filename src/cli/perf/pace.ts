/** When the next record is due, where so many a second are wanted. Pure: the time comes in. */

export class Pace {
  readonly #perSecond: number
  readonly #startMs: number

  /** `perSecond` of 0 or less: all are due at once. `startMs` is of a clock that never goes back. */
  constructor(perSecond: number, startMs: number) {
    this.#perSecond = perSecond
    this.#startMs = startMs
  }

  get isBounded(): boolean {
    return this.#perSecond > 0
  }

  /** How many records are due by then. */
  due(nowMs: number): number {
    return this.isBounded
      ? Math.floor(((nowMs - this.#startMs) * this.#perSecond) / 1000) + 1
      : Number.POSITIVE_INFINITY
  }

  /** When the record of that index, from 0 on, is due. */
  dueMs(index: number): number {
    return this.isBounded ? this.#startMs + (index * 1000) / this.#perSecond : this.#startMs
  }
}
