/**
 * A member of a classic group: joins, lets the leader share out partitions or does that itself, and beats until the group rebalances.
 *
 *   joining      waits until all have come (JoinGroup)
 *   syncing      waits for the leader's assignment (SyncGroup)
 *   stable       beats; a rebalance, other topics, or partitions to give up lead back to joining
 *   left         the application has asked for nothing for too long, or has closed it
 *
 * With an assignor of the old kind all partitions are given up before each join; with a cooperative one only those that somebody else is
 * to have, and then the group rebalances once more (KIP-429).
 */
import type { Clock, Logger, Timer } from '../../base/index.ts'
import { PeerError, UnsupportedVersionError } from '../../peer/index.ts'
import {
  ErrorCode,
  heartbeat,
  type JoinGroupResponse,
  joinGroup,
  leaveGroup,
  retriableErrors,
  syncGroup,
} from '../../protocol/index.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type {
  Assignment,
  Assignor,
  GroupMember,
  OwnedPartitions,
  TopicPartition,
} from '../consumer/assignors/assignor.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import { type MemberName, nobody } from './committed-offsets.ts'
import { type Coordinator, coordinatorElsewhere } from './coordinator.ts'
import { MemberEpoch } from './member-epoch.ts'
import { type Assignee, type Membership, without } from './membership.ts'
import { rest } from './rest.ts'
import { decodeAssignment, decodeMember, encodeAssignment, encodeSubscription } from './subscription.ts'

export interface ClassicMemberOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly coordinator: Coordinator
  readonly metadata: Metadata
  readonly assignee: Assignee
  readonly groupId: string
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  /** In the order in which they are liked. */
  readonly assignors: readonly Assignor[]
  readonly topics: () => readonly string[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly requestTimeoutMs: number
  /** Between attempts to join that fail. */
  readonly retryMs: number
}

const protocolType = 'consumer'
const noGeneration = -1
/** Since when a member may be static (Kafka 2.3, KIP-345): before, its name would be left out. */
const staticVersion = 5
/** What a request may take longer than the group lets its members wait. */
const joinSlackMs = 5000

/** What the coordinator knows of this member is over: whoever has its partitions is not known. */
const lostCodes: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION])

/** The application has had what it has in hand for too long: somebody else is to have what this member has. */
class Silent extends Error {}

/** Told by a coordinator, and dealt with in `#run`. */
class Told extends Error {
  readonly errorCode: number

  constructor(errorCode: number) {
    super(`error ${errorCode}`)
    this.errorCode = errorCode
  }
}

function fair<R extends { readonly errorCode: number }>(response: R): R {
  if (response.errorCode !== ErrorCode.NONE) throw new Told(response.errorCode)
  return response
}

export class ClassicMember implements Membership {
  readonly #options: ClassicMemberOptions
  readonly #stopLooking: () => void
  #memberId = ''
  #generation = noGeneration
  /** In whose name is committed: from the joining until the member is lost. */
  #epoch: MemberEpoch | undefined
  /** When the coordinator was last told of this member, and heard it. */
  #heardMs = Number.NEGATIVE_INFINITY
  #isRunning = false
  #isClosed = false
  /** Something has changed that asks for another generation. */
  #mustRejoin = false
  #wake: (() => void) | undefined
  /** The application asks again, behind a silence. */
  #asked: (() => void) | undefined
  /** What it was given last. */
  #last: OwnedPartitions | undefined
  /** As the leader last shared them out: partitions of each topic. */
  #shared: ReadonlyMap<string, number> | undefined
  /** What the members of the group want, while this one is their leader. */
  #groupTopics: ReadonlySet<string> = new Set()

  constructor(options: ClassicMemberOptions) {
    this.#options = options
    const { metadata } = options
    const stops = [metadata.onChange(() => this.#look()), metadata.wantedBy(() => this.#groupTopics)]
    this.#stopLooking = () => {
      for (const stop of stops) stop()
    }
  }

  get name(): MemberName {
    return this.#epoch ?? { ...nobody, groupInstanceId: this.#options.groupInstanceId }
  }

  begin(): void {
    this.#asked?.()
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#run()
      .catch((error: unknown) => this.#options.assignee.failed(error))
      .finally(() => {
        this.#isRunning = false
      })
  }

  changed(): void {
    this.#mustRejoin = true
    this.#wake?.()
  }

  async leave(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopLooking()
    this.#wake?.()
    this.#asked?.()
    const { assignee } = this.#options
    // Nobody hears of another generation any more.
    this.#epoch?.move(false)
    try {
      if (this.#generation !== noGeneration) await assignee.revoke(assignee.assigned, this.name)
    } finally {
      await this.#sayGoodbye()
      this.#epoch?.end()
    }
  }

  /** A static member stays: it may be back in time. */
  async #sayGoodbye(): Promise<void> {
    const { coordinator, groupId, groupInstanceId } = this.#options
    if (this.#memberId === '' || groupInstanceId !== null) return
    const memberId = this.#memberId
    const request = leaveGroup.request.create({
      groupId,
      memberId,
      members: [{ memberId, reason: 'the consumer was closed' }],
    })
    await coordinator.sayGoodbye(leaveGroup, request)
  }

  /** Coordinators before Kafka 2.2 name a member when it is in the group. One that was closed before that has not left yet. */
  async #leaveUnnamed({ memberId }: JoinGroupResponse): Promise<void> {
    if (this.#memberId !== '') return
    this.#memberId = memberId
    await this.#sayGoodbye()
  }

  #deadline(afterMs?: number): Deadline {
    return this.#options.coordinator.deadline(afterMs)
  }

  // ---- generation after generation

  async #run(): Promise<void> {
    const { assignee, retryMs, groupId } = this.#options
    while (!this.#isClosed) {
      try {
        this.#mustRejoin = false
        await this.#joinOnce()
        await this.#beat()
      } catch (error) {
        if (this.#isClosed) return
        if (error instanceof Silent) {
          await this.#fallSilent()
          continue
        }
        if (this.#isUnheard) this.#loseAll()
        if (!this.#isPassing(error)) {
          this.#loseAll()
          assignee.failed(error instanceof Told ? KafkaError.of(error.errorCode, `group '${groupId}'`) : error)
          return
        }
        if (!(error instanceof Told && error.errorCode === ErrorCode.REBALANCE_IN_PROGRESS)) await this.#rest(retryMs)
      }
    }
  }

  /** Until the application asks again: `begin`. */
  async #fallSilent(): Promise<void> {
    const { assignee, logger, groupId, rebalanceTimeoutMs } = this.#options
    logger.log('warn', 'the application has not asked for the next record in time: the group goes on without it', {
      group: groupId,
      maxPollIntervalMs: rebalanceTimeoutMs,
    })
    const asked = new Promise<void>((resolve) => {
      this.#asked = resolve
    })
    this.#loseAll()
    await this.#sayGoodbye()
    this.#memberId = ''
    this.#generation = noGeneration
    if (assignee.silentMs > 0) await asked
  }

  #loseAll(): void {
    const { assignee } = this.#options
    this.#leadNobody()
    this.#epoch?.end()
    if (assignee.assigned.length > 0) assignee.lose(assignee.assigned)
  }

  #checkSilence(): void {
    const { assignee, rebalanceTimeoutMs } = this.#options
    if (assignee.silentMs > rebalanceTimeoutMs) throw new Silent()
  }

  /** Whether joining again may help; and what that means for what this member has. */
  #isPassing(error: unknown): boolean {
    const { coordinator, logger, groupId } = this.#options
    if (error instanceof PeerError) return true
    if (error instanceof KafkaError) return error.isRetriable
    if (!(error instanceof Told)) return false
    const { errorCode } = error
    if (coordinatorElsewhere.has(errorCode)) coordinator.forget()
    if (lostCodes.has(errorCode)) {
      logger.log('warn', 'the group goes on without this member, which joins anew', { group: groupId, errorCode })
      this.#loseAll()
      this.#generation = noGeneration
      if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
      return true
    }
    return retriableErrors.has(errorCode) || passingCodes.has(errorCode)
  }

  get #isEager(): boolean {
    return this.#options.assignors.some(({ isCooperative }) => !isCooperative)
  }

  async #joinOnce(): Promise<void> {
    const { assignee } = this.#options
    this.#checkSilence()
    if (this.#isEager && assignee.assigned.length > 0) await this.#revoke(assignee.assigned)
    // What is committed from now on may be of a generation that is over: then it is of the next one.
    this.#epoch?.move(true)
    const joined = await this.#join()
    if (this.#isClosed) {
      await this.#leaveUnnamed(joined)
      return
    }
    this.#memberId = joined.memberId
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment
    if (!isLeader) this.#leadNobody()
    const assignments = isLeader ? await this.#share(joined) : []
    const { groupId, groupInstanceId, coordinator } = this.#options
    const { memberId, generationId, protocolName } = joined
    const request = syncGroup.request.create({
      ...{ groupId, groupInstanceId, memberId, generationId, protocolType, protocolName, assignments },
    })
    const timeoutMs = this.#joinTimeoutMs
    const said = await coordinator.once(syncGroup, request, { deadline: this.#deadline(), timeoutMs, lane: 'join' })
    this.#heard(said)
    const synced = fair(said)
    if (this.#isClosed) return
    this.#reach(memberId, generationId)
    const owned = decodeAssignment(synced.assignment)
    this.#last = { owned, generation: this.#generation }
    await this.#reconcile(owned)
  }

  #reach(memberId: string, generation: number): void {
    const { groupInstanceId } = this.#options
    this.#generation = generation
    if (this.#epoch === undefined || this.#epoch.isOver || this.#epoch.memberId !== memberId) {
      this.#epoch?.end()
      this.#epoch = new MemberEpoch({ memberId, groupInstanceId, epoch: generation })
    }
    this.#epoch.reach(generation)
    this.#epoch.move(false)
  }

  /** The application may take its time: meanwhile the group must not take this member for dead. */
  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignee, clock, heartbeatIntervalMs } = this.#options
    let isDone = false
    let timer: Timer | undefined
    const beat = async (): Promise<void> => {
      await new Promise<void>((resolve) => {
        timer = clock.after(heartbeatIntervalMs, resolve)
      })
      if (isDone || this.#isClosed || this.#generation === noGeneration) return
      await this.#beatOnce()
      await beat()
    }
    beat().catch(() => undefined)
    // Where a hook of the application throws they are given up all the same.
    await assignee.revoke(partitions, this.name).catch((error: unknown) => assignee.failed(error))
    isDone = true
    // A timer keeps the process alive.
    timer?.cancel()
  }

  async #reconcile(target: readonly TopicPartition[]): Promise<void> {
    const { assignee, logger, groupId } = this.#options
    const before = assignee.assigned
    const gone = without(before, target)
    const news = without(target, before)
    logger.log('info', 'partitions are shared out', {
      group: groupId,
      generation: this.#generation,
      has: target.length,
      new: news.length,
      gone: gone.length,
    })
    if (gone.length > 0) {
      await this.#revoke(gone)
      // So that who is to have them gets them.
      this.#mustRejoin = true
    }
    if (!this.#isClosed) assignee.take(news)
  }

  async #join(): Promise<JoinGroupResponse> {
    const { groupId, groupInstanceId, rackId, assignors, topics, assignee, coordinator } = this.#options
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const subscription = { topics: topics(), owned: assignee.assigned, generation: this.#generation, rackId }
    const last = this.#last
    const protocols = assignors.map(({ name, userData }) => ({
      name,
      metadata: encodeSubscription({ ...subscription, userData: last && userData?.encode(last) }),
    }))
    const ask = async (): Promise<JoinGroupResponse> => {
      const request = joinGroup.request.create({
        ...{ groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType },
        memberId: this.#memberId,
        protocols,
      })
      const [min, max] = joinGroup.versions
      const versions = [groupInstanceId === null ? min : staticVersion, max] as const
      const limits = { deadline: this.#deadline(), timeoutMs: this.#joinTimeoutMs, lane: 'join', versions } as const
      const joined = await coordinator.once(joinGroup, request, limits).catch((error: unknown) => {
        if (!(error instanceof UnsupportedVersionError)) throw error
        const what = groupInstanceId === null ? 'the classic protocol' : 'groupInstanceId'
        throw new KafkaError('UNSUPPORTED_VERSION', `the cluster does not serve ${what}`, { cause: error })
      })
      // However long the others have taken.
      this.#heard(joined)
      return joined
    }
    const first = await ask()
    if (first.errorCode !== ErrorCode.MEMBER_ID_REQUIRED || this.#isClosed) return fair(first)
    // Now that it has a name it is waited for (KIP-394).
    this.#memberId = first.memberId
    return fair(await ask())
  }

  /** A coordinator that answers so has this member, and counts from now on how long it is silent. */
  #heard({ errorCode }: { readonly errorCode: number }, sentMs = this.#options.clock.monotonic()): void {
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.#heardMs = sentMs
  }

  get #joinTimeoutMs(): number {
    return this.#options.rebalanceTimeoutMs + joinSlackMs
  }

  // ---- what the leader does

  async #share({ members, protocolName }: JoinGroupResponse) {
    const { assignors } = this.#options
    const assignor = assignors.find(({ name }) => name === protocolName)
    if (assignor === undefined) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `the group has chosen '${protocolName}'`)
    }
    const group = members.map((member) => decodeMember(member, assignor))
    const partitions = await this.#partitionsOf(group)
    this.#shared = partitions
    const assignment: Assignment = assignor.assign({ partitions, members: group })
    return [...assignment].map(([memberId, them]) => ({ memberId, assignment: encodeAssignment(them) }))
  }

  /** Of all that members want: topics that are not there yet have none. */
  async #partitionsOf(members: readonly GroupMember[]): Promise<ReadonlyMap<string, number>> {
    const { metadata } = this.#options
    const wanted = new Set(members.flatMap(({ topics }) => topics))
    this.#groupTopics = wanted
    await this.#deadline().within(metadata.lately(wanted))
    return new Map([...wanted].map((topic) => [topic, metadata.view.topics.get(topic)?.partitions.length ?? 0]))
  }

  #leadNobody(): void {
    this.#shared = undefined
    this.#groupTopics = new Set()
  }

  /** The leader shares anew when topics have other partitions than when it did last. */
  #look(): void {
    const { view } = this.#options.metadata
    for (const [topic, count] of this.#shared ?? []) {
      const now = view.topics.get(topic)?.partitions.length ?? 0
      if (now === count) continue
      this.#shared = undefined
      this.#mustRejoin = true
      this.#wake?.()
      return
    }
  }

  // ---- in between

  /** Until there is to be another generation. A coordinator that is gone, or is another one, knows this one still. */
  async #beat(): Promise<void> {
    const { heartbeatIntervalMs, retryMs, coordinator } = this.#options
    let restMs = heartbeatIntervalMs
    for (;;) {
      if (!this.#mustRejoin) await this.#rest(restMs)
      if (this.#mustRejoin || this.#isClosed) return
      this.#checkSilence()
      const errorCode = await this.#beatOnce()
      const isElsewhere = errorCode === undefined || beatAgain.has(errorCode)
      restMs = errorCode === ErrorCode.NONE ? heartbeatIntervalMs : Math.min(retryMs, heartbeatIntervalMs)
      if (errorCode === ErrorCode.NONE) continue
      if (!isElsewhere) throw new Told(errorCode)
      coordinator.forget()
      if (this.#isUnheard) throw new Told(ErrorCode.UNKNOWN_MEMBER_ID)
    }
  }

  /** Who was not heard of for so long is none any more, to the group. */
  get #isUnheard(): boolean {
    return this.#options.clock.monotonic() - this.#heardMs > this.#options.sessionTimeoutMs
  }

  #rest(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return rest(this.#options.clock, ms, (wake) => {
      this.#wake = wake
    })
  }

  /** Undefined: nothing was heard. */
  async #beatOnce(): Promise<number | undefined> {
    const { clock, groupId, groupInstanceId, coordinator, sessionTimeoutMs, requestTimeoutMs } = this.#options
    const request = heartbeat.request.create({
      ...{ groupId, groupInstanceId, memberId: this.#memberId, generationId: this.#generation },
    })
    const sentMs = clock.monotonic()
    const leftMs = Math.max(1, this.#heardMs + sessionTimeoutMs - sentMs)
    const limits = { deadline: this.#deadline(leftMs), timeoutMs: Math.min(requestTimeoutMs, leftMs) }
    const heard = await coordinator.heard(heartbeat, request, limits)
    if (heard !== undefined) this.#heard(heard, sentMs)
    return heard?.errorCode
  }
}

/** Answers to a heartbeat behind which another coordinator, or the same one in a while, is to be asked. */
const beatAgain: ReadonlySet<number> = new Set([...coordinatorElsewhere, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS])

/** Joining again helps, though Kafka's table does not say so. */
const passingCodes: ReadonlySet<number> = new Set([ErrorCode.REBALANCE_IN_PROGRESS])
