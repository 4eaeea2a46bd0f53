/**
 * All groups whose records lie in one partition of `__consumer_offsets`: requests in, records and replies out. One
 * shard of the coordinator runtime; it sees committed offsets only, and is loaded by replaying its partition.
 */
import { ApiError, getOrInsert, shortened } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicMember, type JoinReply, type MemberIdentity, type SyncReply } from './classic-member.ts'
import { ClassicProtocol, type JoinRequest, type SyncRequest } from './classic-protocol.ts'
import { ForeignGroups } from './foreign-groups.ts'
import type { GroupEvents } from './group-events.ts'
import { GroupOffsets } from './group-offsets.ts'
import { type GroupRecord, type StoredGroup, storedProtocols } from './group-record.ts'
import type { CommitRequest, FetchOffsetsRequest, GroupConfig } from './group-requests.ts'
import {
  describe,
  describeFailed,
  foreignListing,
  type GroupDescription,
  type GroupListing,
  listing,
} from './group-state.ts'
import { OffsetStore } from './offset-store.ts'
import { joinFailed, Rebalance, syncFailed } from './rebalance.ts'
import { consumerProtocolType, subscribedTopics } from './subscription.ts'

export interface GroupCoordinatorOptions {
  readonly context: ShardContext<GroupRecord>
  /** Read at each use: some of it is dynamic. */
  readonly config: () => GroupConfig
  readonly report: (message: string) => void
  readonly events: GroupEvents
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #groups = new Map<string, ClassicGroup>()
  /** Filled while the partition is loaded, and then given up for `#groups`. */
  #stored: Map<string, StoredGroup> | undefined = new Map<string, StoredGroup>()
  readonly #offsetStore = new OffsetStore()
  /** Commits, fetches and deletions of offsets. */
  readonly offsets: GroupOffsets
  readonly foreign = new ForeignGroups()
  readonly #rebalance: Rebalance
  readonly #protocol: ClassicProtocol

  constructor(options: GroupCoordinatorOptions) {
    const { context, config, report, events } = options
    this.#options = options
    this.#rebalance = new Rebalance({
      initialRebalanceDelayMs: () => config().initialRebalanceDelayMs,
      context,
      events,
    })
    this.#protocol = new ClassicProtocol({
      context,
      rebalance: this.#rebalance,
      groupSizeMax: () => config().groupSizeMax,
      onPendingExpired: (group) => this.#forgetIfUnused(group),
    })
    this.offsets = new GroupOffsets({
      context,
      report,
      store: this.#offsetStore,
      metadataLengthMax: () => config().offsetMetadataBytesMax,
      owners: {
        checkCommit: (request) => this.#checkCommit(request),
        checkFetch: (request) => this.#checkFetch(request),
        subscriptionOf: (groupId) => this.#subscriptionOf(groupId),
        forgetIfUnused: (groupId) => {
          const group = this.#groups.get(groupId)
          if (group !== undefined) this.#forgetIfUnused(group)
        },
      },
    })
  }

  get #context(): ShardContext<GroupRecord> {
    return this.#options.context
  }

  // ---- replay

  /** A record at `logOffset` of the partition: of an append under way, or of the log that is loaded. */
  replay(record: GroupRecord, logOffset: number): void {
    if (record.kind === 'offset') this.#offsetStore.replay(record, logOffset)
    else if (record.value === null) this.#stored?.delete(record.groupId)
    else this.#stored?.set(record.groupId, record.value)
  }

  /** The same, of a transaction that `endTransaction` decides about. */
  replayTransactional(producerId: number, record: GroupRecord, logOffset: number): void {
    if (record.kind === 'offset') this.#offsetStore.replayTransactional(producerId, record, logOffset)
    else this.replay(record, logOffset)
  }

  endTransaction(producerId: number, isCommit: boolean): void {
    this.#offsetStore.endTransaction(producerId, isCommit)
  }

  commitTo(offset: number): void {
    this.#offsetStore.commitTo(offset)
  }

  revertTo(offset: number): void {
    this.#offsetStore.revertTo(offset)
  }

  /** The partition is loaded: its groups go on where they were, and their members get a session to come back in. */
  loaded(): void {
    const nowMs = this.#context.nowMs()
    for (const [groupId, stored] of this.#stored ?? []) {
      if (this.foreign.get(groupId) !== undefined) continue
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
    this.#stored = undefined
    for (const groupId of this.#offsetStore.groupIds()) {
      if (this.foreign.get(groupId) === undefined) this.#create(groupId)
    }
  }

  /** The partition moves away: whoever waits is told to look for the new coordinator. */
  unload(): void {
    for (const group of this.#groups.values()) {
      this.#end(group, ErrorCode.NOT_COORDINATOR)
      this.#options.events.forget(group.groupId)
    }
    this.#groups.clear()
  }

  #end(group: ClassicGroup, code: number): void {
    for (const member of group.members()) this.#rebalance.dismiss(group, member, code)
    group.become('dead', this.#context.nowMs())
  }

  #create(groupId: string): ClassicGroup {
    return getOrInsert(this.#groups, groupId, () => new ClassicGroup(groupId, this.#context.nowMs()))
  }

  /** A group that no record tells of ends with the last request for it: nobody could take it away otherwise. */
  #forgetIfUnused(group: ClassicGroup): void {
    const isUsed = group.generationId > 0 || group.size > 0 || group.pendingJoins.size > 0
    if (isUsed || this.#offsetStore.has(group.groupId) || this.#groups.get(group.groupId) !== group) return
    this.#groups.delete(group.groupId)
    this.#options.events.forget(group.groupId)
  }

  // ---- requests of members

  join(groupId: string, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#options.config()
    const { memberId, sessionTimeoutMs } = request
    const known = this.#groups.get(groupId)
    if (groupId === '') respond(joinFailed(ErrorCode.INVALID_GROUP_ID, memberId))
    else if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      respond(joinFailed(ErrorCode.INVALID_SESSION_TIMEOUT, memberId))
    } else if (this.foreign.get(groupId) !== undefined) {
      respond(joinFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId))
    } else if (known === undefined && memberId !== '') {
      respond(joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, memberId))
    } else {
      const group = known ?? this.#create(groupId)
      this.#protocol.join(group, request, respond)
      this.#forgetIfUnused(group)
    }
  }

  sync(groupId: string, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) respond(syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
    else this.#protocol.sync(group, request, respond)
  }

  heartbeat(groupId: string, identity: MemberIdentity, generationId: number): number {
    const group = this.#groups.get(groupId)
    return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#protocol.heartbeat(group, identity, generationId)
  }

  leave(groupId: string, identity: MemberIdentity, reason: string): number {
    const group = this.#groups.get(groupId)
    if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    const code = this.#protocol.leave(group, identity, reason)
    this.#forgetIfUnused(group)
    return code
  }

  // ---- what the offsets ask

  #checkCommit(request: CommitRequest): void {
    const { groupId, memberId, generationId } = request
    const foreign = this.foreign.get(groupId)
    if (foreign !== undefined) {
      if (foreign.kind === 'unreadable') throw laterVersion(groupId)
      if (foreign.kind === 'share') throw noGroup(groupId, 'is a share group and has no offsets of this kind')
      if (foreign.hasMembers || generationId >= 0 || memberId !== '') {
        throw new ApiError(
          ErrorCode.UNKNOWN_MEMBER_ID,
          `group ${groupId} is a ${foreign.kind} group: its members commit`,
        )
      }
      return
    }
    // A client without a generation may commit for a group that nobody has joined; any other needs the group.
    if (!this.#groups.has(groupId) && generationId >= 0) {
      throw new ApiError(request.noGroupCode, `group ${groupId} does not exist`)
    }
    this.#protocol.checkCommit(this.#create(groupId), request, generationId)
  }

  #checkFetch({ groupId, memberId, memberEpoch }: FetchOffsetsRequest): void {
    const foreign = this.foreign.get(groupId)
    if (foreign?.kind === 'unreadable') throw laterVersion(groupId)
    if (foreign !== undefined && foreign.kind !== 'share' && (memberId !== null || memberEpoch >= 0)) {
      throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is not a member of group ${groupId}`)
    }
  }

  #subscriptionOf(groupId: string): (topic: string) => boolean {
    const foreign = this.foreign.get(groupId)
    if (foreign?.kind === 'unreadable') throw laterVersion(groupId)
    if (foreign?.kind === 'share') throw noGroup(groupId, 'is a share group and has no offsets of this kind')
    if (foreign !== undefined) return () => foreign.hasMembers
    const group = this.#groups.get(groupId)
    if (group === undefined) throw noGroup(groupId, 'does not exist')
    if (group.state === 'empty') return () => false
    if (group.protocolType !== consumerProtocolType) {
      throw new ApiError(ErrorCode.NON_EMPTY_GROUP, `group ${groupId} has members that are no consumers`)
    }
    const topics = subscribedTopics(group)
    return (topic) => topics?.has(topic) ?? true
  }

  // ---- administration

  group(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  describe(groupId: string): GroupDescription {
    const group = this.#groups.get(groupId)
    if (group !== undefined) return describe(group)
    const what = this.foreign.get(groupId) === undefined ? 'not found' : 'is not a classic group'
    return describeFailed(groupId, ErrorCode.GROUP_ID_NOT_FOUND, shortened(`Group ${groupId} ${what}.`))
  }

  list(): readonly GroupListing[] {
    return [...[...this.#groups.values()].map(listing), ...this.foreign.all().map(foreignListing)]
  }

  /** Takes away an empty group and its offsets; answers with an error code. */
  deleteGroup(groupId: string, respond: (code: number) => void): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) {
      respond(this.#deletionError(groupId))
      return
    }
    if (group.state !== 'empty') {
      respond(ErrorCode.NON_EMPTY_GROUP)
      return
    }
    const records: GroupRecord[] = [
      ...this.offsets.tombstonesOf(groupId),
      { kind: 'classic-group', groupId, value: null },
    ]
    // From here on it is gone: who joins now joins another group of this name.
    this.#groups.delete(groupId)
    this.#context.append({
      records,
      committed: () => {
        if (!this.#groups.has(groupId)) this.#options.events.forget(groupId)
        respond(ErrorCode.NONE)
      },
      failed: (code) => {
        getOrInsert(this.#groups, groupId, () => group)
        respond(code)
      },
    })
  }

  #deletionError(groupId: string): number {
    const foreign = this.foreign.get(groupId)
    if (foreign === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    // Its records are not ours to take away.
    return foreign.hasMembers ? ErrorCode.NON_EMPTY_GROUP : ErrorCode.INVALID_REQUEST
  }
}

const noGroup = (groupId: string, why: string): ApiError =>
  new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `group ${groupId} ${why}`)

/** Saying that there is no offset would make a consumer begin anew: better that it stops. */
const laterVersion = (groupId: string): ApiError =>
  new ApiError(ErrorCode.UNSUPPORTED_VERSION, `group ${groupId} was written by a later version`)
