/**
 * All groups whose records lie in one partition of `__consumer_offsets`: requests in, records and replies out. One
 * shard of the coordinator runtime; it sees committed offsets only, and is loaded by replaying its partition.
 */
import { ApiError, getOrInsert, type Uuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicMember, type JoinReply, type SyncReply } from './classic-member.ts'
import { ClassicProtocol, type JoinRequest, type SyncRequest } from './classic-protocol.ts'
import {
  type CommittedOffset,
  type GroupRecord,
  type OffsetRecord,
  type StoredGroup,
  storedProtocols,
} from './group-record.ts'
import { OffsetStore } from './offset-store.ts'
import { joinFailed, Rebalance, syncFailed } from './rebalance.ts'

export interface GroupConfig {
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number
  /** `group.min.session.timeout.ms` and `group.max.session.timeout.ms`. */
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  /** `group.max.size`. */
  readonly groupSizeMax: number
  /** `offset.metadata.max.bytes`. */
  readonly offsetMetadataBytesMax: number
}

export interface GroupCoordinatorOptions {
  readonly context: ShardContext<GroupRecord>
  /** Read at each use: some of it is dynamic. */
  readonly config: () => GroupConfig
  readonly report: (message: string) => void
}

export interface OffsetKey {
  readonly topic: string
  readonly partition: number
}

export interface OffsetToCommit extends OffsetKey {
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string | null
  readonly topicId: Uuid
}

export interface CommitRequest {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
  readonly offsets: readonly OffsetToCommit[]
}

/** An error code per partition, in the order of the request. */
export type PartitionCodes = readonly number[]

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #stored = new Map<string, StoredGroup>()
  readonly #offsets = new OffsetStore()
  readonly #rebalance: Rebalance
  readonly #protocol: ClassicProtocol

  constructor(options: GroupCoordinatorOptions) {
    const { context, config, report } = options
    this.#options = options
    this.#rebalance = new Rebalance({
      initialRebalanceDelayMs: () => config().initialRebalanceDelayMs,
      context,
      report,
    })
    this.#protocol = new ClassicProtocol({
      context,
      rebalance: this.#rebalance,
      groupSizeMax: () => config().groupSizeMax,
    })
  }

  get #context(): ShardContext<GroupRecord> {
    return this.#options.context
  }

  // ---- replay

  /** A record at `logOffset` of the partition: of an append under way, or of the log that is loaded. */
  replay(record: GroupRecord, logOffset: number): void {
    if (record.kind === 'offset') this.#offsets.replay(record, logOffset)
    else if (record.value === null) this.#stored.delete(record.groupId)
    else this.#stored.set(record.groupId, record.value)
  }

  commitTo(offset: number): void {
    this.#offsets.commitTo(offset)
  }

  revertTo(offset: number): void {
    this.#offsets.revertTo(offset)
  }

  /** The partition is loaded: its groups go on where they were, and their members get a session to come back in. */
  loaded(): void {
    const nowMs = this.#context.nowMs()
    for (const [groupId, stored] of this.#stored) {
      const group = new ClassicGroup(groupId, nowMs)
      for (const member of stored.members) {
        const known = new ClassicMember({ ...member, protocols: storedProtocols(stored, member) })
        known.isNew = false
        known.assignment = member.assignment
        group.add(known, stored.protocolType)
      }
      group.restore(stored)
      this.#groups.set(groupId, group)
      for (const member of group.members()) this.#rebalance.heard(group, member)
    }
    for (const groupId of this.#offsets.groupIds())
      getOrInsert(this.#groups, groupId, () => new ClassicGroup(groupId, nowMs))
  }

  /** The partition moves away: whoever waits is told to look for the new coordinator. */
  unload(): void {
    for (const group of this.#groups.values()) this.#end(group, ErrorCode.NOT_COORDINATOR)
    this.#groups.clear()
  }

  #end(group: ClassicGroup, code: number): void {
    for (const member of group.members()) {
      this.#rebalance.replyToJoin(member, joinFailed(code, member.memberId))
      this.#rebalance.replyToSync(member, syncFailed(code))
      this.#rebalance.forget(group, member)
    }
    group.become('dead', this.#context.nowMs())
  }

  // ---- requests of members

  join(groupId: string, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#options.config()
    const { memberId, sessionTimeoutMs } = request
    const group = this.#groups.get(groupId)
    if (groupId === '') respond(joinFailed(ErrorCode.INVALID_GROUP_ID, memberId))
    else if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      respond(joinFailed(ErrorCode.INVALID_SESSION_TIMEOUT, memberId))
    } else if (group === undefined && memberId !== '') respond(joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, memberId))
    else this.#protocol.join(group ?? this.#create(groupId), request, respond)
  }

  #create(groupId: string): ClassicGroup {
    return getOrInsert(this.#groups, groupId, () => new ClassicGroup(groupId, this.#context.nowMs()))
  }

  sync(groupId: string, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) respond(syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
    else this.#protocol.sync(group, request, respond)
  }

  heartbeat(groupId: string, memberId: string, generationId: number): number {
    const group = this.#groups.get(groupId)
    return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#protocol.heartbeat(group, memberId, generationId)
  }

  leave(groupId: string, memberId: string, reason: string): number {
    const group = this.#groups.get(groupId)
    return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#protocol.leave(group, memberId, reason)
  }

  // ---- offsets

  /** Throws ApiError when the sender may not commit; else answers per partition once the records are committed. */
  commit(request: CommitRequest, respond: (codes: PartitionCodes) => void): void {
    const { groupId, memberId, generationId, offsets } = request
    this.#protocol.checkCommit(this.#committable(groupId, generationId), memberId, generationId)
    const bytesMax = this.#options.config().offsetMetadataBytesMax
    const codes = offsets.map(({ metadata }) =>
      Buffer.byteLength(metadata ?? '') > bytesMax ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE,
    )
    const nowMs = BigInt(this.#context.nowMs())
    const records = offsets
      .filter((_, i) => codes[i] === ErrorCode.NONE)
      .map(
        (offset): OffsetRecord => ({ kind: 'offset', groupId, ...keyOf(offset), value: committedValue(offset, nowMs) }),
      )
    this.#store(records, codes, respond)
  }

  /** A client without a generation may commit for a group that nobody has joined; any other needs the group. */
  #committable(groupId: string, generationId: number): ClassicGroup {
    const group = this.#groups.get(groupId)
    if (group !== undefined) return group
    if (generationId >= 0) throw new ApiError(ErrorCode.ILLEGAL_GENERATION, `group ${groupId} does not exist`)
    return this.#create(groupId)
  }

  #store(records: readonly GroupRecord[], codes: PartitionCodes, respond: (codes: PartitionCodes) => void): void {
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

  committed(groupId: string, { topic, partition }: OffsetKey): CommittedOffset | null {
    return this.#offsets.committed(groupId, topic, partition)
  }

  allCommitted(groupId: string): readonly (OffsetKey & { readonly value: CommittedOffset })[] {
    return this.#offsets.committedOf(groupId)
  }

  /** OffsetDelete: partitions of topics that members subscribe to stay. Throws GROUP_ID_NOT_FOUND. */
  deleteOffsets(
    {
      groupId,
      keys,
      subscribed,
    }: { groupId: string; keys: readonly OffsetKey[]; subscribed: (group: ClassicGroup, topic: string) => boolean },
    respond: (codes: PartitionCodes) => void,
  ): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `group ${groupId} does not exist`)
    const codes = keys.map(({ topic }) =>
      group.size > 0 && subscribed(group, topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE,
    )
    const records = keys
      .filter((key, i) => codes[i] === ErrorCode.NONE && this.committed(groupId, key) !== null)
      .map((key): OffsetRecord => ({ kind: 'offset', groupId, ...keyOf(key), value: null }))
    this.#store(records, codes, respond)
  }

  // ---- administration

  group(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  groups(): readonly ClassicGroup[] {
    return [...this.#groups.values()]
  }

  /** Takes away an empty group and its offsets; answers with an error code. */
  deleteGroup(groupId: string, respond: (code: number) => void): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) {
      respond(ErrorCode.GROUP_ID_NOT_FOUND)
      return
    }
    if (group.state !== 'empty') {
      respond(ErrorCode.NON_EMPTY_GROUP)
      return
    }
    const records: GroupRecord[] = this.#offsets
      .newestOf(groupId)
      .map((key): OffsetRecord => ({ kind: 'offset', groupId, ...key, value: null }))
    records.push({ kind: 'classic-group', groupId, value: null })
    this.#context.append({
      records,
      committed: () => {
        this.#end(group, ErrorCode.GROUP_ID_NOT_FOUND)
        this.#groups.delete(groupId)
        respond(ErrorCode.NONE)
      },
      failed: respond,
    })
  }
}

const keyOf = ({ topic, partition }: OffsetKey): OffsetKey => ({ topic, partition })

function committedValue({ offset, leaderEpoch, metadata, topicId }: OffsetToCommit, nowMs: bigint): CommittedOffset {
  return { offset, leaderEpoch, metadata: metadata ?? '', commitTimestampMs: nowMs, topicId }
}
