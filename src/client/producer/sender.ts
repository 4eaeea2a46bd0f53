/**
 * Sends what the accumulator holds: from each partition at most one batch in a request, to whoever leads it; sends again what may
 * succeed later; gives up what has taken too long. All that decides is in `#decide`, which runs once for all that happens in a turn.
 *
 * With idempotence a batch keeps its place in the sequence of its partition however often it is sent, and nothing overtakes it. Where
 * the sequence is broken (a batch was given up, or the broker has forgotten what came before), it begins anew in another epoch, when
 * nothing of the partition is in flight.
 */
import { assert, type Clock, type Logger, type TraceChannel, type Uuid, zeroUuid } from '../../base/index.ts'
import { type ExponentialBackoff, PeerError, UnsupportedVersionError } from '../../peer/index.ts'
import { ErrorCode, type ProduceResponse, produce, retriableErrors } from '../../protocol/index.ts'
import type { BatchTrace } from '../client-trace.ts'
import { brokerView } from '../cluster/cluster-view.ts'
import type { Connections } from '../cluster/connections.ts'
import { ledElsewhere } from '../cluster/led-elsewhere.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { isRefusal, KafkaError } from '../kafka-error.ts'
import { Pump } from '../pump.ts'
import type { Accumulator } from './accumulator.ts'
import { BrokerLoad } from './broker-load.ts'
import { Flush } from './flush.ts'
import type { Identity } from './identity.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { PendingBatch } from './pending-batch.ts'
import type { ProducerSettings } from './producer-options.ts'

export interface SenderOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: ProducerSettings
  readonly requestTimeoutMs: number
  readonly connections: Connections
  readonly metadata: Metadata
  readonly accumulator: Accumulator
  /** Undefined without idempotence. */
  readonly identity: Identity | undefined
  readonly backoff: ExponentialBackoff
  /** Told of each batch that is done. */
  readonly trace: TraceChannel<BatchTrace> | undefined
}

interface Sent {
  readonly queue: PartitionQueue
  readonly batch: PendingBatch
  /** As the request names the topic. */
  readonly topicId: Uuid
}

interface Outgoing {
  readonly sent: Sent[]
  sizeInBytes: number
}

type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number]

/** Before topics were named by their ids. */
const namedVersions = [produce.versions[0], 12] as const

/** Of one partition, with idempotence: the broker knows so many. */
const inFlightOfPartitionMax = 5

/** The broker does not have what comes before this batch, or no longer knows that it has it. */
const outOfSequence: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
])

/** Errors that come instead of an append. All others may come behind one: who leads no more, for one, does not know what becomes of it. */
const notAppended: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
])

export class Sender {
  readonly #options: SenderOptions
  readonly #load = new BrokerLoad()
  readonly #pump: Pump
  #isClosed = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#pump = new Pump(options.clock, () => this.#decide())
  }

  /** There is something new. */
  wake(): void {
    this.#pump.wake()
  }

  /** For so long a broker has not taken what there is for it. */
  heldMs(brokerId: number): number {
    return this.#load.heldMs(brokerId, this.#options.clock.monotonic())
  }

  /** Sends all that is there without lingering; resolves when all who wait for it are told, whatever comes meanwhile. */
  flush(): Promise<void> {
    const flush = new Flush()
    for (const { batches } of this.#options.accumulator.active) {
      for (const batch of batches) if (!batch.isGivenUp) batch.flush(flush)
    }
    this.wake()
    return flush.isOver
  }

  /** Gives up all that is left. */
  close(): void {
    this.#isClosed = true
    this.#pump.close()
    const { accumulator } = this.#options
    for (const queue of [...accumulator.active]) {
      for (const batch of [...queue.batches]) {
        accumulator.remove(queue, batch)
        const error = new KafkaError('CLOSED', 'the producer was closed before the record was acknowledged')
        queueMicrotask(() => batch.fail(() => error))
      }
    }
  }

  // ---- what is sent now

  /** Returns when to look again. */
  #decide(): number {
    const { accumulator, clock } = this.#options
    let wakeMs = Number.POSITIVE_INFINITY
    for (let isAgain = true; isAgain; ) {
      const nowMs = clock.monotonic()
      const requests = new Map<number, Outgoing>()
      wakeMs = Number.POSITIVE_INFINITY
      for (const queue of [...accumulator.active]) {
        this.#expire(queue, nowMs)
        wakeMs = Math.min(wakeMs, this.#offer(queue, nowMs, requests))
      }
      for (const [leaderId, { sent }] of requests) void this.#send(leaderId, sent)
      isAgain = requests.size > 0
    }
    this.#options.identity?.forgive()
    return wakeMs
  }

  /** Puts what can be sent of a partition into a request; returns when to look again, if nothing happens before. */
  #offer(queue: PartitionQueue, nowMs: number, requests: Map<number, Outgoing>): number {
    const { settings, metadata } = this.#options
    const batch = queue.next
    if (batch === undefined) return this.#expiryOf(queue)
    const leaderId = metadata.view.partition(queue.topic, queue.partition)?.leaderId
    const readyMs = this.#readyMs(queue, batch, leaderId)
    if (readyMs > nowMs) return Math.min(readyMs, this.#expiryOf(queue))
    if (!this.#mayFollow(queue, batch)) return this.#expiryOf(queue)
    if (leaderId === undefined || !metadata.view.brokers.has(leaderId)) {
      this.#askForLeaders()
      return this.#expiryOf(queue)
    }
    if (this.#load.inFlight(leaderId) >= settings.maxInFlightRequestsPerConnection) {
      this.#load.held(leaderId, nowMs)
      return this.#expiryOf(queue)
    }
    const request = requests.get(leaderId) ?? { sent: [], sizeInBytes: 0 }
    if (request.sent.length > 0 && request.sizeInBytes + batch.sizeInBytes > settings.maxRequestSize) {
      return this.#expiryOf(queue)
    }
    const bytes = this.#sealed(queue, batch)
    request.sizeInBytes += bytes.length
    request.sent.push({ queue, batch, topicId: metadata.view.topics.get(queue.topic)?.id ?? zeroUuid })
    requests.set(leaderId, request)
    return this.#expiryOf(queue)
  }

  /** From when on a batch may be sent. */
  #readyMs(queue: PartitionQueue, batch: PendingBatch, leaderId: number | undefined): number {
    if (batch.attempts > 0) return batch.retryFromMs
    const { settings, accumulator } = this.#options
    if (batch.isFull || queue.last !== batch || accumulator.isExhausted) return 0
    const isIdle = leaderId !== undefined && this.#load.inFlight(leaderId) === 0
    return isIdle && !settings.lingersWhenIdle ? 0 : batch.createdMs + settings.lingerMs
  }

  #expiryOf({ batches }: PartitionQueue): number {
    const first = batches.find(({ isGivenUp }) => !isGivenUp)
    return first === undefined ? Number.POSITIVE_INFINITY : first.createdMs + this.#options.settings.deliveryTimeoutMs
  }

  /** Whether the sequence of the partition lets it be sent now. */
  #mayFollow(queue: PartitionQueue, batch: PendingBatch): boolean {
    const { identity, settings } = this.#options
    // Who allows one request at a time wants his records in order, also where another broker leads meanwhile.
    if (identity === undefined) return settings.maxInFlightRequestsPerConnection > 1 || queue.inFlight === 0
    if (batch.sequence !== undefined) {
      if (!queue.isFirst(batch)) return false
      return !queue.isForgotten || (queue.inFlight === 0 && this.#beginAnew(queue, identity))
    }
    const { sequenced, inFlight, isBroken } = queue
    // What was split stands before those that came behind it, which the broker cannot have appended.
    if (sequenced > 0 && queue.isFirst(batch)) return inFlight === 0 && this.#beginAnew(queue, identity)
    // Those that wait to be sent again go first.
    const inFlightMax = queue.isBegun ? inFlightOfPartitionMax : 1
    if (sequenced > 0) return !isBroken && inFlight === sequenced && inFlight < inFlightMax
    return (
      (!isBroken && queue.identity !== undefined && queue.identity === identity.current) ||
      this.#beginAnew(queue, identity)
    )
  }

  /** The sequence of a partition of which nothing is in flight. False while there is nobody in whose name. */
  #beginAnew(queue: PartitionQueue, identity: Identity): boolean {
    if (queue.identity === identity.current) identity.renew()
    if (identity.current === undefined) {
      identity.ask()
      return false
    }
    queue.beginSequence(identity.current)
    return true
  }

  #sealed(queue: PartitionQueue, batch: PendingBatch): Buffer {
    const isFirstTime = batch.sequence === undefined && this.#options.identity !== undefined
    return isFirstTime ? batch.seal(queue.sequenceFor(batch)) : batch.seal()
  }

  #askForLeaders(): void {
    this.#options.metadata.update().then(
      () => this.wake(),
      (error: unknown) => this.#refuseAll(error),
    )
  }

  /** No broker lets this client in: what waits is told so. */
  #refuseAll(error: unknown): void {
    if (!isRefusal(error)) return
    const { accumulator } = this.#options
    for (const queue of [...accumulator.active]) {
      for (const batch of [...queue.batches]) {
        if (!batch.isInFlight) this.#refused({ queue, batch, topicId: zeroUuid }, error)
      }
    }
    this.wake()
  }

  // ---- what comes of it

  async #send(leaderId: number, sent: readonly Sent[]): Promise<void> {
    const { metadata, settings, clock, accumulator } = this.#options
    for (const { queue, batch } of sent) {
      accumulator.sent(queue)
      batch.isInFlight = true
      batch.attempts++
      batch.leaderEpoch = metadata.view.partition(queue.topic, queue.partition)?.leaderEpoch ?? -1
    }
    this.#load.sent(leaderId)
    try {
      const response = await this.#ask(leaderId, sent)
      this.#load.taken(leaderId)
      if (settings.acks === 0) for (const each of sent) this.#done(each, { baseOffset: -1, logAppendTimeMs: -1 })
      else this.#answered(sent, response)
    } catch (error) {
      this.#load.held(leaderId, clock.monotonic())
      this.#unanswered(sent, error)
    } finally {
      this.#load.ended(leaderId)
      this.wake()
    }
  }

  async #ask(leaderId: number, sent: readonly Sent[]): Promise<ProduceResponse> {
    const { metadata, connections, settings, requestTimeoutMs, clock } = this.#options
    const broker = metadata.view.brokers.get(leaderId)
    assert(broker !== undefined, 'batches are offered to brokers that are known')
    const { hasIds, request } = this.#request(sent)
    const peer = connections.to(broker, 'produce')
    if (peer.isOpen) this.#load.taken(leaderId)
    else this.#load.held(leaderId, clock.monotonic())
    return await peer.send(produce, request, {
      timeoutMs: requestTimeoutMs,
      isAnswered: settings.acks !== 0,
      ...(!hasIds && { versions: namedVersions }),
    })
  }

  #request(sent: readonly Sent[]) {
    const { settings, requestTimeoutMs } = this.#options
    const byTopic = Map.groupBy(sent, ({ queue }) => queue.topic)
    let hasIds = true
    const topicData = [...byTopic].map(([name, batches]) => {
      const topicId = batches[0]?.topicId ?? zeroUuid
      if (topicId === zeroUuid) hasIds = false
      const partitionData = batches.map(({ queue, batch }) => ({ index: queue.partition, records: batch.seal() }))
      return { name, topicId, partitionData }
    })
    return { hasIds, request: produce.request.create({ acks: settings.acks, timeoutMs: requestTimeoutMs, topicData }) }
  }

  #answered(sent: readonly Sent[], response: ProduceResponse): void {
    const { metadata } = this.#options
    const told = new Map<string, PartitionResponse>()
    for (const { name, topicId, partitionResponses } of response.responses) {
      for (const each of partitionResponses) told.set(`${topicId === zeroUuid ? name : topicId} ${each.index}`, each)
    }
    const hints = []
    for (const each of sent) {
      const { queue } = each
      const { leaderId = -1, leaderEpoch = -1 } = toldOf(told, each)?.currentLeader ?? {}
      if (leaderId >= 0) hints.push({ topic: queue.topic, partition: queue.partition, leaderId, leaderEpoch })
    }
    if (hints.length > 0) metadata.hint(hints, response.nodeEndpoints.map(brokerView))
    for (const each of sent) this.#judge(each, toldOf(told, each))
  }

  #judge(sent: Sent, response: PartitionResponse | undefined): void {
    const { queue, batch } = sent
    if (response === undefined) {
      batch.isUncertain = true
      this.#again(
        sent,
        new KafkaError('UNKNOWN_SERVER_ERROR', `the broker says nothing of ${queue.topic}-${queue.partition}`),
      )
      return
    }
    const { errorCode, errorMessage, baseOffset, logAppendTimeMs } = response
    if (errorCode === ErrorCode.NONE) this.#done(sent, { baseOffset, logAppendTimeMs })
    else if (errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER)
      this.#done(sent, { baseOffset: -1, logAppendTimeMs: -1 })
    else if (errorCode === ErrorCode.MESSAGE_TOO_LARGE && batch.recordCount > 1) this.#split(sent)
    else {
      const error = KafkaError.of(errorCode, `${queue.topic}-${queue.partition}`, errorMessage)
      if (!notAppended.has(errorCode)) batch.isUncertain = true
      if (outOfSequence.has(errorCode) && batch.sequence !== undefined) this.#outOfSequence(sent, error)
      else if (retriableErrors.has(errorCode)) this.#again(sent, error, errorCode)
      else this.#refused(sent, error, response)
    }
  }

  #done({ queue, batch }: Sent, where: { readonly baseOffset: number; readonly logAppendTimeMs: number }): void {
    if (this.#isClosed) return
    batch.isInFlight = false
    if (queue.isOfIdentity(batch)) queue.isBegun = true
    this.#options.accumulator.remove(queue, batch)
    if (batch.attempts === 1 && this.#options.settings.acks !== 0) batch.release()
    if (batch.isGivenUp) return
    this.#tell(queue, batch, { baseOffset: where.baseOffset })
    this.#tellLater(() => batch.complete(where))
  }

  #unanswered(sent: readonly Sent[], cause: unknown): void {
    if (this.#isClosed) return
    const reason = cause instanceof Error ? cause.message : String(cause)
    const batches = sent.length
    if (isRefusal(cause)) {
      this.#options.logger.log('error', 'a broker does not let this producer in', { batches, reason })
      for (const each of sent) this.#refused(each, cause)
      return
    }
    if (!(cause instanceof PeerError) || cause instanceof UnsupportedVersionError) {
      this.#options.logger.log('error', 'batches cannot be sent', { batches, reason })
      for (const each of sent) this.#refused(each, new KafkaError('NOT_SERVED', reason, { cause }))
      return
    }
    this.#options.logger.log('warn', 'batches were not acknowledged, and are sent again', { batches, reason })
    for (const each of sent) {
      if (cause.wasSent) each.batch.isUncertain = true
      this.#again(each, new KafkaError('NETWORK', reason, { cause }))
    }
    this.#askForLeaders()
  }

  /** It waits, and is sent again in its place. */
  #again({ queue, batch }: Sent, error: KafkaError, errorCode: number = ErrorCode.NONE): void {
    if (this.#isClosed) return
    const { clock, backoff, metadata } = this.#options
    const nowMs = clock.monotonic()
    batch.isInFlight = false
    batch.lastError = error
    batch.retryFromMs = nowMs + backoff.backoffMs(batch.attempts - 1)
    if (batch.isGivenUp) {
      this.#giveUp(queue, batch)
      return
    }
    if (ledElsewhere.has(errorCode)) {
      const view = metadata.view.partition(queue.topic, queue.partition)
      if (view === undefined || view.leaderEpoch <= batch.leaderEpoch) this.#askForLeaders()
      else batch.retryFromMs = nowMs
    }
  }

  /**
   * Those before it may not be there yet. Where it is the first, the broker knows of another end of the sequence: what was certainly
   * not appended is sent in a new one, with all behind it. But a broker that has just begun to lead may know the last batch alone, and
   * one that may have been appended before that would be there twice: nobody knows any more.
   */
  #outOfSequence(sent: Sent, error: KafkaError): void {
    const { queue, batch } = sent
    const partition = `${queue.topic}-${queue.partition}`
    if (queue.isFirst(batch) && batch.isUncertain) {
      this.#options.logger.log('warn', 'nobody knows whether a batch was stored', { partition, reason: error.message })
      this.#refused(sent, error)
      return
    }
    if (queue.isFirst(batch)) {
      this.#options.logger.log('warn', 'the sequence of a partition begins anew', { partition, reason: error.message })
      queue.isForgotten = true
    }
    this.#again(sent, error)
  }

  /** The broker will never take it. */
  #refused({ queue, batch }: Sent, error: KafkaError, response?: PartitionResponse): void {
    if (this.#isClosed) return
    batch.isInFlight = false
    if (batch.sequence !== undefined) queue.isBroken = true
    this.#options.accumulator.remove(queue, batch)
    if (batch.isGivenUp) return
    this.#tell(queue, batch, { error })
    const wrong = new Map(response?.recordErrors.map((it) => [it.batchIndex, it.batchIndexErrorMessage]))
    const errorOf = (i: number): KafkaError => {
      if (wrong.size === 0) return error
      const told = wrong.get(i)
      const others = 'another record of its batch was refused'
      return new KafkaError(error.code, told ?? (wrong.has(i) ? error.message : `${error.message}; ${others}`))
    }
    this.#tellLater(() => batch.fail(errorOf))
  }

  /** In order. What is ready goes before those are told who may have more: the broker works while they do. */
  #tellLater(tell: () => void): void {
    this.wake()
    queueMicrotask(tell)
  }

  #split({ queue, batch }: Sent): void {
    if (this.#isClosed) return
    batch.isInFlight = false
    if (batch.sequence !== undefined) queue.isBroken = true
    if (batch.isGivenUp) this.#options.accumulator.remove(queue, batch)
    else this.#options.accumulator.split(queue, batch)
  }

  /** What has taken too long is told so at once; what is in flight keeps its place until it is known what came of it. */
  #expire(queue: PartitionQueue, nowMs: number): void {
    const { deliveryTimeoutMs } = this.#options.settings
    const failure = this.#options.identity?.failure
    for (const batch of [...queue.batches]) {
      if (batch.isGivenUp || (failure === undefined && batch.createdMs + deliveryTimeoutMs > nowMs)) continue
      const message = `${queue.topic}-${queue.partition} has not acknowledged it within ${deliveryTimeoutMs} ms`
      const error = failure ?? new KafkaError('TIMED_OUT', message, { cause: batch.lastError })
      batch.isGivenUp = true
      this.#tell(queue, batch, { error })
      queueMicrotask(() => batch.fail(() => error))
      if (!batch.isInFlight) this.#giveUp(queue, batch)
    }
  }

  #tell(
    { topic, partition }: PartitionQueue,
    batch: PendingBatch,
    { baseOffset = -1, error }: { readonly baseOffset?: number; readonly error?: Error },
  ): void {
    const { trace, clock } = this.#options
    if (trace?.hasSubscribers !== true) return
    const { recordCount: records, sizeInBytes: bytes, attempts } = batch
    const ms = clock.monotonic() - batch.createdMs
    const known = baseOffset < 0 ? undefined : baseOffset
    trace.publish({ topic, partition, records, bytes, ms, attempts, baseOffset: known, error })
  }

  #giveUp(queue: PartitionQueue, batch: PendingBatch): void {
    if (batch.sequence !== undefined) queue.isBroken = true
    this.#options.accumulator.remove(queue, batch)
  }
}

/** By the id that the request named, or by name where the broker knows no ids. */
const toldOf = (
  told: ReadonlyMap<string, PartitionResponse>,
  { topicId, queue: { topic, partition } }: Sent,
): PartitionResponse | undefined => told.get(`${topicId} ${partition}`) ?? told.get(`${topic} ${partition}`)
