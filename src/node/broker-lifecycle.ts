/**
 * A broker's standing with the controller: it registers, heartbeats, is unfenced, and leaves under control. All of it by
 * requests, whether the controller is in this process or elsewhere.
 */
import { ApiError, type Clock, type Logger, type Timer, type Uuid } from '../base/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import {
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  brokerHeartbeat,
  ErrorCode,
} from '../protocol/index.ts'

/** For how long a broker asks to be let go, in milliseconds. */
interface LeaveLimits {
  readonly whole: number
  /** Beyond the interval of heartbeats, while no controller answers. */
  readonly unanswered: number
}

export interface LifecycleOptions {
  readonly channel: Pick<ControllerChannel, 'registerBroker' | 'brokerHeartbeat'>
  readonly clock: Clock
  readonly logger: Logger
  /** As it is at the time: `logDirs` are those that can be used. */
  readonly registration: () => BrokerRegistrationRequest
  /** `broker.heartbeat.interval.ms`. */
  readonly heartbeatIntervalMs: number
  /** `initial.broker.registration.timeout.ms`. */
  readonly registrationTimeoutMs: number
  /** Up to where this broker has applied the metadata. */
  readonly metadataOffset: () => number
  readonly offlineLogDirs: () => readonly Uuid[]
  readonly cordonedLogDirs: () => readonly Uuid[] | null
  /** `log.dir.failure.timeout.ms`: a broker that cannot tell of a failed directory stops, so that its replicas are missed. */
  readonly directoryFailureTimeoutMs: () => number
  readonly leaveMsMax: LeaveLimits
  /** The controller wants the broker to go, or will not have it. */
  readonly onFault: (error: unknown) => void
}

const registrationVersion = 4
const retryMsMin = 20
const retryMsMax = 1000
/** Kafka's: heartbeats do not wait for their interval until the broker has caught up, nor the second one of a broker that leaves. */
const catchingUpIntervalMs = 10
const leavingIntervalMs = 50

type Standing = 'fenced' | 'unfenced' | 'leaving' | 'gone'

export class BrokerLifecycle {
  readonly #options: LifecycleOptions
  #brokerEpoch = -1
  #standing: Standing = 'fenced'
  #isReady = false
  #hasCaughtUp = false
  /** A heartbeat that says so was answered. */
  #isKnownToLeave = false
  #isStopped = false
  #timer: Timer | undefined
  /** Of the directories that failed and of which the controller does not know: until when it has to. */
  readonly #failureTimers = new Map<Uuid, Timer>()
  /** The controller knows that they failed. */
  readonly #told = new Set<Uuid>()
  /** Of a broker that leaves. */
  #unanswered: Timer | undefined
  #isSending = false
  /** What the controller has of this broker lacks something: the next request is a registration. */
  #isOutdated = false
  /** Something has come up since the heartbeat that is under way. */
  #isDueAgain = false
  readonly #unfenced = Promise.withResolvers<void>()
  readonly #left = Promise.withResolvers<void>()

  constructor(options: LifecycleOptions) {
    this.#options = options
    // Nobody may wait for either.
    this.#unfenced.promise.catch(() => undefined)
    this.#left.promise.catch(() => undefined)
  }

  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  get isFenced(): boolean {
    return this.#standing === 'fenced'
  }

  /**
   * Registers; whatever the controller answers, tries again until the time for it is over, of which `waitedMs` were spent on
   * finding the quorum. Rejects with the last ApiError.
   */
  async register(waitedMs = 0): Promise<void> {
    const { clock, logger, registrationTimeoutMs } = this.#options
    const giveUpMs = clock.monotonic() + registrationTimeoutMs - waitedMs
    /** Told once. */
    let trouble = ''
    for (let delayMs = retryMsMin; ; delayMs = Math.min(delayMs * 2, retryMsMax)) {
      try {
        await this.#registerNow()
        this.#beat(0)
        return
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        const { code, message: reason } = error
        if (clock.monotonic() >= giveUpMs) throw new ApiError(code, `${this.#whyNotRegistered(code)}: ${reason}`)
        if (trouble !== `${code} ${reason}`) {
          trouble = `${code} ${reason}`
          logger.log('warn', this.#whyNotRegistered(code), { code, reason })
        }
      }
      await new Promise<void>((resolve) => clock.after(delayMs, resolve))
      if (this.#isStopped) throw new Error('the node stops')
    }
  }

  #whyNotRegistered(code: number): string {
    if (code !== ErrorCode.DUPLICATE_BROKER_REGISTRATION) return 'this broker could not be registered yet'
    const { brokerId } = this.#options.registration()
    return `another broker has the node.id ${brokerId} of this one, or an earlier life of this one has a session still`
  }

  /** The broker can serve; resolves when the controller has unfenced it. */
  readyToUnfence(): Promise<void> {
    this.#isReady = true
    this.#beat(0)
    return this.#unfenced.promise
  }

  /** Hands leadership over, as far as there is somebody; resolves when the broker may stop, or one of the limits is reached. */
  async leave(): Promise<void> {
    if (this.#brokerEpoch < 0 || this.#standing === 'gone') return
    const { clock, leaveMsMax } = this.#options
    this.#standing = 'leaving'
    const limit = clock.after(leaveMsMax.whole, () => this.#leaveAllTheSame('the controller did not let the broker go'))
    this.#awaitAnswer()
    this.#beat(0)
    await this.#left.promise
    limit.cancel()
    this.stop()
  }

  #awaitAnswer(): void {
    const { clock, heartbeatIntervalMs, leaveMsMax } = this.#options
    this.#unanswered?.cancel()
    this.#unanswered = clock.after(heartbeatIntervalMs + leaveMsMax.unanswered, () =>
      this.#leaveAllTheSame('no controller answered'),
    )
  }

  #leaveAllTheSame(why: string): void {
    this.#options.logger.log('warn', `${why} in time: it stops all the same`)
    this.#left.resolve()
  }

  /** Registers once more, as the broker that it is: the controller could not take all of it before. */
  renewRegistration(): void {
    this.#isOutdated = true
    if (this.#brokerEpoch >= 0) this.#beat(0)
  }

  /** The next heartbeat does not wait for its interval. */
  hasten(): void {
    this.#beat(0)
  }

  /** The controller is told at once; where it cannot be in time, be it of one directory only, the broker stops. */
  directoryFailed(): void {
    const { clock, directoryFailureTimeoutMs, offlineLogDirs, onFault } = this.#options
    this.#beat(0)
    for (const directory of offlineLogDirs()) {
      if (this.#told.has(directory) || this.#failureTimers.has(directory)) continue
      const timer = clock.after(directoryFailureTimeoutMs(), () => {
        if (!this.#isStopped) onFault(new Error('the controller could not be told of a log directory that failed'))
      })
      this.#failureTimers.set(directory, timer)
    }
  }

  #toldOf(directories: readonly Uuid[]): void {
    for (const directory of directories) {
      this.#told.add(directory)
      this.#failureTimers.get(directory)?.cancel()
      this.#failureTimers.delete(directory)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    for (const timer of this.#failureTimers.values()) timer.cancel()
    this.#unanswered?.cancel()
    this.#unfenced.reject(new Error('the node stops'))
    this.#left.resolve()
  }

  #beat(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(delayMs, () => {
      if (this.#isStopped) return
      if (this.#isSending) {
        this.#isDueAgain = true
        return
      }
      this.#isSending = true
      this.#isDueAgain = false
      this.#send().then(
        (nextMs) => {
          this.#isSending = false
          this.#beat(this.#isDueAgain ? 0 : nextMs)
        },
        (error: unknown) => {
          this.#isSending = false
          this.#options.onFault(error)
        },
      )
    })
  }

  /** One heartbeat, or a registration; returns after which time the next one is due. */
  async #send(): Promise<number> {
    const { channel, heartbeatIntervalMs, metadataOffset, logger } = this.#options
    const retryMs = Math.min(heartbeatIntervalMs, retryMsMax)
    if (this.#isOutdated) {
      logger.log('info', 'the controller does not know all of this broker; it registers again')
      await this.#registerAgain()
      return this.#isOutdated ? retryMs : 0
    }
    const offlineLogDirs = [...this.#options.offlineLogDirs()]
    const cordonedLogDirs = this.#options.cordonedLogDirs()
    const request = brokerHeartbeat.request.create({
      brokerId: this.#options.registration().brokerId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: metadataOffset(),
      wantFence: !this.#isReady,
      wantShutDown: this.#standing === 'leaving',
      offlineLogDirs,
      cordonedLogDirs: cordonedLogDirs === null ? null : [...cordonedLogDirs],
    })
    try {
      const reply = await channel.brokerHeartbeat(request)
      this.#toldOf(offlineLogDirs)
      return this.#heard(reply, request.wantShutDown) ?? heartbeatIntervalMs
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === ErrorCode.STALE_BROKER_EPOCH && !this.#isStopped) {
        logger.log('warn', 'the controller no longer knows this broker; it registers again')
        await this.#registerAgain()
      } else logger.log('warn', 'a heartbeat was not answered', { code: error.code, reason: error.message })
      return retryMs
    }
  }

  /** Returns after which time the next heartbeat is due, where that is sooner than the interval. */
  #heard(reply: BrokerHeartbeatResponse, hasToldOfLeaving: boolean): number | undefined {
    if (this.#standing === 'leaving') return this.#heardWhileLeaving(reply, hasToldOfLeaving)
    const wasCatchingUp = !this.#hasCaughtUp
    this.#hasCaughtUp ||= reply.isCaughtUp
    if (reply.isFenced) {
      if (this.#standing === 'unfenced') this.#options.logger.log('warn', 'the controller has fenced this broker')
      this.#standing = 'fenced'
    } else {
      if (this.#standing === 'fenced') this.#options.logger.log('info', 'the controller has unfenced this broker')
      this.#standing = 'unfenced'
      this.#unfenced.resolve()
    }
    return wasCatchingUp ? catchingUpIntervalMs : undefined
  }

  #heardWhileLeaving({ shouldShutDown }: BrokerHeartbeatResponse, hasToldOfLeaving: boolean): number | undefined {
    this.#awaitAnswer()
    if (shouldShutDown) {
      this.#standing = 'gone'
      this.#left.resolve()
    }
    const isFirst = !this.#isKnownToLeave
    this.#isKnownToLeave = hasToldOfLeaving
    return isFirst ? leavingIntervalMs : undefined
  }

  async #registerNow(): Promise<void> {
    const { channel, registration } = this.#options
    // What becomes outdated from here on is for another time.
    this.#isOutdated = false
    const { brokerEpoch } = await channel.registerBroker(registration(), registrationVersion)
    this.#brokerEpoch = brokerEpoch
  }

  async #registerAgain(): Promise<void> {
    const { logger } = this.#options
    try {
      await this.#registerNow()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#isOutdated = true
      logger.log('warn', 'registering again failed', { code: error.code, reason: error.message })
    }
  }
}
