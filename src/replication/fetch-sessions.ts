/**
 * Incremental fetch sessions (KIP-227): what a client fetches is remembered, so that a request names only what changed
 * in it, and a reply only the partitions with news. On the fetch path, before and after the reads. Pure: reads no log.
 *
 * A client opens a session with epoch 0, counts on with each fetch, and closes it with epoch -1. Sessions are kept in one
 * table of `max.incremental.fetch.session.cache.slots`; whoever finds no place fetches without one.
 */
import { ApiError, assert, partSizeInBytes, type RandomStream, type Uuid, zeroUuid } from '../base/index.ts'
import { ErrorCode, type FetchRequest, type FetchResponse } from '../protocol/index.ts'

export interface SessionPartition {
  /** Undefined while no topic has the id. */
  readonly topic: string | undefined
  /** Zero in a session that names topics (before version 13): any topic of the name is meant. */
  readonly topicId: Uuid
  readonly partition: number
  readonly fetchOffset: number
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
  /** Of a follower that fetches; -1 from others. */
  readonly logStartOffset: number
  readonly maxBytes: number
}

export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export interface FetchContext {
  /** What must be read, in this order: those that had data come last the next time. Whole until `finish`. */
  readonly partitions: readonly SessionPartition[]
  /** Called once, with one result for each of `partitions`, in their order. */
  finish(results: readonly FetchedPartition[]): FetchResponse
}

export interface FetchSessionsOptions {
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly slots: number
  /** Of all sessions together; more of them fetch without a session. */
  readonly partitionsMax?: number
  readonly random: RandomStream
  readonly nowMs: () => number
}

export interface BeginOptions {
  readonly apiVersion: number
  /** The topic that has the id now. */
  readonly topicName: (id: Uuid) => string | undefined
  /** Sessions of followers may take the place of those of consumers. */
  readonly isFollower: boolean
}

const noSession = 0
const finalEpoch = -1
const initialEpoch = 0
const sessionIdMax = 2 ** 31 - 1
const epochMax = 2 ** 31 - 1
const topicIdsSince = 13
/** A session unused for so long may be evicted by any other, and one younger than this by none of its kind. */
const evictionMs = 120_000
/** About 100 MB. Kafka has no such limit. */
const partitionsMaxDefault = 500_000
const unknownOffset = -1

type RequestTopic = FetchRequest['topics'][number]
type RequestPartition = RequestTopic['partitions'][number]

class CachedPartition implements SessionPartition {
  topic: string | undefined
  readonly topicId: Uuid
  readonly partition: number
  fetchOffset = 0
  currentLeaderEpoch = -1
  lastFetchedEpoch = -1
  logStartOffset = -1
  maxBytes = 0
  /** As last told to the client. */
  #highWatermark = unknownOffset
  #logStartOffsetTold = unknownOffset

  constructor(topic: string | undefined, topicId: Uuid, request: RequestPartition) {
    this.topic = topic
    this.topicId = topicId
    this.partition = request.partition
    this.update(request)
  }

  update(request: RequestPartition): void {
    this.fetchOffset = request.fetchOffset
    this.currentLeaderEpoch = request.currentLeaderEpoch
    this.lastFetchedEpoch = request.lastFetchedEpoch
    this.logStartOffset = request.logStartOffset
    this.maxBytes = request.partitionMaxBytes
  }

  /** Takes note of what the client will be told; returns whether it is worth telling. */
  told(result: FetchedPartition, hasData: boolean): boolean {
    const isFailed = result.errorCode !== ErrorCode.NONE
    const hasMoved = this.#highWatermark !== result.highWatermark || this.#logStartOffsetTold !== result.logStartOffset
    // After an error the partition is told again, even where it stands where it stood before.
    this.#highWatermark = isFailed ? unknownOffset : result.highWatermark
    this.#logStartOffsetTold = result.logStartOffset
    return hasData || hasMoved || isFailed || result.preferredReadReplica !== -1 || result.divergingEpoch.epoch >= 0
  }
}

/** The partitions that a client fetches, each once, in the order in which they are read. */
class PartitionList {
  readonly usesTopicIds: boolean
  readonly #byTopic = new Map<string, Map<number, CachedPartition>>()
  #ordered: CachedPartition[] = []

  constructor(usesTopicIds: boolean) {
    this.usesTopicIds = usesTopicIds
  }

  get ordered(): readonly CachedPartition[] {
    return this.#ordered
  }

  get size(): number {
    return this.#ordered.length
  }

  #keyOf({ topic, topicId }: { readonly topic: string; readonly topicId: Uuid }): string {
    return this.usesTopicIds ? topicId : topic
  }

  /** Adds what is new and updates what is known; of two entries for one partition the later holds. */
  update(topics: readonly RequestTopic[]): void {
    const added: CachedPartition[] = []
    for (const requested of topics) {
      const key = this.#keyOf(requested)
      let partitions = this.#byTopic.get(key)
      for (const request of requested.partitions) {
        const known = partitions?.get(request.partition)
        if (known !== undefined) {
          known.update(request)
          continue
        }
        const [topic, topicId] = this.usesTopicIds ? [undefined, requested.topicId] : [requested.topic, zeroUuid]
        const partition = new CachedPartition(topic, topicId, request)
        if (partitions === undefined) {
          partitions = new Map()
          this.#byTopic.set(key, partitions)
        }
        partitions.set(request.partition, partition)
        added.push(partition)
      }
    }
    // Never changed in place: a fetch that waits still has the list that it began with.
    if (added.length > 0) this.#ordered = [...this.#ordered, ...added]
  }

  forget(topics: FetchRequest['forgottenTopicsData']): void {
    const forgotten = new Set<CachedPartition>()
    for (const requested of topics) {
      const key = this.#keyOf(requested)
      const partitions = this.#byTopic.get(key)
      if (partitions === undefined) continue
      for (const partition of requested.partitions) {
        const known = partitions.get(partition)
        if (known === undefined) continue
        forgotten.add(known)
        partitions.delete(partition)
      }
      if (partitions.size === 0) this.#byTopic.delete(key)
    }
    if (forgotten.size > 0) this.#ordered = this.#ordered.filter((known) => !forgotten.has(known))
  }

  /** A topic may have come to be known since its id was first fetched. */
  resolve(topicName: (id: Uuid) => string | undefined): void {
    if (!this.usesTopicIds) return
    for (const known of this.#ordered) known.topic ??= topicName(known.topicId)
  }

  /** Those whose place in `ordered` is marked go behind all others, so that no partition starves the rest. */
  moveBack(isMoved: readonly boolean[]): void {
    const moved: CachedPartition[] = []
    const kept: CachedPartition[] = []
    for (const [i, known] of this.#ordered.entries()) {
      if (isMoved[i] === true) moved.push(known)
      else kept.push(known)
    }
    this.#ordered = [...kept, ...moved]
  }
}

interface Session {
  readonly id: number
  readonly isFollower: boolean
  readonly list: PartitionList
  readonly createdMs: number
  lastUsedMs: number
  /** That of the next request. */
  epoch: number
}

export class FetchSessions {
  readonly #options: FetchSessionsOptions
  readonly #partitionsMax: number
  /** Those unused for longest come first. */
  readonly #sessions = new Map<number, Session>()
  #partitionCount = 0

  constructor(options: FetchSessionsOptions) {
    this.#options = options
    this.#partitionsMax = options.partitionsMax ?? partitionsMaxDefault
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Of all sessions together. */
  get partitionCount(): number {
    return this.#partitionCount
  }

  /** Throws ApiError 70, 71 or 106, which go into the top of a reply without partitions; the client starts anew then. */
  begin(request: FetchRequest, options: BeginOptions): FetchContext {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch !== initialEpoch && sessionEpoch !== finalEpoch) return this.#continue(request, options)
    // A full fetch closes the session that it names.
    const old = this.#sessions.get(sessionId)
    if (old !== undefined) this.#remove(old)
    return this.#full(request, options)
  }

  #full(request: FetchRequest, { apiVersion, topicName, isFollower }: BeginOptions): FetchContext {
    const list = new PartitionList(apiVersion >= topicIdsSince)
    list.update(request.topics)
    list.resolve(topicName)
    const partitions = list.ordered
    const isOpening = request.sessionEpoch === initialEpoch
    return {
      partitions,
      finish: (results) => {
        assert(results.length === partitions.length, 'each partition has a result')
        for (const [i, known] of partitions.entries()) {
          const result = results[i]
          if (result !== undefined) known.told(result, hasRecords(result))
        }
        return reply({ sessionId: isOpening ? this.#open(list, isFollower) : noSession, partitions, results })
      },
    }
  }

  #continue(request: FetchRequest, options: BeginOptions): FetchContext {
    const { apiVersion, topicName } = options
    const session = this.#sessions.get(request.sessionId)
    if (session === undefined) {
      throw new ApiError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, `there is no fetch session ${request.sessionId}`)
    }
    if (session.epoch !== request.sessionEpoch) {
      throw new ApiError(
        ErrorCode.INVALID_FETCH_SESSION_EPOCH,
        `fetch session ${session.id} is at epoch ${session.epoch}, not ${request.sessionEpoch}`,
      )
    }
    const { list } = session
    if (list.usesTopicIds !== apiVersion >= topicIdsSince) {
      throw new ApiError(
        ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
        `fetch session ${session.id} ${list.usesTopicIds ? 'names topics by id' : 'does not name topics by id'}`,
      )
    }
    this.#update(session, request)
    if (list.size === 0) {
      this.#remove(session)
      return this.#full({ ...request, sessionId: noSession, sessionEpoch: finalEpoch }, options)
    }
    this.#touch(session)
    session.epoch = nextEpoch(session.epoch)
    list.resolve(topicName)
    return this.#incremental(session)
  }

  #update(session: Session, { topics, forgottenTopicsData }: FetchRequest): void {
    const { list } = session
    const before = list.size
    list.update(topics)
    list.forget(forgottenTopicsData)
    this.#partitionCount += list.size - before
    if (list.size <= before || this.#partitionCount <= this.#partitionsMax) return
    this.#remove(session)
    throw new ApiError(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      `fetch session ${session.id} was closed: all sessions together have more than ${this.#partitionsMax} partitions`,
    )
  }

  #incremental(session: Session): FetchContext {
    const { list, epoch } = session
    const partitions = list.ordered
    return {
      partitions,
      finish: (results) => {
        // The client did not wait for this reply: the session is a step further.
        if (session.epoch !== epoch) {
          const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH
          return reply({ errorCode, sessionId: session.id, partitions: [], results: [] })
        }
        assert(results.length === partitions.length, 'each partition has a result')
        const news: SessionPartition[] = []
        const newsResults: FetchedPartition[] = []
        const isMoved: boolean[] = []
        for (let i = 0; i < partitions.length; i++) {
          const known = partitions[i]
          const result = results[i]
          if (known === undefined || result === undefined) continue
          const hasData = hasRecords(result)
          if (!known.told(result, hasData)) continue
          news.push(known)
          newsResults.push(result)
          if (hasData) isMoved[i] = true
        }
        if (isMoved.length > 0) list.moveBack(isMoved)
        return reply({ sessionId: session.id, partitions: news, results: newsResults })
      },
    }
  }

  /** Returns the id of the new session, 0 where there is no place for it. */
  #open(list: PartitionList, isFollower: boolean): number {
    const { slots, random, nowMs } = this.#options
    const now = nowMs()
    const isTooMuch = (): boolean => this.#partitionCount + list.size > this.#partitionsMax
    const isFull = this.#sessions.size >= slots || isTooMuch()
    if (isFull && (list.size > this.#partitionsMax || !this.#evictFor(list.size, { isFollower, now }))) return noSession
    if (isTooMuch()) return noSession
    let id = noSession
    while (id === noSession || this.#sessions.has(id)) id = random.below(sessionIdMax)
    const epoch = nextEpoch(initialEpoch)
    this.#sessions.set(id, { id, isFollower, list, createdMs: now, lastUsedMs: now, epoch })
    this.#partitionCount += list.size
    return id
  }

  /**
   * Makes room for a session of `size` partitions, if one is worth less: a stale one; else the smallest of those that
   * have had their time, consumers' first. A follower's session takes the place of a consumer's at any age.
   */
  #evictFor(size: number, { isFollower, now }: { readonly isFollower: boolean; readonly now: number }): boolean {
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    if (now - oldest.lastUsedMs > evictionMs) return this.#remove(oldest)
    let victim: Session | undefined
    for (const session of this.#sessions.values()) {
      const hadItsTime = session.lastUsedMs - session.createdMs > evictionMs
      if (!hadItsTime && !(isFollower && !session.isFollower)) continue
      if (victim === undefined || compareWorth(session, victim) < 0) victim = session
    }
    if (victim === undefined) return false
    const isWorthMore = isFollower !== victim.isFollower ? isFollower : size > victim.list.size
    return isWorthMore && this.#remove(victim)
  }

  #touch(session: Session): void {
    session.lastUsedMs = this.#options.nowMs()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #remove(session: Session): true {
    this.#sessions.delete(session.id)
    this.#partitionCount -= session.list.size
    return true
  }
}

const nextEpoch = (epoch: number): number => (epoch === epochMax ? 1 : epoch + 1)

const compareWorth = (a: Session, b: Session): number =>
  Number(a.isFollower) - Number(b.isFollower) || a.list.size - b.list.size

const hasRecords = ({ records }: FetchedPartition): boolean => {
  if (records === null) return false
  return records instanceof Uint8Array ? records.length > 0 : records.some((part) => partSizeInBytes(part) > 0)
}

interface ReplyParts {
  readonly errorCode?: number
  readonly sessionId: number
  readonly partitions: readonly SessionPartition[]
  readonly results: readonly FetchedPartition[]
}

/** Partitions of one topic that follow one another share an entry; their order is kept. */
function reply({ errorCode = ErrorCode.NONE, sessionId, partitions, results }: ReplyParts): FetchResponse {
  const responses: { topic: string; topicId: Uuid; partitions: FetchedPartition[] }[] = []
  let last: (typeof responses)[number] | undefined
  for (let i = 0; i < partitions.length; i++) {
    const known = partitions[i]
    const result = results[i]
    if (known === undefined || result === undefined) continue
    const topic = known.topic ?? ''
    if (last === undefined || last.topicId !== known.topicId || last.topic !== topic) {
      last = { topic, topicId: known.topicId, partitions: [] }
      responses.push(last)
    }
    last.partitions.push(result)
  }
  return { throttleTimeMs: 0, errorCode, sessionId, responses, nodeEndpoints: [] }
}
