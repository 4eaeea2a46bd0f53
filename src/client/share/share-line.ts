/**
 * One broker that gives records out: one request at a time in the order of the session's epochs, since a fetch and what is acknowledged
 * share them. What was said of records goes with the next fetch, if there is one soon, else by itself.
 *
 * Records belong to the session that acquired them: when its connection is lost the broker gives them to others, and what is said of them
 * later is in vain.
 */
import type { Clock, Logger, Uuid } from '../../base/index.ts'
import { type ExponentialBackoff, type Peer, PeerError, UnsupportedVersionError } from '../../peer/index.ts'
import {
  ErrorCode,
  retriableErrors,
  type ShareAcknowledgeResponse,
  type ShareFetchResponse,
  shareAcknowledge,
  shareFetch,
} from '../../protocol/index.ts'
import { brokerView, type LeaderHint } from '../cluster/cluster-view.ts'
import { type Connections, fetchedBytesMax } from '../cluster/connections.ts'
import { ledElsewhere } from '../cluster/led-elsewhere.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import { AcknowledgementQueue, type AddOptions, batchesOf, byPartition, settled } from './acknowledgement-queue.ts'
import { type AcknowledgedRange, AcknowledgeType } from './acknowledgements.ts'
import { acquiredRecords } from './acquired-records.ts'
import { Delivery, type DeliveryOwner, type Said } from './delivery.ts'
import type { Acknowledged, AcknowledgedPartition, PendingAcknowledgement } from './pending-acknowledgement.ts'
import type { ShareConsumerSettings } from './share-options.ts'
import { nameOf, ShareSession } from './share-session.ts'

export interface ShareLineOptions {
  readonly brokerId: number
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: ShareConsumerSettings
  readonly memberId: string
  readonly requestTimeoutMs: number
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly nameOfTopic: (topicId: Uuid) => string | undefined
  readonly delivered: (delivery: Delivery) => void
  readonly acknowledged: (results: readonly Acknowledged[]) => void
  readonly failed: (error: KafkaError) => void
  /** Something was said, or an answer came: it is to be decided anew. */
  readonly changed: () => void
  readonly askForLeaders: () => void
}

export interface Wanted {
  /** Those that are assigned, and led by the broker. */
  readonly partitions: readonly AcknowledgedPartition[]
  readonly isHungry: boolean
  readonly maxRecords: number
}

type FetchedPartition = ShareFetchResponse['responses'][number]['partitions'][number]

/** What was said waits no longer for a fetch that it could go with, nor than a part of the time that its records are locked. */
const acknowledgeMsMax = 1000
const lockPart = 1 / 16
/** Where a broker does not tell: `group.share.record.lock.duration.ms` as it is by itself. */
const lockMsDefault = 30_000
/** Times that something is sent which the broker cannot do for now. */
const attemptsMax = 5
/** Of one batch: what a producer may have packed into `max.message.bytes`. */
const decompressedBytesMax = 1024 * 1024 * 1024
/** Of ShareFetch and ShareAcknowledge, from which on there are renewals (KIP-1222) and `record_limit` (KIP-1206). */
const renewalVersion = 2
const recordLimitVersions = [renewalVersion, shareFetch.versions[1]] as const
const acquireModes = { batch_optimized: 0, record_limit: 1 } as const

export class ShareLine implements DeliveryOwner {
  readonly brokerId: number
  readonly #options: ShareLineOptions
  readonly #session = new ShareSession()
  /** Another one with each session. */
  #token: object = {}
  readonly #queue = new AcknowledgementQueue()
  #sent: readonly PendingAcknowledgement[] = []
  #busy: Promise<void> | undefined
  #isFetching = false
  #acknowledgeMsMax = acknowledgeMsMax
  #retryFromMs = 0
  #failures = 0
  #isClosed = false

  constructor(options: ShareLineOptions) {
    this.#options = options
    this.brokerId = options.brokerId
  }

  get isFetching(): boolean {
    return this.#isFetching
  }

  // ---- what is said of records

  isHeld({ session, topic, partition, lockedUntilMs }: Delivery): boolean {
    const { clock, metadata } = this.#options
    const leaderId = metadata.view.partition(topic, partition)?.leaderId ?? this.brokerId
    return session === this.#token && leaderId === this.brokerId && lockedUntilMs > clock.monotonic()
  }

  say(delivery: Delivery, { offset, type, lockedUntilMs, renewed }: Said): void {
    const { topic, partition, session } = delivery
    const isOver = lockedUntilMs <= this.#options.clock.monotonic()
    let verdict = session !== this.#token || this.#isClosed ? lost(topic, partition) : isOver ? ranOut : undefined
    if (verdict === undefined && type === AcknowledgeType.renew && !this.#knowsRenewals) {
      if (renewed?.isUnasked === true) return
      verdict = noRenewals
    }
    this.#add(delivery, { firstOffset: offset, lastOffset: offset, type }, { renewed, verdict })
  }

  /** A broker that does not would refuse all that is said of the partition in the same request. */
  get #knowsRenewals(): boolean {
    const isKnown = this.#options.metadata.view.brokers.has(this.brokerId)
    return !isKnown || this.#peer().serves(shareAcknowledge, renewalVersion) !== false
  }

  #add(of: AcknowledgedPartition, range: AcknowledgedRange, told: Omit<AddOptions, 'nowMs'> = {}): void {
    const { clock, changed } = this.#options
    const isNews = this.#queue.isEmpty || range.type === AcknowledgeType.renew
    this.#queue.add(of, range, { ...told, nowMs: clock.monotonic() })
    if (this.#isClosed) this.#settleKnown()
    else if (isNews) changed()
  }

  /** Sends what was said and not sent. Resolves with what becomes of that, and of what is on its way. */
  async flush(): Promise<readonly Acknowledged[]> {
    this.#queue.hurry()
    this.#options.changed()
    const results = await Promise.all([...this.#sent, ...this.#queue.all].map(({ settled }) => settled))
    return results.flat()
  }

  // ---- what is sent

  /** Returns when to look again, by the monotonic clock. */
  decide({ partitions, isHungry, maxRecords }: Wanted): number {
    if (this.#busy !== undefined || this.#isClosed) return Number.POSITIVE_INFINITY
    this.#settleKnown()
    const nowMs = this.#options.clock.monotonic()
    if (this.#retryFromMs > nowMs) return this.#retryFromMs
    const isFetched = isHungry && partitions.length > 0
    const dueMs = this.#queue.oldestMs + this.#acknowledgeMsMax
    const mustGo = isFetched ? !this.#queue.fits(partitions) : this.#queue.mustGo || dueMs <= nowMs
    if (!this.#queue.isEmpty && mustGo) this.#begin(this.#acknowledge(this.#take()))
    else if (isFetched) this.#begin(this.#fetch(partitions, maxRecords, this.#take()))
    else return dueMs
    return Number.POSITIVE_INFINITY
  }

  #begin(work: Promise<void>): void {
    this.#busy = work.finally(() => {
      this.#busy = undefined
      this.#sent = []
      this.#options.changed()
    })
  }

  #take(): readonly PendingAcknowledgement[] {
    this.#sent = this.#queue.take()
    return this.#sent
  }

  async #fetch(
    partitions: readonly AcknowledgedPartition[],
    maxRecords: number,
    pending: readonly PendingAcknowledgement[],
  ): Promise<void> {
    const { settings, memberId, requestTimeoutMs } = this.#options
    this.#isFetching = true
    try {
      const request = shareFetch.request.create({
        ...{ groupId: settings.groupId, memberId, maxRecords, batchSize: maxRecords },
        maxWaitMs: settings.fetchMaxWaitMs,
        minBytes: settings.fetchMinBytes,
        maxBytes: settings.fetchMaxBytes,
        shareAcquireMode: acquireModes[settings.shareAcquireMode],
        ...this.#session.fetch(partitions, batchesOf(pending)),
      })
      const isLimited = settings.shareAcquireMode === 'record_limit'
      const versions = isLimited ? recordLimitVersions : shareFetch.versions
      const limits = { timeoutMs: requestTimeoutMs, replyBytesMax: fetchedBytesMax, versions }
      const response = await this.#peer().send(shareFetch, request, limits)
      this.#fetched(partitions, pending, response)
    } catch (error) {
      this.#unanswered(pending, error)
    } finally {
      this.#isFetching = false
    }
  }

  async #acknowledge(pending: readonly PendingAcknowledgement[]): Promise<void> {
    const { settings, memberId, requestTimeoutMs } = this.#options
    try {
      const request = shareAcknowledge.request.create({
        ...{ groupId: settings.groupId, memberId, isRenewAck: pending.some(({ renews }) => renews) },
        ...this.#session.acknowledge(batchesOf(pending)),
      })
      const response = await this.#peer().send(shareAcknowledge, request, { timeoutMs: requestTimeoutMs })
      if (response.errorCode !== ErrorCode.NONE) this.#refused(pending, response)
      else {
        this.#session.answered()
        this.#failures = 0
        this.#judge(pending, response, (code) => code)
      }
    } catch (error) {
      this.#unanswered(pending, error)
    }
  }

  /** Sends what was said, and ends the session: what is not acknowledged is released. Nothing is sent behind it. */
  async close(deadline: Deadline): Promise<void> {
    this.#isClosed = true
    const { logger } = this.#options
    try {
      if (this.#busy !== undefined) await deadline.within(this.#busy)
      if (this.#session.isOpen) await this.#end(deadline)
    } catch (error) {
      logger.log('warn', 'a share session was not ended', { broker: this.brokerId, reason: String(error) })
    } finally {
      for (const each of this.#queue.all) each.verdict ??= new KafkaError('CLOSED', 'the consumer is closed')
      this.#settleKnown()
    }
  }

  async #end(deadline: Deadline): Promise<void> {
    const { settings, memberId } = this.#options
    this.#settleKnown()
    const pending = this.#take()
    try {
      const request = shareAcknowledge.request.create({
        ...{ groupId: settings.groupId, memberId, isRenewAck: pending.some(({ renews }) => renews) },
        ...this.#session.final(batchesOf(pending)),
      })
      const response = await this.#peer().send(shareAcknowledge, request, { timeoutMs: Math.max(1, deadline.leftMs) })
      if (response.errorCode !== ErrorCode.NONE) throw KafkaError.of(response.errorCode, 'the end of a share session')
      this.#judge(pending, response, (code) => code)
    } catch (error) {
      this.#unanswered(pending, error)
    }
  }

  #peer(): Peer {
    const { connections, metadata } = this.#options
    const broker = metadata.view.brokers.get(this.brokerId)
    if (broker === undefined) throw new KafkaError('NETWORK', `broker ${this.brokerId} is not known`)
    return connections.to(broker, 'fetch')
  }

  // ---- what came of it

  #fetched(
    partitions: readonly AcknowledgedPartition[],
    pending: readonly PendingAcknowledgement[],
    response: ShareFetchResponse,
  ): void {
    if (response.errorCode !== ErrorCode.NONE) {
      this.#refused(pending, response)
      return
    }
    this.#session.answered()
    this.#failures = 0
    this.#judge(pending, response, (_, told) => told.acknowledgeErrorCode)
    const known = new Map(partitions.map((each) => [nameOf(each), each]))
    for (const { topicId, partitions: told } of response.responses) {
      for (const each of told) {
        const partition = known.get(nameOf({ topicId, partition: each.partitionIndex }))
        if (partition === undefined) continue
        if (each.errorCode === ErrorCode.NONE)
          this.#keep(partition, each, response.acquisitionLockTimeoutMs || lockMsDefault)
        else this.#refusedPartition(partition, each.errorCode)
      }
    }
  }

  #keep(of: AcknowledgedPartition, { records, acquiredRecords: acquired }: FetchedPartition, lockMs: number): void {
    if (acquired.length === 0 || this.#isClosed) return
    const { topic, topicId, partition } = of
    const bytes = records instanceof Uint8Array ? records : new Uint8Array(0)
    const { clock, settings } = this.#options
    const { checkCrcs } = settings
    const found = acquiredRecords({ topic, partition, bytes, acquired, checkCrcs, bytesMax: decompressedBytesMax })
    this.#acknowledgeMsMax = Math.min(acknowledgeMsMax, lockMs * lockPart)
    const place = { owner: this, session: this.#token, topic, topicId, partition, atMs: clock.monotonic(), lockMs }
    const delivery = new Delivery({ ...place, records: found.records })
    for (const range of found.unusable) this.#add(delivery, range)
    if (found.error !== undefined) this.#options.failed(found.error)
    if (found.records.length > 0) this.#options.delivered(delivery)
  }

  #refusedPartition({ topic, partition }: AcknowledgedPartition, errorCode: number): void {
    this.#delay()
    const error = KafkaError.of(errorCode, `${topic}-${partition}`)
    if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) this.#options.failed(error)
    this.#options.logger.log('warn', 'a partition cannot be fetched from', { reason: error.message })
    if (ledElsewhere.has(errorCode)) this.#options.askForLeaders()
  }

  /** What each partition's answer says of what was acknowledged there; who leads instead is taken to heart. */
  #judge<P extends ToldPartition>(
    pending: readonly PendingAcknowledgement[],
    { responses, nodeEndpoints, acquisitionLockTimeoutMs }: Told<P>,
    codeOf: (code: number, told: P) => number,
  ): void {
    const { clock, metadata, nameOfTopic } = this.#options
    const lockedUntilMs = clock.monotonic() + acquisitionLockTimeoutMs
    const byName = byPartition(pending)
    const results: Acknowledged[] = []
    const hints: LeaderHint[] = []
    for (const { topicId, partitions } of responses) {
      for (const told of partitions) {
        const name = nameOf({ topicId, partition: told.partitionIndex })
        const ours = byName.get(name) ?? []
        byName.delete(name)
        results.push(...this.#judged(ours, codeOf(told.errorCode, told), told, lockedUntilMs))
        const topic = nameOfTopic(topicId)
        const { leaderId, leaderEpoch } = told.currentLeader
        if (leaderId >= 0 && topic !== undefined) {
          hints.push({ topic, partition: told.partitionIndex, leaderId, leaderEpoch })
        }
      }
    }
    const unanswered = [...byName.values()].flat()
    results.push(...settled(unanswered, new KafkaError('INVALID_RECORD_STATE', 'the broker has not answered it')))
    if (hints.length > 0) {
      metadata.hint(hints, nodeEndpoints.map(brokerView))
    }
    this.#tell(results)
  }

  #judged(
    pending: readonly PendingAcknowledgement[],
    errorCode: number,
    { acknowledgeErrorMessage, errorMessage }: ToldPartition,
    lockedUntilMs: number,
  ): Acknowledged[] {
    if (pending.length === 0) return []
    if (errorCode === ErrorCode.NONE) return settled(pending, undefined, lockedUntilMs)
    if (errorCode === ErrorCode.INVALID_RECORD_STATE && !this.#isClosed) {
      return settled(this.#queue.divide(pending), ranOut)
    }
    if (ledElsewhere.has(errorCode)) this.#options.askForLeaders()
    else if (retriableErrors.has(errorCode) && !this.#isClosed) {
      const again = pending.filter(({ attempts }) => attempts + 1 < attemptsMax)
      for (const each of again) each.attempts++
      if (again.length > 0) {
        this.#queue.putBack(again)
        this.#delay()
        pending = pending.filter((each) => !again.includes(each))
      }
    }
    const [first] = pending
    if (first === undefined) return []
    const what = `${first.topic}-${first.partition} was not acknowledged`
    return settled(pending, KafkaError.of(errorCode, what, acknowledgeErrorMessage ?? errorMessage))
  }

  /** The whole request. What the broker knows of the session, if anything, is not what it is taken for. */
  #refused(pending: readonly PendingAcknowledgement[], { errorCode, errorMessage }: ToldError): void {
    const error = KafkaError.of(errorCode, 'a share session', errorMessage)
    this.#lose(pending, error)
    if (sessionEnded.has(errorCode)) return
    this.#delay()
    if (ledElsewhere.has(errorCode)) this.#options.askForLeaders()
    else if (!retriableErrors.has(errorCode)) this.#options.failed(error)
  }

  #unanswered(pending: readonly PendingAcknowledgement[], error: unknown): void {
    const { logger, failed, askForLeaders } = this.#options
    const reason = asKafkaError(error)
    this.#lose(pending, reason)
    this.#delay()
    if (this.#isClosed) return
    logger.log('warn', 'a broker cannot be fetched from', { broker: this.brokerId, reason: reason.message })
    if (reason.isRetriable) askForLeaders()
    else failed(reason)
  }

  /** The session is over, and with it all that was acquired in it. */
  #lose(pending: readonly PendingAcknowledgement[], error: KafkaError): void {
    this.#session.reset()
    this.#token = {}
    for (const each of this.#queue.all) each.verdict ??= lost(each.topic, each.partition)
    this.#tell(settled(pending, error))
  }

  #delay(): void {
    const { clock, backoff } = this.#options
    this.#retryFromMs = clock.monotonic() + backoff.backoffMs(this.#failures++)
  }

  #settleKnown(): void {
    this.#tell(this.#queue.takeKnown().flatMap((each) => settled([each], each.verdict)))
  }

  #tell(results: readonly Acknowledged[]): void {
    if (results.length > 0) this.#options.acknowledged(results)
  }
}

interface ToldError {
  readonly errorCode: number
  readonly errorMessage: string | null
}

type ToldPartition = Pick<FetchedPartition, 'partitionIndex' | 'errorCode' | 'errorMessage' | 'currentLeader'> & {
  readonly acknowledgeErrorMessage?: string | null
}

interface Told<P> extends Pick<ShareAcknowledgeResponse, 'nodeEndpoints' | 'acquisitionLockTimeoutMs'> {
  readonly responses: readonly {
    readonly topicId: ShareFetchResponse['responses'][number]['topicId']
    readonly partitions: readonly P[]
  }[]
}

/** The broker has none, or another one: a new one is begun at once. */
const sessionEnded: ReadonlySet<number> = new Set([
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
])

const ranOut = new KafkaError('INVALID_RECORD_STATE', 'the lock has run out: somebody else may have the record')

const noRenewals = new KafkaError('NOT_SERVED', 'the broker renews no locks (KIP-1222, Kafka from 4.2 on)')

const lost = (topic: string, partition: number): KafkaError =>
  new KafkaError('SHARE_SESSION_NOT_FOUND', `${topic}-${partition}: the session that acquired the records is over`)

function asKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  if (error instanceof UnsupportedVersionError) return new KafkaError('NOT_SERVED', error.message, { cause: error })
  if (error instanceof PeerError) return new KafkaError('NETWORK', error.message, { cause: error })
  return new KafkaError('UNKNOWN_SERVER_ERROR', String(error), { cause: error })
}
