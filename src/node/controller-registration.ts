/**
 * A controller makes itself known to the active one: where it listens, and which features it has (KIP-919). It does so until
 * the metadata say that it is known, as of this start.
 */
import { ApiError, type Clock, type Logger, type Random, type Timer, type Uuid } from '../base/index.ts'
import {
  type ControllerChannel,
  controllerRegistrationLevel,
  type MetadataImage,
  supportedFeatures,
} from '../metadata/index.ts'
import { controllerRegistration } from '../protocol/index.ts'
import type { Endpoint } from '../raft/index.ts'

export interface ControllerRegistrationOptions {
  readonly nodeId: number
  readonly endpoints: readonly Endpoint[]
  readonly register: ControllerChannel['registerController']
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onFault: (error: unknown) => void
}

/** As Kafka's, which waits up to two minutes. */
const backoffMs = { min: 100, max: 120_000 }
const plaintext = 0

export class ControllerRegistration {
  readonly #options: ControllerRegistrationOptions
  readonly #incarnationId: Uuid
  #isAsking = false
  #failures = 0
  #timer: Timer | undefined
  #image: MetadataImage | undefined
  #isStopped = false

  constructor(options: ControllerRegistrationOptions) {
    this.#options = options
    this.#incarnationId = options.random.stream('controller-incarnation').uuid()
  }

  /** Each image, in order. */
  published(image: MetadataImage): void {
    this.#image = image
    if (this.#timer === undefined) this.#registerIfDue()
  }

  get #isDue(): boolean {
    const image = this.#image
    if (image === undefined || image.features.metadataVersion < controllerRegistrationLevel) return false
    return image.cluster.controllers.get(this.#options.nodeId)?.incarnationId !== this.#incarnationId
  }

  #registerIfDue(): void {
    if (this.#isStopped || this.#isAsking || !this.#isDue) return
    this.#isAsking = true
    this.#register().then(
      () => {
        this.#isAsking = false
      },
      (error: unknown) => this.#options.onFault(error),
    )
  }

  async #register(): Promise<void> {
    const { register, logger, nodeId } = this.#options
    try {
      await register(this.#request())
      this.#failures = 0
      logger.log('info', 'this controller is registered', { node: nodeId })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      logger.log('info', 'this controller could not be registered yet', { code: error.code, reason: error.message })
      this.#again()
    }
  }

  #again(): void {
    if (this.#isStopped) return
    const delayMs = Math.min(backoffMs.max, backoffMs.min * 2 ** this.#failures++)
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#registerIfDue()
    })
  }

  #request(): Parameters<ControllerChannel['registerController']>[0] {
    const { nodeId, endpoints } = this.#options
    return controllerRegistration.request.create({
      controllerId: nodeId,
      incarnationId: this.#incarnationId,
      listeners: endpoints.map((endpoint) => ({ ...endpoint, securityProtocol: plaintext })),
      features: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}
