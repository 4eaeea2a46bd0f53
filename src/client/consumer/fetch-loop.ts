/**
 * Fetches ahead what is assigned: from each broker one answer at a time, of all partitions that it leads, or that are nearer there, and of
 * which not too much waits already. Decides where a partition stands after each answer; what that means for the application is the
 * consumer's business.
 */
import type { Clock, Logger, TraceChannel } from '../../base/index.ts'
import { zeroUuid } from '../../base/index.ts'
import { type AskedPartition, type ExponentialBackoff, FetchSessionClient, PeerError } from '../../peer/index.ts'
import { ErrorCode, type FetchResponse, fetch, retriableErrors } from '../../protocol/index.ts'
import type { FetchTrace } from '../client-trace.ts'
import { type BrokerView, brokerView } from '../cluster/cluster-view.ts'
import { type Connections, fetchedBytesMax } from '../cluster/connections.ts'
import { ledElsewhere } from '../cluster/led-elsewhere.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { isRefusal, KafkaError } from '../kafka-error.ts'
import { Pump } from '../pump.ts'
import type { AssignedPartition, Position } from './assigned-partition.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { FetchedBatches } from './fetched-batches.ts'

export interface FetchLoopOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: ConsumerSettings
  readonly requestTimeoutMs: number
  readonly metadataMaxAgeMs: number
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  /** Told of each fetch. */
  readonly trace: TraceChannel<FetchTrace> | undefined
  /** All that is assigned now. */
  readonly assigned: () => Iterable<AssignedPartition>
  /** It may have been given up while it was asked for. */
  readonly isAssigned: (partition: AssignedPartition) => boolean
  /** There is something to hand out, or nothing for the application up to its end. */
  readonly received: (partition: AssignedPartition, fetched: FetchedBatches) => void
  /** There is nothing at its position: it was deleted, or never written. */
  readonly outOfRange: (partition: AssignedPartition) => void
  /** The log of its leader has left that which was read: up to `end` both are the same. */
  readonly diverged: (partition: AssignedPartition, end: Position) => void
  /** It cannot be read, and asking again does not help. */
  readonly failed: (partition: AssignedPartition, error: KafkaError) => void
}

type Told = FetchResponse['responses'][number]['partitions'][number]

interface Asked {
  readonly topicId: string & AskedTopicId
  readonly topic: string
  readonly asked: AskedPartition
  readonly partition: AssignedPartition
  readonly jumps: number
}

type AskedTopicId =
  Parameters<FetchSessionClient['request']>[0] extends ReadonlyMap<string, { topicId: infer I }> ? I : never

/** Before topics were named by their ids. */
const namedVersions = [fetch.versions[0], 12] as const

const ofSession: ReadonlySet<number> = new Set([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
])

export class FetchLoop {
  readonly #options: FetchLoopOptions
  readonly #sessions = new Map<number, FetchSessionClient>()
  /** What each broker was last asked for, in its session. */
  readonly #askedLast = new Map<number, ReadonlyMap<string, Asked>>()
  /** Brokers that have not answered yet. */
  readonly #asking = new Set<number>()
  readonly #pump: Pump
  /** A broker does not let this client in: nothing is tried until the application asks again. */
  #isRefused = false
  #isClosed = false

  constructor(options: FetchLoopOptions) {
    this.#options = options
    this.#pump = new Pump(options.clock, () => this.#decide())
  }

  /** Something has changed: what is assigned, where it is, what waits. */
  wake(): void {
    this.#pump.wake()
  }

  /** The application asks for records. */
  asked(): void {
    if (!this.#isRefused) return
    this.#isRefused = false
    this.wake()
  }

  close(): void {
    this.#isClosed = true
    this.#pump.close()
  }

  /** Returns when to look again. */
  #decide(): number {
    if (this.#isRefused) return Number.POSITIVE_INFINITY
    const nowMs = this.#options.clock.monotonic()
    const byBroker = new Map<number, Map<string, Asked>>()
    const all = [...this.#options.assigned()]
    const left = this.#roomIn(all)
    let wakeMs = Number.POSITIVE_INFINITY
    for (const partition of wanted(all, left)) {
      if (partition.retryFromMs > nowMs) {
        wakeMs = Math.min(wakeMs, partition.retryFromMs)
        continue
      }
      const broker = this.#brokerOf(partition, nowMs)
      if (broker === undefined) this.#askForLeaders()
      else if (!this.#asking.has(broker.id)) this.#ask(byBroker, broker, partition)
    }
    // Each answer may bring its share of what there is room for, or one batch.
    const { fetchMaxBytes, prefetchBytes } = this.#options.settings
    const share = Math.min(left / (byBroker.size + this.#asking.size), prefetchBytes / answersAhead)
    const maxBytes = Math.max(1, Math.min(fetchMaxBytes, Math.floor(share)))
    for (const [brokerId, asked] of byBroker) void this.#fetch(brokerId, asked, maxBytes)
    return wakeMs
  }

  /** Bytes that may be fetched ahead. */
  #roomIn(all: readonly AssignedPartition[]): number {
    let left = this.#options.settings.prefetchBytes
    for (const { bufferedBytes } of all) left -= bufferedBytes
    return left
  }

  #brokerOf(partition: AssignedPartition, nowMs: number): BrokerView | undefined {
    const { view } = this.#options.metadata
    const { preferredReplica: preferred, topic, partition: index } = partition
    if (preferred !== undefined && preferred.untilMs > nowMs) {
      const broker = view.brokers.get(preferred.brokerId)
      if (broker !== undefined) return broker
    }
    partition.preferredReplica = undefined
    const leaderId = view.partition(topic, index)?.leaderId
    return leaderId === undefined ? undefined : view.brokers.get(leaderId)
  }

  #ask(byBroker: Map<number, Map<string, Asked>>, { id }: BrokerView, partition: AssignedPartition): void {
    const { topic, partition: index, fetchFrom, jumps } = partition
    const { view } = this.#options.metadata
    if (fetchFrom === undefined) return
    const topicId = view.topics.get(topic)?.id ?? zeroUuid
    const asked = {
      partition: index,
      currentLeaderEpoch: view.partition(topic, index)?.leaderEpoch ?? -1,
      fetchOffset: fetchFrom.offset,
      lastFetchedEpoch: fetchFrom.leaderEpoch,
      logStartOffset: -1,
      partitionMaxBytes: this.#options.settings.maxPartitionFetchBytes,
      replicaDirectoryId: zeroUuid,
      highWatermark: 2n ** 63n - 1n,
    }
    const partitions = byBroker.get(id) ?? new Map<string, Asked>()
    partitions.set(`${topic} ${index}`, { topicId, topic, asked, partition, jumps })
    byBroker.set(id, partitions)
  }

  #askForLeaders(): void {
    this.#options.metadata.update().then(
      () => this.wake(),
      (error: unknown) => this.#refusedBy(error),
    )
  }

  async #fetch(brokerId: number, asked: ReadonlyMap<string, Asked>, maxBytes: number): Promise<void> {
    const { metadata, connections, settings, requestTimeoutMs } = this.#options
    const session = this.#sessionWith(brokerId, asked)
    this.#asking.add(brokerId)
    const sinceMs = this.#options.trace?.hasSubscribers === true ? this.#options.clock.monotonic() : undefined
    const told = { brokerId, partitions: asked.size, sinceMs }
    for (const { partition, asked: it } of asked.values()) partition.fetchingFrom = it.fetchOffset
    try {
      const broker = metadata.view.brokers.get(brokerId)
      if (broker === undefined) throw new KafkaError('NETWORK', `broker ${brokerId} is not known`)
      const hasIds = [...asked.values()].every(({ topicId }) => topicId !== zeroUuid)
      const request = fetch.request.create({
        maxWaitMs: settings.fetchMaxWaitMs,
        minBytes: settings.fetchMinBytes,
        maxBytes,
        isolationLevel: settings.isolationLevel === 'read_committed' ? 1 : 0,
        rackId: settings.clientRack,
        ...session.request(asked),
      })
      const response = await connections.to(broker, 'fetch').send(fetch, request, {
        timeoutMs: requestTimeoutMs,
        replyBytesMax: fetchedBytesMax,
        ...(!hasIds && { versions: namedVersions }),
      })
      this.#tell(told, { bytes: bytesOf(response), error: undefined })
      this.#answered(session, asked, response)
    } catch (error) {
      this.#tell(told, { bytes: 0, error: error instanceof Error ? error : undefined })
      session.reset()
      this.#unanswered(asked, error)
    } finally {
      this.#asking.delete(brokerId)
      for (const { partition } of asked.values()) partition.fetchingFrom = undefined
      this.wake()
    }
  }

  /** A broker does not say again what it has said in its session: who has not heard that, as it was not there, begins another one. */
  #sessionWith(brokerId: number, asked: ReadonlyMap<string, Asked>): FetchSessionClient {
    const session = this.#sessions.get(brokerId) ?? new FetchSessionClient()
    this.#sessions.set(brokerId, session)
    const last = this.#askedLast.get(brokerId)
    this.#askedLast.set(brokerId, asked)
    for (const [name, { partition }] of asked) {
      const before = last?.get(name)
      if (before !== undefined && before.partition !== partition) session.reset()
    }
    return session
  }

  #tell(
    { sinceMs, ...of }: Pick<FetchTrace, 'brokerId' | 'partitions'> & { readonly sinceMs: number | undefined },
    outcome: Pick<FetchTrace, 'bytes' | 'error'>,
  ): void {
    const { trace, clock } = this.#options
    if (sinceMs !== undefined) trace?.publish({ ...of, ...outcome, ms: clock.monotonic() - sinceMs })
  }

  #unanswered(asked: ReadonlyMap<string, Asked>, error: unknown): void {
    if (this.#isClosed) return
    const reason = error instanceof Error ? error.message : String(error)
    const isOfBroker = error instanceof PeerError || error instanceof KafkaError
    this.#options.logger.log(isOfBroker ? 'warn' : 'error', 'a broker cannot be fetched from', { reason })
    for (const { partition } of asked.values()) {
      partition.preferredReplica = undefined
      this.#delay(partition)
    }
    if (!this.#refusedBy(error)) this.#askForLeaders()
  }

  /** Whether it is that: then the application is told. */
  #refusedBy(error: unknown): boolean {
    if (this.#isClosed || !isRefusal(error)) return false
    this.#isRefused = true
    for (const partition of this.#options.assigned()) this.#options.failed(partition, error)
    return true
  }

  #delay(partition: AssignedPartition): void {
    partition.retryFromMs = this.#options.clock.monotonic() + this.#options.backoff.backoffMs(0)
  }

  #answered(session: FetchSessionClient, asked: ReadonlyMap<string, Asked>, response: FetchResponse): void {
    if (this.#isClosed) return
    const { errorCode, sessionId, responses, nodeEndpoints } = response
    if (ofSession.has(errorCode)) {
      session.forget()
      return
    }
    if (errorCode !== ErrorCode.NONE) throw KafkaError.of(errorCode, 'a fetch')
    session.answered(sessionId)
    const names = new Map([...asked.values()].map(({ topicId, topic }) => [topicId, topic]))
    const endpoints = nodeEndpoints.map(brokerView)
    for (const { topic, topicId, partitions } of responses) {
      const name = topicId === zeroUuid ? topic : names.get(topicId)
      for (const told of partitions) {
        const ours = name === undefined ? undefined : asked.get(`${name} ${told.partitionIndex}`)
        // Who has jumped meanwhile wants something else, but has to be told again; or the session is not what it is taken for.
        if (ours === undefined || ours.jumps !== ours.partition.jumps) session.reset()
        else if (this.#options.isAssigned(ours.partition)) this.#take(ours, told, endpoints)
      }
    }
  }

  #take({ partition, asked }: Asked, told: Told, endpoints: readonly BrokerView[]): void {
    const { errorCode, preferredReadReplica, currentLeader, divergingEpoch } = told
    if (errorCode !== ErrorCode.NONE) {
      const { leaderId, leaderEpoch } = currentLeader
      const { topic, partition: index } = partition
      if (leaderId >= 0) this.#options.metadata.hint([{ topic, partition: index, leaderId, leaderEpoch }], endpoints)
      this.#refused(partition, errorCode)
    } else if (preferredReadReplica >= 0) {
      const untilMs = this.#options.clock.monotonic() + this.#options.metadataMaxAgeMs
      partition.preferredReplica = { brokerId: preferredReadReplica, untilMs }
      if (!this.#options.metadata.view.brokers.has(preferredReadReplica)) {
        this.#delay(partition)
        this.#askForLeaders()
      }
    } else if (divergingEpoch.endOffset >= 0) {
      const { endOffset: offset, epoch: leaderEpoch } = divergingEpoch
      this.#delay(partition)
      this.#options.diverged(partition, { offset, leaderEpoch })
    } else this.#keep(partition, asked, told)
  }

  #keep(partition: AssignedPartition, { fetchOffset }: AskedPartition, told: Told): void {
    const { topic, partition: index, fetchFrom } = partition
    const { settings } = this.#options
    const { records, highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = told
    Object.assign(partition, { highWatermark, lastStableOffset, logStartOffset })
    if (!(records instanceof Uint8Array) || records.length === 0 || fetchFrom?.offset !== fetchOffset) return
    try {
      const fetched = new FetchedBatches({
        topic,
        partition: index,
        bytes: records,
        from: fetchFrom,
        highWatermark,
        aborted: settings.isolationLevel === 'read_committed' ? (abortedTransactions ?? []) : undefined,
        checkCrcs: settings.checkCrcs,
        bytesMax: decompressedBytesMax,
      })
      this.#options.received(partition, fetched)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#delay(partition)
      this.#options.failed(partition, error)
    }
  }

  #refused(partition: AssignedPartition, errorCode: number): void {
    const { topic, partition: index } = partition
    this.#delay(partition)
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && partition.preferredReplica === undefined) {
      // What was fetched before is handed out first.
      if (!partition.hasFetched && partition.isBetweenBatches) this.#options.outOfRange(partition)
      return
    }
    // A follower may not have it yet: its leader knows.
    partition.preferredReplica = undefined
    if (ledElsewhere.has(errorCode)) this.#askForLeaders()
    else if (!retriableErrors.has(errorCode) && errorCode !== ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#options.failed(partition, KafkaError.of(errorCode, `${topic}-${index}`))
    }
  }
}

const bytesOf = ({ responses }: FetchResponse): number =>
  responses
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, { records }) => sum + (records instanceof Uint8Array ? records.length : 0), 0)

/**
 * Those that are to be fetched now, if somebody has them. What waits is handed out first: there is room again when half of it is gone. Where
 * there is nothing to hand out, whatever waits, those of which nothing is here are fetched, a batch at a time.
 */
function* wanted(all: readonly AssignedPartition[], left: number): Iterable<AssignedPartition> {
  const buffered = all.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
  const isHandedOut = all.some(({ isPaused, hasFetched }) => hasFetched && !isPaused)
  if (isHandedOut && left < buffered) return
  for (const partition of all) {
    if (partition.fetchFrom === undefined || partition.isPaused || partition.fetchingFrom !== undefined) continue
    if (left > 0 || !partition.hasFetched) yield partition
  }
}

/**
 * Of what may wait, each is at most one of so many parts. Memory of an answer is free when all of it has been handed out, and V8 has
 * looked: where answers are half of what may wait they live long enough to be taken for lasting (measured: 1 KB records at 1 GB/s take
 * 150 MB with quarters, up to 370 MB with halves, at the same speed).
 */
const answersAhead = 4

/** Of one batch: what a producer may have packed into `max.message.bytes`. */
const decompressedBytesMax = 1024 * 1024 * 1024
