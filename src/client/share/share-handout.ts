/** Hands out what was acquired, delivery after delivery, and leaves out what is not this consumer's any more. */
import type { Clock, Logger } from '../../base/index.ts'
import type { AcquiredRecord, Delivery } from './delivery.ts'

export interface ShareHandoutOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** The application waits, and nothing is here. */
  readonly hungry: () => void
}

export class ShareHandout {
  readonly #options: ShareHandoutOptions
  #deliveries: Delivery[] = []
  readonly #waiting = new Set<() => void>()
  #failure: { readonly error: unknown } | undefined
  #silentFromMs: number | undefined
  #isClosed = false

  constructor(options: ShareHandoutOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Somebody waits: more is to be acquired. */
  get isHungry(): boolean {
    return this.#waiting.size > 0 && !this.#isClosed
  }

  /** How long the application has asked for nothing, in milliseconds; 0 while it waits. */
  get silentMs(): number {
    return this.#silentFromMs === undefined ? 0 : this.#options.clock.monotonic() - this.#silentFromMs
  }

  /** Of which not all was handed out. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries
  }

  received(delivery: Delivery): void {
    this.#deliveries.push(delivery)
    this.#wakeAll()
  }

  /** Told to whoever asks next. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wakeAll()
  }

  close(): void {
    this.#isClosed = true
    this.#deliveries = []
    this.#wakeAll()
  }

  asked(): void {
    this.#silentFromMs = undefined
  }

  /** The next record; undefined where none is here. Throws what went wrong, once. */
  one(): AcquiredRecord | undefined {
    return this.#take((delivery) => delivery.take())
  }

  /** All records of the next delivery; undefined where none is here. */
  several(): readonly AcquiredRecord[] | undefined {
    return this.#take((delivery) => {
      const records: AcquiredRecord[] = []
      for (let record = delivery.take(); record !== undefined; record = delivery.take()) records.push(record)
      return records.length === 0 ? undefined : records
    })
  }

  /** Resolves when there may be something, or the end. */
  async arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    this.#options.hungry()
    await promise
  }

  #wakeAll(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #take<T>(of: (delivery: Delivery) => T | undefined): T | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    for (let first = this.#deliveries[0]; first !== undefined; first = this.#deliveries[0]) {
      const taken = first.isHeld ? of(first) : this.#leaveOut(first)
      if (taken !== undefined) {
        this.#silentFromMs = this.#options.clock.monotonic()
        return taken
      }
      this.#deliveries.shift()
    }
    return undefined
  }

  #leaveOut({ topic, partition, left }: Delivery): undefined {
    if (left.length === 0) return
    this.#options.logger.log('warn', 'records were acquired, and are not any more before they could be handed out', {
      partition: `${topic}-${partition}`,
      records: left.length,
    })
  }
}
