/**
 * Fetches what one other broker leads and this one follows: one request after the other, over one connection, in one session
 * (KIP-227). Each reply is appended where it was received. The shell around `followed-partition.ts`; off nobody's path, but what
 * it costs is paid for each byte that is replicated.
 */
import { ApiError, type Clock, type Logger, type Timer } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  type AskedPartition,
  FetchSessionClient,
  type Peer,
  type PeerAddress,
  PeerError,
  type Peers,
} from '../peer/index.ts'
import { ErrorCode, type FetchResponse, fetch, listOffsets } from '../protocol/index.ts'
import type { FollowedPartition, LeaderSide } from './followed-partition.ts'

/** `replica.fetch.*` and `replica.socket.timeout.ms`. */
export interface FetcherSettings {
  readonly waitMsMax: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly backoffMs: number
  readonly timeoutMs: number
}

export const fetcherSettings = (config: BrokerConfig): FetcherSettings => ({
  waitMsMax: config.number('replica.fetch.wait.max.ms'),
  minBytes: config.number('replica.fetch.min.bytes'),
  maxBytes: config.number('replica.fetch.response.max.bytes'),
  partitionMaxBytes: config.number('replica.fetch.max.bytes'),
  backoffMs: config.number('replica.fetch.backoff.ms'),
  timeoutMs: config.number('replica.socket.timeout.ms'),
})

export interface FetcherOptions {
  readonly nodeId: number
  /** Of this broker, as the controller gave it. */
  readonly ownEpoch: () => number
  readonly leaderId: number
  /** Undefined while the leader is not known, or does not listen where brokers do. */
  readonly address: () => PeerAddress | undefined
  readonly peers: Peers
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: () => FetcherSettings
  readonly onFault: (error: unknown) => void
}

interface Asked {
  readonly topicId: FollowedPartition['topicId']
  readonly asked: AskedPartition
  readonly followed: FollowedPartition
}

/** Topics by id, and what diverges is told with the answer. */
const fetchVersions = [13, 18] as const
/** Between two looks at whether this broker is registered. */
const unregisteredMs = 50
const latest = -1n
const earliest = -2n

const sessionErrors = new Set<number>([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
])

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #followed = new Map<string, FollowedPartition>()
  readonly #session = new FetchSessionClient()
  /** When the first of those may be fetched that the last request leaves out. */
  #heldUntilMs = Number.POSITIVE_INFINITY
  #line: { readonly address: PeerAddress; readonly peer: Peer } | undefined
  #trouble: string | undefined
  #isRunning = false
  #isClosed = false
  #sleep: { readonly timer: Timer | undefined; readonly wake: () => void } | undefined

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#followed.size
  }

  add(followed: FollowedPartition): void {
    this.#followed.set(followed.key, followed)
    this.wake()
    if (this.#isRunning) return
    this.#isRunning = true
    this.#run().catch(this.#options.onFault)
  }

  /** Resolves when nothing is done with it any more. */
  async remove(followed: FollowedPartition): Promise<void> {
    if (this.#followed.get(followed.key) === followed) this.#followed.delete(followed.key)
    await followed.end()
  }

  /** What held a partition back may be over. */
  wake(): void {
    const sleep = this.#sleep
    this.#sleep = undefined
    sleep?.timer?.cancel()
    sleep?.wake()
  }

  /** Resolves when nothing is done any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#line?.peer.close()
    this.wake()
    await Promise.all([...this.#followed.values()].map((it) => it.end()))
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const wanted = this.#wanted()
      if (wanted.size > 0) await this.#fetch(wanted)
      else await this.#rest()
    }
  }

  /** Nothing before this broker is registered: leaders would take it for its former life. */
  #wanted(): ReadonlyMap<string, Asked> {
    if (this.#options.ownEpoch() < 0) return new Map()
    const nowMs = this.#options.clock.monotonic()
    const { partitionMaxBytes } = this.#options.settings()
    const wanted = new Map<string, Asked>()
    this.#heldUntilMs = Number.POSITIVE_INFINITY
    for (const [key, followed] of this.#followed) {
      const { readyMs = Number.POSITIVE_INFINITY, topicId } = followed
      if (readyMs > nowMs) {
        this.#heldUntilMs = Math.min(this.#heldUntilMs, readyMs)
        continue
      }
      if (followed.isThrottled) continue
      wanted.set(key, { topicId, asked: followed.asked(partitionMaxBytes), followed })
    }
    return wanted
  }

  /** Until a back-off is over, or something is new. */
  #rest(): Promise<void> {
    const { clock, ownEpoch } = this.#options
    const isEarly = ownEpoch() < 0
    const next = isEarly ? clock.monotonic() + unregisteredMs : this.#nextReadyMs()
    return new Promise((wake) => {
      const isTimed = Number.isFinite(next)
      const timer = isTimed ? clock.after(Math.max(0, next - clock.monotonic()), () => this.wake()) : undefined
      this.#sleep = { timer, wake }
    })
  }

  /** A throttle is looked at again after as long as Kafka waits with nothing to fetch. */
  #nextReadyMs(): number {
    let next = Number.POSITIVE_INFINITY
    const throttledUntilMs = this.#options.clock.monotonic() + this.#options.settings().backoffMs
    for (const { readyMs = next, isThrottled } of this.#followed.values()) {
      next = Math.min(next, isThrottled ? Math.max(readyMs, throttledUntilMs) : readyMs)
    }
    return next
  }

  async #fetch(wanted: ReadonlyMap<string, Asked>): Promise<void> {
    const { nodeId, ownEpoch, settings } = this.#options
    const { waitMsMax, minBytes, maxBytes, timeoutMs } = settings()
    try {
      // Another way to the leader begins another session, which the request has to know.
      const peer = this.#peer()
      const heldMs = this.#heldUntilMs - this.#options.clock.monotonic()
      const request = fetch.request.create({
        replicaState: { replicaId: nodeId, replicaEpoch: ownEpoch() },
        replicaId: nodeId,
        maxWaitMs: Math.max(1, Math.min(waitMsMax, Math.ceil(heldMs))),
        minBytes,
        maxBytes,
        isolationLevel: 0,
        ...this.#session.request(wanted),
      })
      const take = (response: FetchResponse): (Promise<void> | undefined)[] => this.#take(response, wanted)
      // Whatever waits for the disk is waited for: memory is bounded by one reply.
      await Promise.all(await peer.send(fetch, request, { timeoutMs, versions: fetchVersions, take }))
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      if (!this.#isClosed) this.#unreachable(error, wanted)
    }
  }

  #unreachable({ message: reason }: PeerError, wanted: ReadonlyMap<string, Asked>): void {
    const { logger, leaderId } = this.#options
    this.#session.reset()
    if (this.#trouble !== reason) logger.log('warn', 'a leader cannot be fetched from', { leader: leaderId, reason })
    this.#trouble = reason
    for (const { followed } of wanted.values()) followed.delay()
  }

  #take(response: FetchResponse, wanted: ReadonlyMap<string, Asked>): (Promise<void> | undefined)[] {
    const { errorCode, sessionId, responses } = response
    this.#trouble = undefined
    if (errorCode !== ErrorCode.NONE) {
      this.#refused(errorCode, wanted)
      return []
    }
    this.#session.answered(sessionId)
    return responses.flatMap(({ topicId, partitions }) =>
      partitions.map((data) => {
        const it = wanted.get(`${topicId}${data.partitionIndex}`)
        return it?.followed.take(it.asked, data, this.#leader)
      }),
    )
  }

  /** The session has gone: the next request begins another at once. */
  #refused(code: number, wanted: ReadonlyMap<string, Asked>): void {
    const { logger, leaderId } = this.#options
    if (code === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#session.forget()
    else this.#session.reset()
    if (sessionErrors.has(code)) return
    logger.log('warn', 'a leader has refused a fetch', { leader: leaderId, code })
    for (const { followed } of wanted.values()) followed.delay()
  }

  readonly #leader: LeaderSide = {
    start: (followed) => this.#offsetOf(followed, earliest),
    end: (followed) => this.#offsetOf(followed, latest),
    sayAgain: () => this.#session.reset(),
  }

  async #offsetOf({ partition, leaderEpoch, leaderId }: FollowedPartition, timestamp: bigint): Promise<number> {
    const { nodeId, settings } = this.#options
    const asked = { partitionIndex: partition.partitionId, currentLeaderEpoch: leaderEpoch, timestamp }
    const topics = [{ name: partition.topic, partitions: [asked] }]
    const request = listOffsets.request.create({ replicaId: nodeId, topics })
    try {
      const response = await this.#peer().send(listOffsets, request, { timeoutMs: settings().timeoutMs })
      const reply = response.topics[0]?.partitions[0]
      const code = reply?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
      if (reply === undefined || code !== ErrorCode.NONE) throw new ApiError(code, `broker ${leaderId} does not say`)
      return reply.offset
    } catch (error) {
      if (error instanceof PeerError) throw new ApiError(ErrorCode.NETWORK_EXCEPTION, error.message)
      throw error
    }
  }

  /** Throws PeerError where nobody knows its address. */
  #peer(): Peer {
    const address = this.#options.address()
    if (address === undefined) {
      const reason = `broker ${this.#options.leaderId} is not known to listen for brokers`
      throw new PeerError(reason, { failure: 'unreachable', wasSent: false })
    }
    const line = this.#line
    if (line?.address.host === address.host && line.address.port === address.port) return line.peer
    line?.peer.close()
    this.#session.forget()
    const peer = this.#options.peers.to(address)
    this.#line = { address, peer }
    return peer
  }
}
