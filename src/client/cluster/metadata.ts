/**
 * Keeps the view of the cluster: asks when somebody needs to know, and when it has become old. One question is under way at a
 * time; whoever needs an answer waits for one that was begun after, or asks for what was heard `lately`. Between an answer and the next question passes `retryBackoffMs`,
 * unless it is about a topic that was not asked for before.
 */
import { type Clock, type Logger, type Timer, type Uuid, zeroUuid } from '../../base/index.ts'
import { ExponentialBackoff, type Peer, PeerError } from '../../peer/index.ts'
import { ErrorCode, type MetadataResponse, metadata } from '../../protocol/index.ts'
import type { ClientEnv } from '../client-env.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import { type BrokerView, ClusterView, type LeaderHint, type TopicView } from './cluster-view.ts'
import type { Connections } from './connections.ts'

export interface MetadataOptions {
  readonly env: ClientEnv
  readonly options: ConnectionOptions
  readonly connections: Connections
  /** Whether brokers may make a topic that is asked for (`allow.auto.create.topics`). */
  readonly makesTopics: boolean
  /** After so long a topic that nobody has asked for is forgotten (`metadata.max.idle.ms`). */
  readonly maxIdleMs: number
}

/** Errors of a topic that pass: it has just been made, or its leaders are being elected. */
const passing: ReadonlySet<number> = new Set([
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
])

const latelyMsMax = 100

const topicIdVersions = [12, metadata.versions[1]] as const

export class Metadata {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #options: MetadataOptions
  readonly #backoff: ExponentialBackoff
  /** By when somebody asked for them last. */
  readonly #wanted = new Map<string, number>()
  /** Who says what is wanted, each time that it is asked for. */
  readonly #sources = new Set<() => Iterable<string>>()
  /** What the last question was about. */
  #asked: ReadonlySet<string> = new Set()
  #wantsAll = false
  /** Topics that are known by their ids alone, and are to be known by name. */
  #unnamed = new Set<Uuid>()
  /** A topic is wanted that was never asked for: that question does not wait. */
  #isUrgent = true
  #view = ClusterView.empty
  #lastAnswerMs: number
  #lastFailure: PeerError | undefined
  /** A broker has said that those that are known are not to be asked (KIP-1102). */
  #isSentBack = false
  #asking: Promise<void> | undefined
  /** To be begun when the one that is under way has ended. */
  #following: Promise<void> | undefined
  #ageTimer: Timer | undefined
  readonly #closing = Promise.withResolvers<never>()
  #isClosed = false
  readonly #listeners = new Set<() => void>()

  constructor(options: MetadataOptions) {
    const { env, options: connection } = options
    this.#options = options
    this.#clock = env.clock
    this.#logger = env.logger.child('metadata')
    this.#lastAnswerMs = env.clock.monotonic()
    this.#backoff = new ExponentialBackoff(
      { initialMs: connection.retryBackoffMs, maxMs: connection.retryBackoffMaxMs },
      env.random.stream('client-metadata'),
    )
    this.#closing.promise.catch(() => undefined)
  }

  get view(): ClusterView {
    return this.#view
  }

  /** Why whoever was asked last has not answered, if there was no answer since. */
  get lastFailure(): PeerError | undefined {
    return this.#lastFailure
  }

  /** Called whenever there is another view. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is known, or will be soon. Rejects with KafkaError: the topic's own, TIMED_OUT, or CLOSED. */
  async topic(name: string, deadline: Deadline): Promise<TopicView> {
    for (let failure: KafkaError | undefined; ; ) {
      this.want(name)
      const known = this.#view.topics.get(name)
      if (known !== undefined) return known
      if (deadline.isOver) throw deadline.error(failure)
      await deadline.within(this.update(), () => this.#lastFailure ?? failure)
      const told = this.failureOf(name)
      failure = told?.error
      if (told?.isPassing === false) throw failure
    }
  }

  /** Why a topic that was asked for is not there, as the last answer said. */
  failureOf(name: string): { readonly error: KafkaError; readonly isPassing: boolean } | undefined {
    const errorCode = this.#view.failed.get(name)
    if (errorCode === undefined) return undefined
    return { error: KafkaError.of(errorCode, `topic '${name}'`), isPassing: passing.has(errorCode) }
  }

  /** Waits until some broker has answered. */
  async cluster(deadline: Deadline): Promise<ClusterView> {
    while (this.#view.brokers.size === 0) await deadline.within(this.update(), () => this.#lastFailure)
    return this.#view
  }

  want(name: string): void {
    if (!this.#wanted.has(name)) this.#isUrgent = true
    this.#wanted.set(name, this.#clock.monotonic())
  }

  /** What `names` gives is wanted for as long as it gives it. Returns what ends that. */
  wantedBy(names: () => Iterable<string>): () => void {
    this.#sources.add(names)
    return () => this.#sources.delete(names)
  }

  /** Whether all topics are asked for, from the next question on. */
  wantAll(wantsAll = true): void {
    this.#wantsAll = wantsAll
  }

  /** These, and no others, are asked for by their ids; those that are there are known by name behind that, for as long as they are wanted. */
  wantIds(ids: readonly Uuid[]): void {
    const isNew = ids.some((id) => !this.#unnamed.has(id))
    this.#unnamed = new Set(ids)
    if (!isNew || this.#isClosed) return
    this.#isUrgent = true
    this.update().catch(() => undefined)
  }

  /** What the answers to other requests say of leaders (KIP-951). */
  hint(hints: readonly LeaderHint[], endpoints: readonly BrokerView[]): void {
    this.#see(this.#view.withLeaders(hints, endpoints))
  }

  /**
   * Resolves with the next answer to a question that is asked from now on. Rejects with KafkaError: CLOSED, or that a broker does not let
   * this client in, which more attempts would not change.
   */
  update(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed())
    if (this.#asking === undefined) return this.#ask()
    this.#following ??= this.#asking.then(
      () => this.#ask(),
      (error: unknown) => {
        this.#following = undefined
        throw error
      },
    )
    return this.#following
  }

  /** As `update`, but that what was heard a moment ago of topics that are there is good enough: nobody would be asked again so soon. */
  async lately(names: Iterable<string>): Promise<void> {
    const ageMs = this.#clock.monotonic() - this.#lastAnswerMs
    const isKnown = [...names].every((name) => this.#view.topics.has(name))
    if (!isKnown || ageMs >= latelyMsMax) await this.update()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#ageTimer?.cancel()
    this.#closing.reject(closed())
    this.#listeners.clear()
  }

  #ask(): Promise<void> {
    this.#following = undefined
    const asking = Promise.race([this.#askUntilAnswered(), this.#closing.promise]).finally(() => {
      this.#asking = undefined
    })
    this.#asking = asking
    return asking
  }

  #names(): ReadonlySet<string> {
    const names = new Set(this.#wanted.keys())
    for (const source of this.#sources) for (const name of source()) names.add(name)
    return names
  }

  /** There is a topic that the last question was not about. */
  get #hasNews(): boolean {
    return !this.#wantsAll && [...this.#names()].some((name) => !this.#asked.has(name))
  }

  async #askUntilAnswered(): Promise<void> {
    const { connections, options } = this.#options
    const restMs = this.#lastAnswerMs + options.retryBackoffMs - this.#clock.monotonic()
    if (!this.#isUrgent && restMs > 0 && !this.#hasNews) await connections.rest(restMs)
    this.#isUrgent = false
    for (let attempts = 0; !this.#isClosed; attempts++) {
      if (attempts > 0) await connections.rest(this.#backoff.backoffMs(attempts - 1))
      for (const peer of await this.#candidates()) {
        if (this.#isClosed || (await this.#answered(peer))) return
        if (this.#isSentBack && attempts === 0) break
      }
    }
  }

  /** All that are known, and behind them, or where nobody was heard of for long, the servers that were given at first. */
  async #candidates(): Promise<readonly Peer[]> {
    if (this.#isClosed) return []
    const { connections, options } = this.#options
    const silentMs = this.#clock.monotonic() - this.#lastAnswerMs
    const known = connections.candidates(this.#view)
    if (known.length > 0 && options.metadataRecoveryStrategy === 'none') return known
    const bootstrap = await connections.bootstrapCandidates()
    const isFirst = this.#isSentBack || silentMs > options.metadataRecoveryRebootstrapTriggerMs
    return isFirst ? [...bootstrap, ...known] : [...known, ...bootstrap]
  }

  async #answered(peer: Peer): Promise<boolean> {
    const timeoutMs = this.#options.options.requestTimeoutMs
    try {
      const response = await peer.send(metadata, this.#request(), { timeoutMs })
      if (response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) this.#isSentBack = true
      if (response.errorCode !== ErrorCode.NONE || response.brokers.length === 0) return false
      this.#take(response, await this.#askById(peer))
      return true
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      this.#lastFailure = error
      if (!this.#isClosed)
        this.#logger.log('warn', 'a broker does not tell about the cluster', { reason: error.message })
      return false
    }
  }

  /** Brokers look at ids or at names, not at both. Undefined: nothing is asked, or nothing was heard. */
  async #askById(peer: Peer): Promise<MetadataResponse | undefined> {
    if (this.#unnamed.size === 0) return undefined
    const topics = [...this.#unnamed].map((topicId) => ({ name: null, topicId }))
    const request = metadata.request.create({ topics, allowAutoTopicCreation: false })
    const limits = { timeoutMs: this.#options.options.requestTimeoutMs, versions: topicIdVersions }
    try {
      return await peer.send(metadata, request, limits)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      this.#logger.log('warn', 'a broker does not tell of topics by their ids', { reason: error.message })
      return undefined
    }
  }

  #request() {
    const { makesTopics } = this.#options
    const names = this.#names()
    this.#asked = names
    const topics = this.#wantsAll ? null : [...names].map((name) => ({ name, topicId: zeroUuid }))
    return metadata.request.create({ topics, allowAutoTopicCreation: makesTopics })
  }

  #take(response: MetadataResponse, byId: MetadataResponse | undefined): void {
    const { options, connections, maxIdleMs } = this.#options
    const nowMs = this.#clock.monotonic()
    this.#lastAnswerMs = nowMs
    this.#isSentBack = false
    this.#lastFailure = undefined
    for (const [name, askedMs] of this.#wanted) if (nowMs - askedMs > maxIdleMs) this.#wanted.delete(name)
    const names = this.#names()
    const view = this.#view.after(response, (name) => !this.#wantsAll && names.has(name))
    for (const { name, topicId, errorCode } of byId?.topics ?? []) {
      if (name === null || errorCode !== ErrorCode.NONE) continue
      this.#unnamed.delete(topicId)
    }
    this.#see(byId === undefined ? view : view.after(byId, () => true))
    connections.settle(this.#view)
    this.#ageTimer?.cancel()
    // What is wanted and not there yet may come at any time.
    const isAwaited = [...this.#view.failed].some(([name, errorCode]) => names.has(name) && passing.has(errorCode))
    const nextMs = isAwaited || this.#unnamed.size > 0 ? options.retryBackoffMaxMs : options.metadataMaxAgeMs
    this.#askAfter(nextMs)
  }

  #askAfter(ms: number): void {
    if (this.#isClosed) return
    this.#ageTimer = this.#clock.after(ms, () => {
      this.update().catch(() => {
        this.#askAfter(this.#options.options.metadataMaxAgeMs)
      })
    })
  }

  #see(view: ClusterView): void {
    if (view === this.#view) return
    this.#view = view
    for (const listener of this.#listeners) listener()
  }
}

const closed = (): KafkaError => new KafkaError('CLOSED', 'the client is closed')
