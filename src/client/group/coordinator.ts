/** The broker that coordinates one group: found when it is needed, and found again when it is another one. */
import type { Clock, Logger } from '../../base/index.ts'
import { type ExponentialBackoff, PeerError, type SendOptions, UnsupportedVersionError } from '../../peer/index.ts'
import { type Api, ErrorCode, type Fields, findCoordinator, type Infer, retriableErrors } from '../../protocol/index.ts'
import { type BrokerView, brokerView } from '../cluster/cluster-view.ts'
import type { Connections, Lane } from '../cluster/connections.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly groupId: string
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly requestTimeoutMs: number
}

const keyTypeGroup = 0

/** Who was asked does not coordinate the group, or not yet, or not any more. */
export const coordinatorElsewhere: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
])

export class Coordinator {
  readonly #options: CoordinatorOptions
  #broker: BrokerView | undefined
  #finding: Promise<BrokerView> | undefined

  constructor(options: CoordinatorOptions) {
    this.#options = options
  }

  /** It has said, or shown, that it is not. */
  forget(): void {
    this.#broker = undefined
  }

  /**
   * Asks until there is an answer that `errorOf` finds no fault in, or one that does not pass. Rejects with KafkaError: that error, or
   * TIMED_OUT.
   */
  async ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Infer<Q>,
    asked: Partial<SendOptions> & {
      readonly deadline: Deadline
      readonly errorOf: (response: Infer<S>) => number
    },
  ): Promise<Infer<S>> {
    const { connections, backoff, groupId } = this.#options
    const { deadline, errorOf } = asked
    for (let attempts = 0, last: unknown; ; attempts++) {
      if (attempts > 0) await connections.rest(Math.min(backoff.backoffMs(attempts - 1), deadline.leftMs))
      if (deadline.isOver) throw deadline.error(last)
      try {
        const response = await this.once(api, request, asked)
        const errorCode = errorOf(response)
        if (errorCode === ErrorCode.NONE) return response
        last = KafkaError.of(errorCode, `group '${groupId}'`)
        if (coordinatorElsewhere.has(errorCode)) this.forget()
        else if (!retriableErrors.has(errorCode)) throw last
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
        last = new KafkaError('NETWORK', error.message, { cause: error })
      }
    }
  }

  /** For one attempt, unless told. */
  deadline(afterMs: number = this.#options.requestTimeoutMs): Deadline {
    const { clock, groupId } = this.#options
    return new Deadline(clock, { afterMs, what: `group '${groupId}' was not heard of` })
  }

  /** One heartbeat. Undefined: nothing was heard, and another one is to be tried. Rejects as `once` does with all that does not pass. */
  async heard<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Infer<Q>,
    asked: Partial<SendOptions> & { readonly deadline?: Deadline } = {},
  ): Promise<Infer<S> | undefined> {
    try {
      return await this.once(api, request, { deadline: this.deadline(), ...asked })
    } catch (error) {
      const isUnserved = error instanceof UnsupportedVersionError
      if (error instanceof PeerError && !isUnserved) return undefined
      if (error instanceof KafkaError && error.isRetriable) return undefined
      throw error
    }
  }

  /** Tells that a member leaves. Who is not heard is missed in a while, as one that has died. */
  async sayGoodbye<Q extends Fields, S extends Fields>(api: Api<Q, S>, request: Infer<Q>): Promise<void> {
    try {
      await this.once(api, request, { deadline: this.deadline() })
    } catch (error) {
      this.#options.logger.log('warn', 'the group was not told that a member leaves', { reason: String(error) })
    }
  }

  /** One attempt. Rejects with PeerError, after which the coordinator is found anew, or with KafkaError. */
  async once<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Infer<Q>,
    {
      deadline,
      timeoutMs = this.#options.requestTimeoutMs,
      versions,
      lane = 'coordinator',
    }: Partial<SendOptions> & { readonly deadline: Deadline; readonly lane?: Lane },
  ): Promise<Infer<S>> {
    const broker = await this.#found(deadline)
    try {
      return await this.#options.connections
        .to(broker, lane)
        .send(api, request, { timeoutMs, ...(versions !== undefined && { versions }) })
    } catch (error) {
      if (error instanceof PeerError) this.forget()
      throw error
    }
  }

  /** One search serves all; who has more time than the one that began it begins another. */
  async #found(deadline: Deadline): Promise<BrokerView> {
    for (;;) {
      if (this.#broker !== undefined) return this.#broker
      this.#finding ??= this.#find(deadline).finally(() => {
        this.#finding = undefined
      })
      try {
        return await deadline.within(this.#finding)
      } catch (error) {
        const isOutOfTime = error instanceof KafkaError && error.code === 'TIMED_OUT'
        if (!isOutOfTime || deadline.isOver) throw error
      }
    }
  }

  async #find(deadline: Deadline): Promise<BrokerView> {
    const { backoff, metadata, connections, requestTimeoutMs, groupId } = this.#options
    const request = findCoordinator.request.create({ key: groupId, keyType: keyTypeGroup, coordinatorKeys: [groupId] })
    for (let attempts = 0, last: unknown; ; attempts++) {
      if (attempts > 0) await connections.rest(Math.min(backoff.backoffMs(attempts - 1), deadline.leftMs))
      if (deadline.isOver) throw deadline.error(last)
      const [peer] = connections.candidates(await metadata.cluster(deadline))
      if (peer === undefined) continue
      try {
        const response = await peer.send(findCoordinator, request, { timeoutMs: requestTimeoutMs })
        const [told = response] = response.coordinators
        if (told.errorCode === ErrorCode.NONE) {
          this.#broker = brokerView(told)
          return this.#broker
        }
        last = KafkaError.of(told.errorCode, `group '${groupId}'`, told.errorMessage)
        if (!retriableErrors.has(told.errorCode)) throw last
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
        last = new KafkaError('NETWORK', error.message, { cause: error })
      }
    }
  }
}
