/**
 * A member of a group of the consumer protocol (KIP-848): tells the coordinator by heartbeats what it wants and what it has, and is told
 * what it is to have.
 *
 *   joining       the first heartbeat, of epoch 0
 *   in the group  beats as often as the coordinator says; what it is told to give up is given up while the heartbeats go on, and the next
 *                 one says so, behind which others have it
 *   fenced        the coordinator does not know it any more: all is lost, and it joins anew
 *   silent        the application has asked for nothing for too long: it has left, and comes back when it is asked again
 *   left          the application has closed it
 */
import type { Clock, Logger } from '../../base/index.ts'
import { type ExponentialBackoff, UnsupportedVersionError } from '../../peer/index.ts'
import {
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeat,
  ErrorCode,
  retriableErrors,
} from '../../protocol/index.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { KafkaError } from '../kafka-error.ts'
import { type MemberName, nobody } from './committed-offsets.ts'
import { ConsumerLife, type Difference } from './consumer-life.ts'
import { type Coordinator, coordinatorElsewhere } from './coordinator.ts'
import type { Assignee, Membership } from './membership.ts'
import { rest } from './rest.ts'
import { TellingOnce } from './telling-once.ts'

export interface ConsumerMemberOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly coordinator: Coordinator
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly assignee: Assignee
  readonly groupId: string
  readonly groupInstanceId: string | null
  /** Chosen by the member itself, for as long as it lives. */
  readonly memberId: string
  readonly rackId: string | null
  /** Null: the coordinator's own choice. */
  readonly serverAssignor: string | null
  readonly topics: () => readonly string[]
  /** Matched by the coordinator, beside `topics`; null: none. */
  readonly topicRegex: () => string | null
  readonly rebalanceTimeoutMs: number
}

/** Epochs that say that the member leaves, for good or for a while. */
const leaveEpoch = -1
const leaveStaticEpoch = -2
/** A coordinator that wants heartbeats without pause does not get them. */
const intervalMsMin = 10
/** Since when topics can be matched by the coordinator. */
const regexVersion = 1

/** The application has had what it has in hand for too long. */
class Silent extends Error {}

/** The coordinator does not know this membership. */
class Fenced extends Error {}

export class ConsumerMember implements Membership {
  readonly #options: ConsumerMemberOptions
  readonly #stopLooking: () => void
  #life: ConsumerLife | undefined
  readonly #telling = new TellingOnce()
  /** Behind that it must be taken back: nothing is no pattern, to the coordinator, but the same as before. */
  #hasToldRegex = false
  #isRunning = false
  #isReconciling = false
  #isBackingOff = false
  #isClosed = false
  /** There is something to tell. */
  #isDue = false
  #wake: (() => void) | undefined
  /** The application asks again, behind a silence. */
  #asked: (() => void) | undefined

  constructor(options: ConsumerMemberOptions) {
    this.#options = options
    this.#stopLooking = options.metadata.onChange(() => {
      if (this.#life?.isMissingNames === true) this.#reconcile()
    })
  }

  get name(): MemberName {
    return this.#life ?? nobody
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
    this.#beatSoon()
  }

  async leave(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopLooking()
    this.#wake?.()
    this.#asked?.()
    const life = this.#life
    if (life === undefined || life.isOver) return
    // Nobody hears of another epoch any more.
    life.move(false)
    const { assignee } = this.#options
    try {
      if (assignee.assigned.length > 0) await assignee.revoke(assignee.assigned, life)
    } finally {
      await this.#sayGoodbye(life)
      life.end()
    }
  }

  async #sayGoodbye({ memberId }: ConsumerLife): Promise<void> {
    const { coordinator, groupId, groupInstanceId: instanceId } = this.#options
    const memberEpoch = instanceId === null ? leaveEpoch : leaveStaticEpoch
    const request = consumerGroupHeartbeat.request.create({ groupId, instanceId, memberId, memberEpoch })
    await coordinator.sayGoodbye(consumerGroupHeartbeat, request)
  }

  // ---- membership after membership

  async #run(): Promise<void> {
    const { assignee, memberId, groupInstanceId } = this.#options
    while (!this.#isClosed) {
      const life = new ConsumerLife(memberId, groupInstanceId)
      this.#life = life
      this.#telling.forgetAll()
      try {
        await this.#beat(life)
      } catch (error) {
        if (this.#isClosed) return
        life.end()
        this.#loseAll()
        if (error instanceof Silent) await this.#fallSilent(life)
        else if (!(error instanceof Fenced)) {
          assignee.failed(error)
          return
        }
      }
    }
  }

  /** Until the application asks again: `begin`. */
  async #fallSilent(life: ConsumerLife): Promise<void> {
    const { assignee, logger, groupId, rebalanceTimeoutMs } = this.#options
    logger.log('warn', 'the application has not asked for the next record in time: the group goes on without it', {
      group: groupId,
      maxPollIntervalMs: rebalanceTimeoutMs,
    })
    const asked = new Promise<void>((resolve) => {
      this.#asked = resolve
    })
    await this.#sayGoodbye(life)
    if (assignee.silentMs > 0 && !this.#isClosed) await asked
  }

  #loseAll(): void {
    const { assignee } = this.#options
    if (assignee.assigned.length > 0) assignee.lose(assignee.assigned)
  }

  // ---- heartbeats

  /** Until this membership is over. Throws Silent, Fenced, or what the application is to be told. */
  async #beat(life: ConsumerLife): Promise<void> {
    const { assignee, rebalanceTimeoutMs, backoff } = this.#options
    for (let failures = 0; !this.#isClosed; ) {
      if (assignee.silentMs > rebalanceTimeoutMs) throw new Silent()
      const response = await this.#beatOnce(life)
      if (this.#isClosed) return
      if (response !== undefined && this.#isHeard(life, response)) {
        failures = 0
        const patienceMs = Math.max(1, rebalanceTimeoutMs + 1 - assignee.silentMs)
        const intervalMs = Math.max(intervalMsMin, response.heartbeatIntervalMs)
        if (!this.#isDue) await this.#rest(Math.min(intervalMs, patienceMs))
      } else {
        this.#telling.forgetAll()
        this.#isBackingOff = true
        await this.#rest(backoff.backoffMs(failures++))
        this.#isBackingOff = false
      }
    }
  }

  #rest(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return rest(this.#options.clock, ms, (wake) => {
      this.#wake = wake
    })
  }

  #beatSoon(): void {
    this.#isDue = true
    if (!this.#isBackingOff) this.#wake?.()
  }

  /** Undefined: nothing was heard. Rejects with KafkaError for what does not pass. */
  async #beatOnce(life: ConsumerLife): Promise<ConsumerGroupHeartbeatResponse | undefined> {
    const { groupId, groupInstanceId: instanceId, coordinator } = this.#options
    this.#isDue = false
    const { memberId, epoch: memberEpoch } = life
    const request = consumerGroupHeartbeat.request.create({
      ...{ groupId, instanceId, memberId, memberEpoch },
      ...this.#news(life),
    })
    const [min, max] = consumerGroupHeartbeat.versions
    const isMatching = request.subscribedTopicRegex !== null
    const versions = [isMatching ? regexVersion : min, max] as const
    try {
      return await coordinator.heard(consumerGroupHeartbeat, request, { versions })
    } catch (error) {
      if (!(error instanceof UnsupportedVersionError)) throw error
      const what = isMatching ? 'patterns of topics in the consumer protocol' : 'the consumer protocol'
      throw new KafkaError('UNSUPPORTED_VERSION', `the cluster does not serve ${what}`, { cause: error })
    }
  }

  /** What the coordinator has not been told in this membership, or is another thing now. */
  #news(life: ConsumerLife) {
    const { rackId, rebalanceTimeoutMs, serverAssignor, topics, topicRegex } = this.#options
    const telling = this.#telling
    const regex = topicRegex() ?? (this.#hasToldRegex ? '' : null)
    if (regex !== null) this.#hasToldRegex = true
    return {
      rackId: telling.once('rackId', rackId),
      rebalanceTimeoutMs: telling.once('rebalanceTimeoutMs', rebalanceTimeoutMs) ?? -1,
      subscribedTopicNames: telling.once('topics', [...topics()].sort()),
      subscribedTopicRegex: telling.once('topicRegex', regex),
      serverAssignor: telling.once('serverAssignor', serverAssignor),
      topicPartitions: telling.once('owned', life.owned),
    }
  }

  /** False: it is to be tried again. Throws Fenced, and KafkaError for what does not pass. */
  #isHeard(life: ConsumerLife, response: ConsumerGroupHeartbeatResponse): boolean {
    const { assignee, coordinator, groupId, logger, topicRegex } = this.#options
    const { errorCode, errorMessage, memberEpoch, assignment } = response
    if (errorCode === ErrorCode.NONE) {
      this.#telling.heard()
      life.reach(memberEpoch)
      if (assignment !== null) {
        life.aimAt(assignment.topicPartitions)
        this.#reconcile()
      }
      return true
    }
    if (fencedCodes.has(errorCode) && life.hasJoined) {
      logger.log('warn', 'the group goes on without this member, which joins anew', { group: groupId, errorCode })
      throw new Fenced()
    }
    if (coordinatorElsewhere.has(errorCode)) coordinator.forget()
    const isOfRegex = errorCode === ErrorCode.INVALID_REGULAR_EXPRESSION
    const what = isOfRegex ? `pattern '${topicRegex()}' of topics` : `group '${groupId}'`
    const error = KafkaError.of(errorCode, what, errorMessage)
    // It may be allowed to read them in a while; meanwhile it has what it has.
    if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) assignee.failed(error)
    else if (!retriableErrors.has(errorCode) && !againCodes.has(errorCode)) throw error
    return false
  }

  // ---- what it has, and is to have

  #reconcile(): void {
    if (this.#isReconciling) return
    this.#isReconciling = true
    this.#giveAndTake().catch((error: unknown) => this.#options.assignee.failed(error))
  }

  /** Each look is at the newest target, of the membership of then: until nothing is to be given up. */
  async #giveAndTake(): Promise<void> {
    const { assignee } = this.#options
    try {
      for (;;) {
        const life = this.#life
        if (life === undefined || life.isOver || this.#isClosed) return
        const { gone, news } = this.#look(life)
        if (gone.length === 0) {
          life.take(news)
          this.#acknowledge(life)
          assignee.take(news)
          return
        }
        // Where a hook of the application throws they are given up all the same.
        await assignee.revoke(gone, life).catch((error: unknown) => assignee.failed(error))
        life.give(gone)
        this.#acknowledge(life)
      }
    } finally {
      this.#isReconciling = false
    }
  }

  #look(life: ConsumerLife): Difference {
    const { metadata, logger, groupId } = this.#options
    const difference = life.difference(metadata.view)
    const { gone, news, unnamed } = difference
    metadata.wantIds(unnamed)
    if (gone.length > 0 || news.length > 0 || unnamed.length > 0) {
      logger.log('info', 'partitions are shared out', {
        group: groupId,
        epoch: life.epoch,
        new: news.length,
        gone: gone.length,
        unknownTopics: unnamed.length,
      })
    }
    return difference
  }

  #acknowledge(life: ConsumerLife): void {
    if (life !== this.#life || !life.owes()) return
    this.#telling.forget('owned')
    this.#beatSoon()
  }
}

/** The member is none any more. */
const fencedCodes: ReadonlySet<number> = new Set([
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
])

/** Joining again helps, though Kafka's table does not say so. */
const againCodes: ReadonlySet<number> = new Set([ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID])
