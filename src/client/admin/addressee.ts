/** A broker that is asked something in one attempt, and how long that attempt has. */
import { type Peer, PeerError, UnsupportedVersionError, type VersionRange } from '../../peer/index.ts'
import type { Api, Fields, Given, Infer } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'

export class Addressee {
  readonly #peer: Peer
  /** For one answer; requests that say how long the broker may take say this. */
  readonly timeoutMs: number

  constructor(peer: Peer, timeoutMs: number) {
    this.#peer = peer
    this.timeoutMs = timeoutMs
  }

  /**
   * Rejects with KafkaError: NETWORK, NOT_SERVED where the broker knows no version of `versions`, INVALID_ARGUMENT for what the request
   * has no room for.
   */
  async send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    given: Given<Infer<Q>>,
    versions: VersionRange = api.versions,
  ): Promise<Infer<S>> {
    try {
      return await this.#peer.send(api, api.request.create(given), { timeoutMs: this.timeoutMs, versions })
    } catch (error) {
      if (error instanceof UnsupportedVersionError) throw new KafkaError('NOT_SERVED', error.message, { cause: error })
      if (error instanceof RangeError) throw new KafkaError('INVALID_ARGUMENT', error.message, { cause: error })
      if (error instanceof PeerError) throw new KafkaError('NETWORK', error.message, { cause: error })
      throw error
    }
  }

  /** What the first gives; where the broker does not serve that, what the second gives. */
  async either<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> {
    try {
      return await first()
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'NOT_SERVED') return second()
      throw error
    }
  }
}
