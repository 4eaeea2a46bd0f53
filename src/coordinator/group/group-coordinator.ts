/**
 * All groups whose records lie in one partition of `__consumer_offsets`: requests in, records and replies out. One
 * shard of the coordinator runtime; readers see committed offsets and groups only, and it is loaded by replaying its
 * partition. What a request means, the protocol of its group says.
 */
import { ApiError, shortened } from '../../base/index.ts'
import type { ConsumerGroupConfig } from '../../config/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { type ClassicGroup, offersProtocols } from './classic-group.ts'
import { ClassicGroups } from './classic-groups.ts'
import { ClassicInConsumer } from './classic-in-consumer.ts'
import type { JoinReply, MemberIdentity, SyncReply } from './classic-member.ts'
import { ClassicProtocol, type JoinRequest, type SyncRequest } from './classic-protocol.ts'
import { groupTombstones } from './consumer-exits.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { ConsumerGroups } from './consumer-groups.ts'
import { type ConsumerConfig, ConsumerProtocol, leaves } from './consumer-protocol.ts'
import { type ConsumerHeartbeat, type ConsumerHeartbeatReply, heartbeatFailed } from './consumer-requests.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import { ForeignGroups } from './foreign-groups.ts'
import { FoundGroups } from './found-groups.ts'
import { GroupDeletion } from './group-deletion.ts'
import type { GroupEvent } from './group-event.ts'
import type { GroupEvents } from './group-events.ts'
import { classicExpiry, consumerExpiry, type GroupExpiry } from './group-expiry.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { GroupRecord, StoredGroup } from './group-record.ts'
import { GroupRefusals } from './group-refusals.ts'
import type { GroupConfig, Leaving } from './group-requests.ts'
import {
  type ConsumerDescription,
  classicStateName,
  consumerListing,
  consumerStateName,
  describe,
  describeConsumer,
  describeFailed,
  foreignListing,
  foundClassic,
  foundConsumer,
  type GroupDescription,
  type GroupListing,
  listing,
} from './group-state.ts'
import type { GroupTally } from './group-tally.ts'
import { Migration, type MigrationConfig, type OpenGroup } from './migration.ts'
import { OffsetAccess } from './offset-access.ts'
import { OffsetExpiry } from './offset-expiry.ts'
import { OffsetStore } from './offset-store.ts'
import { joinFailed, Rebalance, syncFailed } from './rebalance.ts'

export interface GroupCoordinatorConfig extends GroupConfig, ConsumerConfig, MigrationConfig {}

export interface GroupCoordinatorOptions {
  readonly context: ShardContext<GroupRecord>
  /** Read at each use: some of it is dynamic. */
  readonly config: () => GroupCoordinatorConfig
  /** Of one group of the consumer protocol. */
  readonly configOf: (groupId: string) => ConsumerGroupConfig
  readonly topics: ConsumerTopics
  readonly report: (message: string) => void
  readonly events: GroupEvents
  readonly tally: GroupTally
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #consumers = new ConsumerGroups()
  readonly #classics: ClassicGroups
  /** Filled while the partition is loaded, and then given up for `#classics`. */
  #stored: Map<string, StoredGroup> | undefined = new Map<string, StoredGroup>()
  readonly #offsetStore = new OffsetStore()
  /** Commits, fetches and deletions of offsets. */
  readonly offsets: GroupOffsets
  readonly #expiry: OffsetExpiry
  readonly deletion: GroupDeletion
  readonly refusals: GroupRefusals
  readonly foreign = new ForeignGroups()
  #found = new FoundGroups(0)
  readonly #rebalance: Rebalance
  readonly #classic: ClassicProtocol
  readonly #consumer: ConsumerProtocol
  readonly #mixed: ClassicInConsumer
  readonly #migration: Migration

  constructor(options: GroupCoordinatorOptions) {
    const { context, config, report, events, topics, tally } = options
    this.#options = options
    const initialRebalanceDelayMs = (): number => config().initialRebalanceDelayMs
    this.#rebalance = new Rebalance({ initialRebalanceDelayMs, context, events })
    const hasOffsets = (groupId: string): boolean => this.#offsetStore.has(groupId)
    this.#classics = new ClassicGroups({ context, events, hasOffsets, rebalance: this.#rebalance })
    this.#classic = new ClassicProtocol({
      context,
      rebalance: this.#rebalance,
      groupSizeMax: () => config().classicSizeMax,
      onPendingExpired: (group) => this.#classics.forgetIfUnused(group),
    })
    this.#expiry = new OffsetExpiry({
      context,
      report,
      tally,
      store: this.#offsetStore,
      retentionMs: () => config().offsetsRetentionMs,
      checkIntervalMs: () => config().offsetsRetentionCheckIntervalMs,
      owners: {
        groupIds: () => this.#groupIds(),
        expiryOf: (groupId) => this.#expiryOf(groupId),
        removeIfEmpty: (groupId, end) => this.deletion.removeIfEmpty(groupId, end),
      },
    })
    this.#migration = new Migration({
      context,
      config,
      topics,
      events,
      classics: this.#classics,
      rebalance: this.#rebalance,
      protocol: () => this.#consumer,
    })
    this.#consumer = this.#consumerProtocol()
    this.#mixed = new ClassicInConsumer({
      context,
      topics,
      protocol: this.#consumer,
      migration: this.#migration,
      isMigrationDisabled: () => config().migrationPolicy === 'DISABLED',
    })
    const owners = new OffsetAccess({
      topics,
      foreign: this.foreign,
      classics: this.#classics,
      consumers: this.#consumers,
      classicProtocol: this.#classic,
    })
    const metadataLengthMax = (): number => config().offsetMetadataBytesMax
    this.offsets = new GroupOffsets({ context, report, tally, owners, metadataLengthMax, store: this.#offsetStore })
    const { timers } = this.#consumer
    this.refusals = new GroupRefusals({ events, timers, classics: this.#classics, consumers: this.#consumers })
    this.deletion = new GroupDeletion({
      context,
      events,
      classics: this.#classics,
      consumers: this.#consumers,
      foreign: this.foreign,
      store: this.#offsetStore,
    })
  }

  #consumerProtocol(): ConsumerProtocol {
    const { context, config, configOf, events, topics } = this.#options
    return new ConsumerProtocol({
      context,
      config,
      configOf,
      topics,
      events,
      groupOf: (groupId) => this.#consumers.get(groupId),
      downgrade: (group, leaving, done) => {
        const isDue = this.#migration.mustDowngrade(group, leaving)
        if (isDue) this.#migration.downgrade(group, leaving, done)
        return isDue
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
    else if (record.kind !== 'classic-group') this.#consumers.replay(record, logOffset)
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
    this.#consumers.commitTo(offset)
  }

  revertTo(offset: number): void {
    this.#offsetStore.revertTo(offset)
    this.#consumers.revertTo(offset)
  }

  /** The partition is loaded: its groups go on where they were, and their members get a session to come back in. */
  loaded(): void {
    const isOther = (groupId: string): boolean =>
      this.foreign.get(groupId) !== undefined || this.#consumers.get(groupId) !== undefined
    const unassigned: ClassicGroup[] = []
    for (const [groupId, stored] of this.#stored ?? []) {
      const group = isOther(groupId) ? undefined : this.#classics.restore(groupId, stored)
      if (group !== undefined) unassigned.push(group)
    }
    this.#stored = undefined
    for (const groupId of this.#offsetStore.groupIds()) if (!isOther(groupId)) this.#classics.getOrMake(groupId)
    this.#found = new FoundGroups(this.#context.nowMs())
    for (const group of this.#consumers.allShown()) this.#found.add(foundConsumer(group))
    for (const group of this.#classics.allShown()) {
      this.#found.add(foundClassic(group))
      this.#classic.checkSize(group)
    }
    // They were told to rebalance, and what they have may leave partitions to nobody.
    for (const group of unassigned) this.#rebalance.start(group, { kind: 'migrated', from: 'consumer' })
    for (const group of this.#consumers.all()) {
      this.#consumer.regexes.loaded(group)
      for (const { memberId } of group.members()) this.#consumer.resume(group.groupId, memberId)
    }
    this.#expiry.start()
  }

  /** The partition moves away: whoever waits is told to look for the new coordinator. */
  unload(): void {
    this.#classics.endAll(ErrorCode.NOT_COORDINATOR)
  }

  /** `changed`: names of topics that came, went or changed; the groups look at them with their next request. */
  topicsChanged(changed: ReadonlySet<string>, haveCome: boolean): void {
    if (haveCome) this.#consumer.regexes.topicsCame()
    // Mostly one topic has changed, and there are many groups with many.
    for (const group of this.#consumers.all()) {
      for (const name of changed) {
        if (!group.subscriptions.hasTopic(name)) continue
        group.metadataChanged()
        break
      }
    }
  }

  // ---- requests of members of the consumer protocol

  /** Answers once what was decided is committed. */
  consumerHeartbeat(
    groupId: string,
    request: ConsumerHeartbeat,
    respond: (reply: ConsumerHeartbeatReply) => void,
  ): void {
    try {
      const group = this.#consumers.get(groupId)
      const reply = group && this.#consumer.stays(group, request)
      if (reply !== undefined) {
        this.#context.append({
          records: [],
          committed: () => respond(reply),
          failed: (code) => respond(heartbeatFailed(code, null)),
        })
      } else if (leaves(request)) this.#consumerLeaves(groupId, request, respond)
      else this.#consumerStays(groupId, request, respond)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.refusals.heartbeat(groupId, request, error)
      respond(heartbeatFailed(error.code, error.message))
    }
  }

  #consumerStays(groupId: string, request: ConsumerHeartbeat, respond: (reply: ConsumerHeartbeatReply) => void): void {
    const open = this.#open(groupId, request.memberEpoch === 0)
    const { news } = open
    const decide = () => this.#consumer.heartbeat(open.group, request)
    const { records, reply, lost } = news === undefined ? decide() : this.#options.events.reportFirst(news, decide)
    open.begin()
    this.#context.append({
      records: open.records.length === 0 ? records : [...open.records, ...records],
      settled: (code) => {
        if (code === ErrorCode.NONE) open.written()
        else {
          open.undo(code)
          lost()
          if (code === ErrorCode.UNKNOWN_SERVER_ERROR) this.#tooMuch(open.group, code)
        }
      },
      committed: () => respond(reply),
      failed: (code) => respond(heartbeatFailed(code, null)),
    })
  }

  /** A new assignment may have no room in a batch (`max.message.bytes`): nobody else tells of it. */
  #tooMuch({ groupId, epoch }: ConsumerGroup, errorCode: number): void {
    const change = { kind: 'not-stored', what: 'what a heartbeat has made of it', errorCode } as const
    this.#options.events.report({ groupId, epoch, change })
  }

  #consumerLeaves(groupId: string, request: ConsumerHeartbeat, respond: (reply: ConsumerHeartbeatReply) => void): void {
    const { memberId, memberEpoch } = request
    this.#consumer.leave(this.#open(groupId, false).group, request, {
      committed: () => respond({ ...heartbeatFailed(ErrorCode.NONE, null), memberId, memberEpoch }),
      failed: (code) => respond(heartbeatFailed(code, null)),
    })
  }

  /** Throws GROUP_ID_NOT_FOUND. */
  #open(groupId: string, creates: boolean): OpenGroup {
    const group = this.#consumers.get(groupId)
    if (group !== undefined) return asItIs(group)
    const classic = this.#classics.get(groupId)
    if (this.foreign.get(groupId) !== undefined || (classic !== undefined && !creates)) {
      throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group.`)
    }
    if (classic?.state === 'empty') return this.#migration.replace(classic, ConsumerGroup.of(groupId, []))
    if (classic !== undefined) return this.#migration.upgrade(classic)
    if (creates) return asItIs(ConsumerGroup.of(groupId, []))
    throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Consumer group ${groupId} not found.`)
  }

  // ---- requests of members of the classic protocol

  join(groupId: string, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#options.config()
    const { memberId, sessionTimeoutMs } = request
    if (groupId === '') respond(joinFailed(ErrorCode.INVALID_GROUP_ID, memberId))
    else if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      const bounds = `group.min.session.timeout.ms (${sessionTimeoutMsMin}) to group.max.session.timeout.ms (${sessionTimeoutMsMax})`
      const why = `its session.timeout.ms is ${sessionTimeoutMs}; the broker takes ${bounds}`
      this.refusals.join(groupId, request, new ApiError(ErrorCode.INVALID_SESSION_TIMEOUT, why))
      respond(joinFailed(ErrorCode.INVALID_SESSION_TIMEOUT, memberId))
    } else if (this.foreign.get(groupId) !== undefined) {
      respond(joinFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId))
    } else {
      this.#join(groupId, request, respond)
    }
  }

  #join(groupId: string, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const consumer = this.#consumers.get(groupId)
    if (consumer !== undefined && consumer.size > 0) {
      try {
        this.#mixed.join(consumer, request, respond)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        this.refusals.join(groupId, request, error)
        respond(joinFailed(error.code, request.memberId))
      }
      return
    }
    const known = this.#classics.get(groupId)
    if (known === undefined && request.memberId !== '') {
      respond(joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId))
      return
    }
    // It would not be taken in, and must not end a group either.
    if (consumer !== undefined && !offersProtocols(request.protocolType, request.protocols)) {
      respond(joinFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId))
      return
    }
    const group = known ?? this.#classics.getOrMake(groupId)
    if (consumer !== undefined) this.#giveRoom(consumer, group)
    this.#classic.join(group, request, respond)
    this.#classics.forgetIfUnused(group)
  }

  /** An empty group of the consumer protocol ends, and is one of the classic protocol. */
  #giveRoom(consumer: ConsumerGroup, group: ClassicGroup): void {
    const change = { kind: 'migration', from: 'consumer', to: 'classic', memberCount: 0 } as const
    const { groupId, generationId: epochAfter } = group
    this.#options.events.report({ groupId, epoch: consumer.epoch, epochAfter, change })
    this.#context.append({
      records: groupTombstones(consumer),
      committed: nothing,
      failed: nothing,
      settled: (code) => {
        if (code !== ErrorCode.NONE) this.#classics.end(group, code)
      },
    })
  }

  sync(groupId: string, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const consumer = this.#consumers.get(groupId)
    const group = this.#classics.get(groupId)
    try {
      if (consumer !== undefined) this.#mixed.sync(consumer, request, respond)
      else if (group !== undefined) this.#classic.sync(group, request, respond)
      else respond(syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      respond(syncFailed(error.code))
    }
  }

  /** Returns an error code. */
  heartbeat(groupId: string, identity: MemberIdentity, generationId: number): number {
    const consumer = this.#consumers.get(groupId)
    const group = this.#classics.get(groupId)
    try {
      if (consumer !== undefined) return this.#mixed.heartbeat(consumer, identity, generationId)
      return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#classic.heartbeat(group, identity, generationId)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return error.code
    }
  }

  /** Answers with an error code for each. */
  leave(groupId: string, members: readonly Leaving[], respond: (codes: readonly number[]) => void): void {
    const consumer = this.#consumers.get(groupId)
    const group = this.#classics.get(groupId)
    if (consumer !== undefined) this.#mixed.leave(consumer, members, respond)
    else if (group === undefined) respond(members.map(() => ErrorCode.UNKNOWN_MEMBER_ID))
    else {
      const codes = this.#classic.leave(group, members)
      this.#classics.forgetIfUnused(group)
      respond(codes)
    }
  }

  // ---- administration

  describe(groupId: string): GroupDescription {
    const isConsumer = this.#consumers.shown(groupId) !== undefined
    const group = isConsumer ? undefined : this.#classics.shown(groupId)
    if (group !== undefined) return describe(group)
    const what = isConsumer || this.foreign.get(groupId) !== undefined ? 'is not a classic group' : 'not found'
    return describeFailed(groupId, ErrorCode.GROUP_ID_NOT_FOUND, shortened(`Group ${groupId} ${what}.`))
  }

  describeConsumer(groupId: string): ConsumerDescription {
    const group = this.#consumers.shown(groupId)
    if (group !== undefined) {
      return describeConsumer(group, { topics: this.#options.topics, assignors: this.#options.config().assignors })
    }
    const isOther = this.#classics.shown(groupId) !== undefined || this.foreign.get(groupId) !== undefined
    const message = `Group ${groupId} ${isOther ? 'is not a consumer group' : 'not found'}.`
    throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, shortened(message))
  }

  /** What is known to have happened to it here, be there such a group or not; oldest first. */
  eventsOf(groupId: string): readonly GroupEvent[] {
    const found = this.#found.eventOf(groupId)
    const events = this.#options.events.of(groupId)
    return found === undefined ? events : [found, ...events]
  }

  /** Undefined: there is no such group. */
  stateOf(groupId: string): string | undefined {
    const consumer = this.#consumers.shown(groupId)
    if (consumer !== undefined) return consumerListing(consumer).state
    const classic = this.#classics.shown(groupId)
    if (classic !== undefined) return listing(classic).state
    const foreign = this.foreign.get(groupId)
    return foreign && foreignListing(foreign).state
  }

  get loadedMs(): number {
    return this.#found.loadedMs
  }

  list(): readonly GroupListing[] {
    const consumers = this.#consumers.allShown()
    const ids = new Set(consumers.map(({ groupId }) => groupId))
    const classics = this.#classics.allShown().filter(({ groupId }) => !ids.has(groupId))
    return [...classics.map(listing), ...consumers.map(consumerListing), ...this.foreign.all().map(foreignListing)]
  }

  /** Each group that `list` would tell of. */
  countStates(count: (type: string, state: string) => void): void {
    for (const group of this.#classics.allShown()) {
      if (this.#consumers.shown(group.groupId) === undefined) count('classic', classicStateName(group))
    }
    for (const group of this.#consumers.allShown()) count('consumer', consumerStateName(group))
    for (const { type, state } of this.foreign.all().map(foreignListing)) count(type, state)
  }

  *#groupIds(): Generator<string> {
    yield* this.#classics.ids()
    for (const { groupId } of this.#consumers.all()) yield groupId
  }

  #expiryOf(groupId: string): GroupExpiry | undefined {
    const consumer = this.#consumers.get(groupId)
    if (consumer !== undefined) return consumerExpiry(consumer)
    const group = this.#classics.get(groupId)
    return group === undefined ? undefined : classicExpiry(group)
  }
}

const nothing = (): void => undefined

const asItIs = (group: ConsumerGroup): OpenGroup => ({
  group,
  records: [],
  news: undefined,
  begin: nothing,
  written: nothing,
  undo: nothing,
})
