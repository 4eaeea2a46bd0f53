/**
 * Hands out what was acquired, delivery after delivery, and leaves out what is not this consumer's any more. What waits is kept by renewing
 * its locks: to the broker it was delivered, and what was delivered a few times in vain is delivered no more, whether or not anybody has
 * seen it.
 */
import type { Clock, Logger } from '../../base/index.ts'
import type { AcquiredRecord, Delivery } from './delivery.ts'

type Reads = (topic: string) => boolean

const whatever: Reads = () => true

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
  /** When the application has asked, was given something, or has ceased to wait, the last time. */
  #silentFromMs: number | undefined
  /** Since when the application has had records without waiting, and how many. */
  #busyFromMs: number | undefined
  #handedOut = 0
  /** Records that the application has taken in a millisecond, the last time. */
  #pace = Number.POSITIVE_INFINITY
  #lockMs = Number.POSITIVE_INFINITY
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
    if (this.#silentFromMs === undefined || this.#waiting.size > 0) return 0
    return this.#options.clock.monotonic() - this.#silentFromMs
  }

  /** As many as the application has taken in half the time of a lock, or would have; at least one. */
  get soonMax(): number {
    return Math.max(1, Math.floor((this.#pace * this.#lockMs) / 2))
  }

  /** Renews what is due, unless the application has not asked for longer than `silentMsMax`. Returns when to look again. */
  keep(silentMsMax: number): number {
    const nowMs = this.#options.clock.monotonic()
    let nextMs = Number.POSITIVE_INFINITY
    for (const delivery of this.#deliveries) {
      if (!delivery.isHeld || this.silentMs > silentMsMax) continue
      if (delivery.renewAtMs <= nowMs) delivery.renew()
      nextMs = Math.min(nextMs, delivery.renewAtMs)
    }
    return nextMs
  }

  received(delivery: Delivery): void {
    this.#deliveries.push(delivery)
    this.#lockMs = delivery.lockMs
    this.#wakeAll()
  }

  /** Told to whoever asks next. */
  fail(error: unknown): void {
    if (this.#failure === undefined) this.#failure = { error }
    else this.#untold(error)
    this.#wakeAll()
  }

  close(): void {
    this.#isClosed = true
    if (this.#failure !== undefined) this.#untold(this.#failure.error)
    this.#deliveries = []
    this.#wakeAll()
  }

  asked(): void {
    this.#silentFromMs = this.#options.clock.monotonic()
  }

  /** A loop was left: if it waits, it ends. */
  left(): void {
    this.#wakeAll()
  }

  /** The next record; undefined where none is here. Those of topics that are not read are given back. Throws what went wrong, once. */
  one(reads: Reads = whatever): AcquiredRecord | undefined {
    return this.#take(reads, (delivery) => {
      const record = delivery.take()
      if (record !== undefined) this.#handedOut++
      return record
    })
  }

  /** The same with all records of a delivery. */
  several(reads: Reads = whatever): readonly AcquiredRecord[] | undefined {
    return this.#take(reads, (delivery) => {
      const records: AcquiredRecord[] = []
      for (let record = delivery.take(); record !== undefined; record = delivery.take()) records.push(record)
      this.#handedOut += records.length
      return records.length === 0 ? undefined : records
    })
  }

  /** This one, and what was taken of its delivery behind it, is not handed out yet. */
  putBack(record: AcquiredRecord): void {
    // By whom it was given back.
    if (this.#isClosed || record.isSaid) return
    const { delivery, offset } = record
    // What another loop has measured meanwhile counted them in.
    this.#handedOut = Math.max(0, this.#handedOut - delivery.putBack(offset))
    if (!this.#deliveries.includes(delivery)) this.#deliveries.unshift(delivery)
    this.#wakeAll()
  }

  /** Resolves when there may be something, or the end. */
  async arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#measure()
    this.#waiting.add(resolve)
    this.#options.hungry()
    await promise
  }

  /** One is to be told before it, or nobody asks any more. */
  #untold(error: unknown): void {
    this.#options.logger.log('warn', 'something went wrong that no loop is told of', { reason: String(error) })
  }

  /** Of a time in which nothing was handed out nothing is learned. Always more than 0. */
  #measure(): void {
    if (this.#busyFromMs === undefined) return
    if (this.#handedOut > 0) this.#pace = this.#handedOut / (this.#options.clock.monotonic() - this.#busyFromMs)
    this.#busyFromMs = undefined
    this.#handedOut = 0
  }

  #wakeAll(): void {
    if (this.#waiting.size > 0) this.#silentFromMs = this.#options.clock.monotonic()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #take<T>(reads: Reads, of: (delivery: Delivery) => T | undefined): T | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    for (let first = this.#deliveries[0]; first !== undefined; first = this.#deliveries[0]) {
      const taken = first.isHeld && reads(first.topic) ? of(first) : this.#leaveOut(first)
      if (taken !== undefined) {
        this.#silentFromMs = this.#options.clock.monotonic()
        this.#busyFromMs ??= this.#silentFromMs
        return taken
      }
      this.#deliveries.shift()
    }
    return undefined
  }

  #leaveOut(delivery: Delivery): undefined {
    const { topic, partition, left } = delivery
    if (left.length === 0) return
    if (delivery.isHeld) {
      delivery.giveBack()
      return
    }
    this.#options.logger.log('warn', 'records were acquired, and are not any more before they could be handed out', {
      partition: `${topic}-${partition}`,
      records: left.length,
    })
  }
}
