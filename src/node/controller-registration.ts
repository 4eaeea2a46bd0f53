/**
 * A controller makes itself known to the active one: where it listens, and which features it has (KIP-919). It does so until
 * the metadata say that it is known, as of this start.
 */
import { ApiError, type Clock, type Logger, type Random, type Timer, type Uuid } from '../base/index.ts'
import {
  type ControllerChannel,
  type ControllerImage,
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

/** Between two requests, the longer the more there were; as Kafka's, which waits up to two minutes. */
const backoffMs = { min: 100, max: 120_000 }
const plaintext = 0

export class ControllerRegistration {
  readonly #options: ControllerRegistrationOptions
  readonly #incarnationId: Uuid
  #isAsking = false
  /** Requests since it was quiet for as long as the longest wait. */
  #requests = 0
  #askedMs = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #image: MetadataImage | undefined
  /** What the images said was of earlier times. */
  #isReplaying = true
  /** As of the newest image. */
  #isKnown = false
  #isStopped = false

  constructor(options: ControllerRegistrationOptions) {
    this.#options = options
    this.#incarnationId = options.random.stream('controller-incarnation').uuid()
  }

  /** Each image, in order. */
  published(image: MetadataImage): void {
    this.#image = image
    const found = image.cluster.controllers.get(this.#options.nodeId)
    const wasKnown = this.#isKnown
    this.#isKnown = found?.incarnationId === this.#incarnationId
    if (wasKnown && !this.#isKnown && found !== undefined) this.#tellOfOther(found)
    this.#registerIfDue()
  }

  /** The images are of now from here on. */
  caughtUp(): void {
    this.#isReplaying = false
    this.#registerIfDue()
  }

  #tellOfOther({ endPoints }: ControllerImage): void {
    const at = endPoints.map(({ host, port }) => `${host}:${port}`).join(',')
    const what = 'another controller has registered with the node.id of this one: one of the two has to go'
    this.#options.logger.log('warn', what, { 'node.id': this.#options.nodeId, listeners: at })
  }

  get #isDue(): boolean {
    const level = this.#image?.features.metadataVersion ?? 0
    return !this.#isReplaying && !this.#isKnown && level >= controllerRegistrationLevel
  }

  #registerIfDue(): void {
    if (this.#isStopped || this.#isAsking || this.#timer !== undefined || !this.#isDue) return
    const { clock, onFault } = this.#options
    const nowMs = clock.monotonic()
    if (nowMs - this.#askedMs > backoffMs.max) this.#requests = 0
    const untilMs = this.#askedMs + Math.min(backoffMs.max, backoffMs.min * 2 ** (this.#requests - 1))
    if (this.#requests > 0 && untilMs > nowMs) {
      this.#timer = clock.after(untilMs - nowMs, () => {
        this.#timer = undefined
        this.#registerIfDue()
      })
      return
    }
    this.#askedMs = nowMs
    this.#requests++
    this.#isAsking = true
    this.#register().then(() => {
      this.#isAsking = false
      // Whether it is known says an image, which may take its time.
      this.#registerIfDue()
    }, onFault)
  }

  async #register(): Promise<void> {
    const { register, logger, nodeId } = this.#options
    try {
      await register(this.#request())
      logger.log('info', 'this controller is registered', { node: nodeId })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      logger.log('info', 'this controller could not be registered yet', { code: error.code, reason: error.message })
    }
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
