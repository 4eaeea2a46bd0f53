/**
 * The committed offsets of the groups of one partition: commits, fetches, deletions. Who may commit, and which topics
 * are in use, the groups say.
 */
import { ApiError, type Uuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { type CommittedOffset, type GroupRecord, type OffsetRecord, offsetTombstone } from './group-record.ts'
import type {
  CommitRequest,
  FetchedOffset,
  FetchOffsetsRequest,
  OffsetKey,
  OffsetToCommit,
  PartitionCodes,
  TopicOfOffset,
} from './group-requests.ts'
import { isOfTopic } from './group-state.ts'
import type { GroupTally } from './group-tally.ts'
import type { OffsetStore, StoredOffset } from './offset-store.ts'
import { type SweepSteps, sweep } from './sweep.ts'

/** What the offsets ask of their groups. */
export interface OffsetOwners {
  /** Throws ApiError unless the sender may commit; a group that nobody has joined is made. */
  checkCommit(request: CommitRequest): void
  /** Throws ApiError where a member of a group says who it is and is not known. */
  checkFetch(request: FetchOffsetsRequest): void
  /** Which topics the group's members are subscribed to; where it cannot be told, all. Throws ApiError. */
  subscriptionOf(groupId: string): (topic: string) => boolean
  /** The last request for a group that no record tells of is over. */
  forgetIfUnused(groupId: string): void
}

export interface GroupOffsetsOptions {
  readonly context: ShardContext<GroupRecord>
  readonly store: OffsetStore
  readonly owners: OffsetOwners
  /** `offset.metadata.max.bytes`. */
  readonly metadataLengthMax: () => number
  readonly report: (message: string) => void
  readonly tally: GroupTally
}

/** One of the two follows. */
export interface FetchReplies {
  respond(fetched: readonly FetchedOffset[]): void
  refuse(error: ApiError): void
}

/** The offsets of one group, as one kind of reader sees them. */
interface View {
  readonly of: (key: OffsetKey) => CommittedOffset | null
  readonly all: () => Iterable<StoredOffset>
  readonly isUnstable: (key: OffsetKey) => boolean
}

export class GroupOffsets {
  readonly #options: GroupOffsetsOptions
  readonly #context: ShardContext<GroupRecord>
  readonly #store: OffsetStore
  readonly #owners: OffsetOwners

  constructor(options: GroupOffsetsOptions) {
    this.#options = options
    this.#context = options.context
    this.#store = options.store
    this.#owners = options.owners
  }

  /** Committed, of all groups. */
  get count(): number {
    return this.#store.committedCount
  }

  /** Throws ApiError when the sender may not commit; else answers per partition once the records are committed. */
  commit(request: CommitRequest, respond: (codes: PartitionCodes) => void): void {
    const { groupId, offsets, retentionTimeMs = -1 } = request
    this.#owners.checkCommit(request)
    // Kafka counts characters, whatever the key is called.
    const lengthMax = this.#options.metadataLengthMax()
    const nowMs = this.#context.nowMs()
    const times: Times = {
      commitTimestampMs: BigInt(nowMs),
      ...(retentionTimeMs === -1 ? {} : { expireTimestampMs: BigInt(nowMs + retentionTimeMs) }),
    }
    const codes: number[] = []
    const records: OffsetRecord[] = []
    for (const offset of offsets) {
      const isTooLong = (offset.metadata?.length ?? 0) > lengthMax
      codes.push(isTooLong ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE)
      if (isTooLong) continue
      const { topic, partition } = offset
      records.push({ kind: 'offset', groupId, topic, partition, value: committedValue(offset, times) })
    }
    this.#options.tally.offsetCommits += records.length
    this.#append(records, codes, (answer) => {
      this.#owners.forgetIfUnused(groupId)
      respond(answer)
    })
  }

  #append(records: readonly GroupRecord[], codes: PartitionCodes, respond: (codes: PartitionCodes) => void): void {
    if (records.length === 0) {
      respond(codes)
      return
    }
    this.#context.append({
      records,
      committed: () => respond(codes),
      failed: (code) => respond(codes.map((own) => (own === ErrorCode.NONE ? code : own))),
    })
  }

  /** What is committed now. Throws ApiError. */
  fetch(request: FetchOffsetsRequest): readonly FetchedOffset[] {
    return this.#read(request, {
      of: (key) => this.#store.committed(request.groupId, key),
      all: () => this.#store.committedOf(request.groupId),
      isUnstable: () => false,
    })
  }

  /**
   * For who must not read an offset that is about to change: what is on its way is answered once it is committed, and
   * what an open transaction has committed is refused, for now, with UNSTABLE_OFFSET_COMMIT. Throws ApiError.
   */
  fetchStable(request: FetchOffsetsRequest, { respond, refuse }: FetchReplies): void {
    const { groupId } = request
    const fetched = this.#read(request, {
      of: (key) => this.#store.newest(groupId, key),
      all: () => this.#store.newestOf(groupId),
      isUnstable: (key) => this.#store.isInTransaction(groupId, key),
    })
    this.#context.append({
      records: [],
      committed: () => respond(fetched),
      failed: (code) =>
        refuse(new ApiError(code, `offsets of group ${groupId} that were on their way are not committed`)),
    })
  }

  #read(request: FetchOffsetsRequest, { of, all, isUnstable }: View): readonly FetchedOffset[] {
    this.#owners.checkFetch(request)
    const fetched = (key: OffsetKey, value: CommittedOffset | null): FetchedOffset =>
      isUnstable(key)
        ? { ...keyOf(key), errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT, value: null }
        : { ...keyOf(key), errorCode: ErrorCode.NONE, value }
    if (request.keys === null) return [...all()].map((offset) => fetched(offset, offset.value))
    return request.keys.map((key) => {
      const value = of(key)
      return fetched(key, value !== null && isOfTopic(value, key) ? value : null)
    })
  }

  /** Partitions of topics that members subscribe to stay. Throws ApiError. */
  delete(groupId: string, keys: readonly OffsetKey[], respond: (codes: PartitionCodes) => void): void {
    const keeps = this.#owners.subscriptionOf(groupId)
    const codes = keys.map(({ topic }) => (keeps(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE))
    const found = new Map<string, OffsetKey>()
    for (const [i, key] of keys.entries()) {
      if (codes[i] === ErrorCode.NONE && this.#store.isKnown(groupId, key)) found.set(keyText(key), key)
    }
    // The group outlives its last offset, until the next look at what has expired.
    const records = [...found.values()].map((key) => offsetTombstone(groupId, key))
    this.#options.tally.offsetDeletions += records.length
    this.#append(records, codes, respond)
  }

  /** Topics are gone: what was committed for them goes with them, for a topic of the same name is another one. */
  topicsDeleted(topics: readonly Omit<TopicOfOffset, 'partition'>[]): void {
    sweep({
      context: this.#context,
      steps: this.#stepsOfDeleted(new Map(topics.map(({ topic, topicId }) => [topic, topicId]))),
      done: (code) => {
        if (code === ErrorCode.NONE) return
        this.#options.report(`Offsets of deleted topics could not all be taken away (error ${code})`)
      },
    })
  }

  *#stepsOfDeleted(deleted: ReadonlyMap<string, Uuid>): SweepSteps {
    for (const groupId of this.#store.groupIds()) {
      for (const key of this.#store.keysOf(groupId)) {
        const topicId = deleted.get(key.topic)
        const value = this.#store.newest(groupId, key)
        const isOver = topicId !== undefined && (value === null || isOfTopic(value, { ...key, topicId }))
        yield isOver ? offsetTombstone(groupId, key) : undefined
      }
    }
  }
}

const keyOf = ({ topic, partition }: OffsetKey): OffsetKey => ({ topic, partition })

const keyText = ({ topic, partition }: OffsetKey): string => `${partition} ${topic}`

type Times = Pick<CommittedOffset, 'commitTimestampMs' | 'expireTimestampMs'>

function committedValue(
  { offset, leaderEpoch, metadata, topicId }: OffsetToCommit,
  { commitTimestampMs, expireTimestampMs }: Times,
): CommittedOffset {
  const value = { offset, leaderEpoch, metadata: metadata ?? '', commitTimestampMs, topicId }
  return expireTimestampMs === undefined ? value : { ...value, expireTimestampMs }
}
