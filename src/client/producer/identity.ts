/** Who this producer is to the brokers: an id from them, and an epoch that it raises itself (KIP-98, KIP-360). */
import type { Logger } from '../../base/index.ts'
import { type ExponentialBackoff, PeerError } from '../../peer/index.ts'
import { ErrorCode, initProducerId, retriableErrors } from '../../protocol/index.ts'
import type { Connections } from '../cluster/connections.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { isRefusal, KafkaError } from '../kafka-error.ts'
import type { ProducerIdentity } from './pending-batch.ts'

const epochMax = 2 ** 15 - 1

export interface IdentityOptions {
  readonly logger: Logger
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly requestTimeoutMs: number
  /** There is one, or it is known that there will be none. */
  readonly changed: () => void
}

export class Identity {
  readonly #options: IdentityOptions
  #current: ProducerIdentity | undefined
  #failure: KafkaError | undefined
  /** Of the failure: a broker does not let this client in, which whoever asks later may find otherwise. */
  #mayPass = false
  #isAsking = false
  #isClosed = false

  constructor(options: IdentityOptions) {
    this.#options = options
  }

  get current(): ProducerIdentity | undefined {
    return this.#current
  }

  /** The brokers will not have this producer. */
  get failure(): KafkaError | undefined {
    return this.#failure
  }

  /** All that waited has been told of the failure. */
  forgive(): void {
    if (!this.#mayPass) return
    this.#failure = undefined
    this.#mayPass = false
  }

  /** Asks for one, unless that is under way. */
  ask(): void {
    if (this.#isAsking || this.#isClosed) return
    this.#isAsking = true
    void this.#askUntilAnswered().finally(() => {
      this.#isAsking = false
      if (!this.#isClosed) this.#options.changed()
    })
  }

  /** Another one: what was sent in the name of the one before may or may not be in the log, and is not asked for any more. */
  renew(): void {
    if (this.#current === undefined) return
    const { producerId, producerEpoch } = this.#current
    this.#current = producerEpoch < epochMax ? { producerId, producerEpoch: producerEpoch + 1 } : undefined
    if (this.#current === undefined) this.ask()
  }

  close(): void {
    this.#isClosed = true
  }

  async #askUntilAnswered(): Promise<void> {
    const { connections, backoff, metadata } = this.#options
    for (let attempts = 0; !this.#isClosed && this.#current === undefined && this.#failure === undefined; attempts++) {
      try {
        if (attempts > 0) await connections.rest(backoff.backoffMs(attempts - 1))
        if (metadata.view.brokers.size === 0) await metadata.update()
        await this.#askOnce()
      } catch (error) {
        if (this.#isClosed) return
        if (!(error instanceof PeerError || error instanceof KafkaError)) throw error
        if (isRefusal(error)) {
          this.#failure = error
          this.#mayPass = true
          return
        }
        this.#options.logger.log('warn', 'no producer id was given', { reason: error.message })
      }
    }
  }

  async #askOnce(): Promise<void> {
    const { connections, metadata, requestTimeoutMs } = this.#options
    const [peer] = connections.candidates(metadata.view)
    if (peer === undefined) return
    const request = initProducerId.request.create({ transactionalId: null, transactionTimeoutMs: 2 ** 31 - 1 })
    const { errorCode, producerId, producerEpoch } = await peer.send(initProducerId, request, {
      timeoutMs: requestTimeoutMs,
    })
    if (errorCode === ErrorCode.NONE) this.#current = { producerId, producerEpoch }
    else if (!retriableErrors.has(errorCode)) this.#failure = KafkaError.of(errorCode, 'a producer id')
  }
}
