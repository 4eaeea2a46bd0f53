/**
 * Producer ids that no other broker gives out: blocks of them come from the controller (KIP-730), the next one before the
 * last is used up. Off the hot path: a producer asks once in its life.
 *
 * Kafka refuses a producer that finds no block, which then tries again 100 ms later. Here it waits for the block that is
 * on its way, for a short time.
 */
import { ApiError, type Clock, type Logger, type Timer } from '../base/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import { ErrorCode, errorName } from '../protocol/index.ts'

export interface ProducerIdsOptions {
  readonly channel: Pick<ControllerChannel, 'allocateProducerIds'>
  readonly brokerId: number
  /** Of the registration: the controller gives no block to a former life of this broker. */
  readonly brokerEpoch: () => number
  readonly clock: Clock
  readonly logger: Logger
}

interface Block {
  readonly first: number
  readonly size: number
}

interface Waiter {
  readonly resolve: (producerId: number) => void
  readonly reject: (error: ApiError) => void
}

/** The next block is asked for when this part of the current one is used up. */
const prefetchPart = 0.9
const retryBackoffMs = 50
const waitMsMax = 1000
const waitersMax = 10_000

export class ProducerIds {
  readonly #options: ProducerIdsOptions
  #current: Block = { first: 0, size: 0 }
  #used = 0
  #next: Block | undefined
  #isInFlight = false
  #retryAtMs = Number.NEGATIVE_INFINITY
  /** For the block in flight. */
  #waiters: Waiter[] = []
  #patience: Timer | undefined

  constructor(options: ProducerIdsOptions) {
    this.#options = options
  }

  /** Throws (or rejects with) ApiError 14 while no block can be had: the client tries again, old ones too. */
  next(): number | Promise<number> {
    const producerId = this.#claim()
    if (this.#used >= Math.floor(this.#current.size * prefetchPart)) this.#request()
    if (producerId !== undefined) return producerId
    if (this.#patience === undefined || this.#waiters.length >= waitersMax) throw noBlock()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  #claim(): number | undefined {
    if (this.#used === this.#current.size) {
      if (this.#next === undefined) return undefined
      this.#current = this.#next
      this.#next = undefined
      this.#used = 0
    }
    return this.#current.first + this.#used++
  }

  #request(): void {
    const { channel, brokerId, brokerEpoch, clock } = this.#options
    if (this.#isInFlight || this.#next !== undefined || clock.monotonic() < this.#retryAtMs) return
    this.#isInFlight = true
    this.#patience = clock.after(waitMsMax, () => this.#loseWaiters())
    channel.allocateProducerIds({ brokerId, brokerEpoch: brokerEpoch() }).then(
      ({ errorCode, producerIdStart, producerIdLen }) => {
        if (errorCode !== ErrorCode.NONE) return this.#failed(errorName(errorCode))
        if (!this.#isSound(producerIdStart, producerIdLen)) return this.#failed('a block that cannot be right')
        return this.#received({ first: producerIdStart, size: producerIdLen })
      },
      (error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)),
    )
  }

  #isSound(start: number, size: number): boolean {
    const isRange = start >= 0 && size > 0 && Number.isSafeInteger(start + size)
    return isRange && start >= this.#current.first + this.#current.size
  }

  #received(block: Block): void {
    this.#isInFlight = false
    this.#next = block
    const waiters = this.#waiters
    this.#waiters = []
    this.#loseWaiters()
    for (const { resolve, reject } of waiters) {
      const producerId = this.#claim()
      if (producerId === undefined) reject(noBlock())
      else resolve(producerId)
    }
  }

  #failed(reason: string): void {
    const { clock, logger } = this.#options
    this.#isInFlight = false
    this.#retryAtMs = clock.monotonic() + retryBackoffMs
    logger.log('warn', 'no producer ids from the controller, will ask again', { reason })
    this.#loseWaiters()
  }

  /** Nobody waits any longer for the request in flight, which may still bring a block. */
  #loseWaiters(): void {
    this.#patience?.cancel()
    this.#patience = undefined
    const waiters = this.#waiters
    this.#waiters = []
    for (const { reject } of waiters) reject(noBlock())
  }
}

const noBlock = (): ApiError =>
  new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'the next block of producer ids has not come yet')
