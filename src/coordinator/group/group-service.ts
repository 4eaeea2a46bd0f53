/**
 * The group coordinator as a broker serves it: a shard for each partition of `__consumer_offsets` that it leads, and
 * the way from a group's id to its shard. The handlers 8 to 16, 42 and 47 call it; the node tells it of leadership.
 */
import { ApiError, assert, type Clock, getOrInsert, type Logger } from '../../base/index.ts'
import type { BrokerConfig } from '../../config/index.ts'
import { emptyImage, type MetadataImage, type TopicsChanges } from '../../metadata/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { Turns } from '../turns.ts'
import type { JoinReply, MemberIdentity, SyncReply } from './classic-member.ts'
import type { JoinRequest, SyncRequest } from './classic-protocol.ts'
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatReply,
  checkHeartbeat,
  heartbeatFailed,
} from './consumer-requests.ts'
import { ConsumerTopics } from './consumer-topics.ts'
import type { CoordinatorPartition } from './coordinator-partition.ts'
import { Counts } from './counts.ts'
import { GroupConfigs } from './group-configs.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { GroupEvent } from './group-event.ts'
import { eventText } from './group-event-text.ts'
import { GroupEvents } from './group-events.ts'
import type {
  CommitRequest,
  FetchedOffset,
  FetchOffsetsRequest,
  Leaving,
  OffsetKey,
  PartitionCodes,
  TopicOfOffset,
} from './group-requests.ts'
import { GroupShard } from './group-shard.ts'
import { type ConsumerDescription, describeFailed, type GroupDescription, type GroupListing } from './group-state.ts'
import { GroupTally } from './group-tally.ts'
import { groupPartition } from './java-hash.ts'
import { joinFailed, syncFailed } from './rebalance.ts'

export interface GroupServiceOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Read at each use: some of it is dynamic. */
  readonly config: () => BrokerConfig
  /** Of `__consumer_offsets`; undefined while there is no such topic. */
  readonly partitionCount: () => number | undefined
  /** The configs of a group's own; the same object as long as nothing has changed. */
  readonly groupTexts: (groupId: string) => ReadonlyMap<string, string>
  /** `max.message.bytes` of `__consumer_offsets`: no batch of records is larger. */
  readonly batchBytesMax: () => number
  /** Our own fault: the node must stop. */
  readonly onFault: (error: unknown) => void
}

export interface GroupFilter {
  /** Names as Kafka writes them, in any case; empty: all. */
  readonly states: readonly string[]
  readonly types: readonly string[]
}

/** What there is at the moment, and what has been counted. */
export interface GroupFigures {
  /** Committed, of all groups. */
  readonly offsetCount: number
  /** By type and state, as Kafka names them. */
  readonly groups: readonly { readonly type: string; readonly state: string; readonly count: number }[]
  readonly partitions: ReadonlyMap<'loading' | 'active' | 'failed', number>
  readonly loadTimesMs: { readonly max: number; readonly average: number }
  readonly tally: Omit<GroupTally, 'happened' | 'loaded' | 'loadTimesMs'>
}

export interface GroupHistory {
  readonly groupId: string
  /** As Kafka's tools name it; undefined: there is no such group now. */
  readonly state: string | undefined
  /** Of `__consumer_offsets`: this broker leads it, and has loaded it then. */
  readonly partition: number
  readonly loadedMs: number
  /** Since the load, the events of whole groups up to then were forgotten for want of room; undefined: of none. */
  readonly forgottenMs: number | undefined
  /** Oldest first. */
  readonly events: readonly GroupEvent[]
}

export interface ToldHistory extends GroupHistory {
  readonly events: readonly (GroupEvent & { readonly text: string })[]
}

interface Found {
  readonly code: number
  readonly message: string
  readonly groups: GroupCoordinator | undefined
}

const newCounts = (): Counts => new Counts()

export class GroupService {
  readonly #options: GroupServiceOptions
  readonly #shards = new Map<number, GroupShard>()
  /** What happened to the groups of all shards. */
  readonly #events: GroupEvents
  readonly #configs: GroupConfigs
  readonly #topics = new ConsumerTopics(emptyImage)
  readonly #tally = new GroupTally()
  readonly #turns: Turns
  #stopped = false

  constructor(options: GroupServiceOptions) {
    this.#options = options
    this.#configs = new GroupConfigs({ broker: options.config, textsOf: options.groupTexts })
    const { clock, logger, config } = options
    this.#turns = new Turns(clock)
    this.#events = new GroupEvents({
      nowMs: () => clock.now(),
      log: (line) => logger.log('info', line),
      tally: this.#tally,
      perGroupMax: () => config().own.number('odradek.group.events'),
      groupsMax: () => config().own.number('odradek.group.events.groups'),
    })
  }

  // ---- leadership

  /** Loads the partition in the background; requests for its groups are refused until that is done. */
  becomeLeader(index: number, leaderEpoch: number, partition: CoordinatorPartition): void {
    assert(partition.leaderEpoch === leaderEpoch, 'a partition is led in the epoch that it tells')
    if (this.#stopped) return
    const known = this.#shards.get(index)
    if (known !== undefined) {
      if (known.leaderEpoch >= leaderEpoch && known.status !== 'failed') return
      if (known.status === 'active' && known.leaderEpoch === leaderEpoch - 1) {
        known.follow(partition)
        return
      }
      this.#end(index, known)
    }
    const shard = new GroupShard(index, partition, {
      ...this.#options,
      events: this.#events,
      tally: this.#tally,
      turns: this.#turns,
      config: () => this.#configs.shard(),
      configOf: (groupId) => this.#configs.of(groupId),
      topics: this.#topics,
    })
    this.#shards.set(index, shard)
    shard.load().catch(this.#options.onFault)
  }

  /** As of `leaderEpoch` this broker leads the partition no longer; whoever waits is told so. */
  resign(index: number, leaderEpoch: number): void {
    const shard = this.#shards.get(index)
    if (shard === undefined || shard.leaderEpoch > leaderEpoch) return
    this.#shards.delete(index)
    this.#end(index, shard)
  }

  #end(index: number, shard: GroupShard): void {
    shard.end()
    this.#events.forgetWhere((groupId) => this.partitionOf(groupId) === index)
  }

  stop(): void {
    this.#stopped = true
    for (const shard of this.#shards.values()) shard.end()
    this.#shards.clear()
  }

  /** The next image is in force: what has changed in it, groups of the consumer protocol look at. */
  metadataChanged(image: MetadataImage, { topicsCreated, topicsChanged, topicsDeleted }: TopicsChanges): void {
    const created = topicsCreated.map(({ name }) => name)
    const changed = topicsChanged.map(({ after }) => after.name)
    const names = new Set([...created, ...changed, ...topicsDeleted.map(({ name }) => name)])
    this.#topics.update(image, names)
    if (names.size === 0) return
    for (const shard of this.#shards.values()) shard.topicsChanged(names, created.length > 0)
  }

  /** Topics are gone: their committed offsets are taken away. */
  topicsDeleted(topics: readonly Omit<TopicOfOffset, 'partition'>[]): void {
    for (const shard of this.#shards.values())
      if (shard.status === 'active') shard.groups().offsets.topicsDeleted(topics)
  }

  /** Where a group lives; undefined while the topic does not exist. */
  partitionOf(groupId: string): number | undefined {
    const count = this.#options.partitionCount()
    return count === undefined ? undefined : groupPartition(groupId, count)
  }

  /** The shard of a group. Throws COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS. */
  #groupsOf(groupId: string): GroupCoordinator {
    const index = this.partitionOf(groupId)
    if (this.#stopped || index === undefined) {
      const why = this.#stopped ? 'this broker stops' : 'there is no topic for groups yet'
      throw new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE, why)
    }
    const shard = this.#shards.get(index)
    if (shard === undefined) {
      throw new ApiError(ErrorCode.NOT_COORDINATOR, `partition ${index} of the groups is not led by this broker`)
    }
    return shard.groups()
  }

  // ---- requests of members: errors are in the reply

  join(groupId: string, request: JoinRequest): Promise<JoinReply> {
    return new Promise((resolve) => {
      const { code, groups } = this.#find(groupId)
      if (groups === undefined) resolve(joinFailed(code, request.memberId))
      else groups.join(groupId, request, resolve)
    })
  }

  sync(groupId: string, request: SyncRequest): Promise<SyncReply> {
    return new Promise((resolve) => {
      const { code, groups } = this.#find(groupId)
      if (groups === undefined) resolve(syncFailed(code))
      else groups.sync(groupId, request, resolve)
    })
  }

  /** Returns an error code. */
  heartbeat(groupId: string, identity: MemberIdentity, generationId: number): number {
    const { code, groups } = this.#find(groupId)
    if (groups !== undefined) return groups.heartbeat(groupId, identity, generationId)
    // A member need not rejoin because its coordinator is still reading: it will be found there.
    return code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code
  }

  /** An error code per member. Rejects with ApiError. */
  leave(groupId: string, members: readonly Leaving[]): Promise<readonly number[]> {
    return new Promise((resolve) => {
      if (groupId === '') throw new ApiError(ErrorCode.INVALID_GROUP_ID, 'a group has a name')
      this.#groupsOf(groupId).leave(groupId, members, resolve)
    })
  }

  /** At once, where nothing is to be written or waited for: most heartbeats. */
  consumerHeartbeat(
    groupId: string,
    request: ConsumerHeartbeat,
    apiVersion: number,
  ): ConsumerHeartbeatReply | Promise<ConsumerHeartbeatReply> {
    let answered: ConsumerHeartbeatReply | undefined
    let respond = (reply: ConsumerHeartbeatReply): void => {
      answered = reply
    }
    try {
      const { assignors } = this.#configs.shard()
      checkHeartbeat(groupId, request, { mustHaveMemberId: apiVersion >= 1, assignors })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#find(groupId).groups?.refusals.heartbeat(groupId, request, error)
      return heartbeatFailed(error.code, error.message)
    }
    const { code, groups, message } = this.#find(groupId)
    if (groups === undefined) return heartbeatFailed(code, message)
    groups.consumerHeartbeat(groupId, request, (reply) => respond(reply))
    if (answered !== undefined) return answered
    return new Promise((resolve) => {
      respond = resolve
    })
  }

  #find(groupId: string): Found {
    if (groupId === '') return { code: ErrorCode.INVALID_GROUP_ID, message: 'a group has a name', groups: undefined }
    try {
      return { code: ErrorCode.NONE, message: '', groups: this.#groupsOf(groupId) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { code: error.code, message: error.message, groups: undefined }
    }
  }

  // ---- offsets: an error of the whole request rejects or throws ApiError

  /** Answers once, by partition. */
  commit(request: CommitRequest, respond: (codes: PartitionCodes) => void): void {
    this.#groupsOf(request.groupId).offsets.commit(request, respond)
  }

  fetchOffsets(request: FetchOffsetsRequest): readonly FetchedOffset[] {
    return this.#groupsOf(request.groupId).offsets.fetch(request)
  }

  /** Waits for offsets that are on their way. */
  fetchStableOffsets(request: FetchOffsetsRequest): Promise<readonly FetchedOffset[]> {
    return new Promise((respond, refuse) => {
      this.#groupsOf(request.groupId).offsets.fetchStable(request, { respond, refuse })
    })
  }

  deleteOffsets(groupId: string, keys: readonly OffsetKey[]): Promise<PartitionCodes> {
    return new Promise((resolve) => {
      if (groupId === '') throw new ApiError(ErrorCode.INVALID_GROUP_ID, 'a group has a name')
      this.#groupsOf(groupId).offsets.delete(groupId, keys, resolve)
    })
  }

  // ---- administration

  figures(): GroupFigures {
    const partitions = { loading: 0, active: 0, failed: 0 }
    const counts = new Map<string, Counts>()
    let offsetCount = 0
    for (const shard of this.#shards.values()) {
      const { status } = shard
      if (status !== 'ended') partitions[status]++
      if (status !== 'active') continue
      offsetCount += shard.groups().offsets.count
      shard.groups().countStates((type, state) => getOrInsert(counts, type, newCounts).add(state, 1))
    }
    return {
      offsetCount,
      groups: [...counts].flatMap(([type, states]) =>
        [...states.entries()].map(([state, count]) => ({ type, state, count })),
      ),
      partitions: new Map([
        ['loading', partitions.loading],
        ['active', partitions.active],
        ['failed', partitions.failed],
      ]),
      loadTimesMs: this.#tally.loadTimesMs(this.#options.clock.monotonic()),
      tally: this.#tally,
    }
  }

  describe(groupId: string): GroupDescription {
    try {
      return this.#groupsOf(groupId).describe(groupId)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return describeFailed(groupId, error.code, error.message)
    }
  }

  /** Throws ApiError. */
  describeConsumer(groupId: string): ConsumerDescription {
    return this.#groupsOf(groupId).describeConsumer(groupId)
  }

  /** What happened to a group of this coordinator and is still known. Throws ApiError. */
  historyOf(groupId: string): GroupHistory {
    const groups = this.#groupsOf(groupId)
    const { forgottenMs } = this.#events
    return {
      groupId,
      state: groups.stateOf(groupId),
      partition: this.partitionOf(groupId) ?? -1,
      loadedMs: groups.loadedMs,
      forgottenMs: forgottenMs < groups.loadedMs ? undefined : forgottenMs,
      events: groups.eventsOf(groupId),
    }
  }

  /** As `historyOf`, each event with the words that the log has for it. */
  toldHistoryOf(groupId: string): ToldHistory {
    const history = this.historyOf(groupId)
    return { ...history, events: history.events.map((event) => ({ ...event, text: eventText(event) })) }
  }

  /** The groups of all partitions led here. Throws COORDINATOR_LOAD_IN_PROGRESS, or that the broker stops. */
  list({ states, types }: GroupFilter): readonly GroupListing[] {
    if (this.#stopped) throw new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'this broker stops')
    const wanted = (filter: readonly string[]): ((name: string) => boolean) => {
      const names = new Set(filter.map((name) => name.trim().toLowerCase()))
      return (name) => names.size === 0 || names.has(name.toLowerCase())
    }
    const stateWanted = wanted(states)
    const typeWanted = wanted(types)
    return [...this.#shards.values()]
      .filter(({ status }) => status !== 'failed')
      .flatMap((shard) => shard.groups().list())
      .filter(({ state, type }) => stateWanted(state) && typeWanted(type))
  }

  /** Answers with an error code. */
  deleteGroup(groupId: string): Promise<number> {
    return new Promise<number>((resolve) => this.#groupsOf(groupId).deletion.deleteGroup(groupId, resolve)).catch(
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        return error.code
      },
    )
  }
}
