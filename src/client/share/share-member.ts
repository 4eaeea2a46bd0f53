/**
 * A member of a share group (KIP-932): tells the coordinator that it is there and what it subscribes to, and is told which partitions to
 * fetch from. Others may have the same partitions; nobody waits for anybody.
 *
 *   away      not in the group: the application has not asked yet, or has not asked for too long, or something failed that does not pass
 *   joining   epoch 0: the next heartbeat says all
 *   there     an epoch that the coordinator has given
 *   left      closed
 */
import { type Clock, type Logger, type Uuid, uuidToString } from '../../base/index.ts'
import { UnsupportedVersionError } from '../../peer/index.ts'
import {
  ErrorCode,
  retriableErrors,
  type ShareGroupHeartbeatResponse,
  shareGroupHeartbeat,
} from '../../protocol/index.ts'
import { type Coordinator, coordinatorElsewhere } from '../group/coordinator.ts'
import { rest } from '../group/rest.ts'
import { KafkaError } from '../kafka-error.ts'
import type { SharePartition } from './share-session.ts'

export interface ShareMemberOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly coordinator: Coordinator
  readonly groupId: string
  /** Chosen by the client, for as long as it lives. */
  readonly id: Uuid
  readonly rackId: string
  readonly topics: () => readonly string[]
  readonly maxPollIntervalMs: number
  /** Between attempts that fail. */
  readonly retryMs: number
  /** How long the application has asked for nothing, in milliseconds. */
  readonly silentMs: () => number
  /** From now on these are fetched from. */
  readonly assigned: (partitions: readonly SharePartition[]) => void
  readonly failed: (error: unknown) => void
}

const joiningEpoch = 0
const leavingEpoch = -1
/** Until the coordinator has said how often it wants to hear. */
const heartbeatMsInitial = 1000
/** Who has nothing yet beats sooner, and later and later: a group that is new has its partitions made ready first. */
const emptyMsFirst = 100

/** The group goes on without this member, which joins anew. */
const fenced: ReadonlySet<number> = new Set([ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID])

export class ShareMember {
  readonly id: string
  readonly #options: ShareMemberOptions
  #epoch = joiningEpoch
  #sentTopics: readonly string[] | undefined
  /** Answers in a row behind which there is nothing to fetch from. */
  #emptyCount = 0
  #isAssigned = false
  /** The coordinator may know it, also where no answer has come yet. */
  #mayBeKnown = false
  #isChanged = false
  #isRunning = false
  #isClosed = false
  #wake: (() => void) | undefined

  constructor(options: ShareMemberOptions) {
    this.#options = options
    this.id = uuidToString(options.id)
  }

  /** The application asks for records. */
  begin(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#run().catch((error: unknown) => this.#options.failed(error))
  }

  /** Other topics are subscribed to. */
  changed(): void {
    this.#isChanged = true
    this.#emptyCount = 0
    this.#wake?.()
  }

  async leave(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake?.()
    await this.#sayGoodbye()
  }

  /** Until it is closed, falls silent, or fails. */
  async #run(): Promise<void> {
    try {
      await this.#beats()
    } finally {
      // In the turn in which it ends: who asks behind that begins it again.
      this.#isRunning = false
      this.#epoch = joiningEpoch
    }
  }

  async #beats(): Promise<void> {
    const { maxPollIntervalMs, silentMs, logger, groupId } = this.#options
    while (!this.#isClosed) {
      if (silentMs() > maxPollIntervalMs) {
        const text = 'the application has not asked for the next record in time: the group goes on without it'
        logger.log('warn', text, { group: groupId, maxPollIntervalMs })
        await this.#sayGoodbye()
        this.#assign([])
        // It may have asked meanwhile.
        if (silentMs() > maxPollIntervalMs) return
        continue
      }
      await this.#rest(await this.#beat())
    }
  }

  /** Returns for how long to rest. Throws KafkaError for what does not pass. */
  async #beat(): Promise<number> {
    const { coordinator, retryMs, logger, groupId, topics, failed } = this.#options
    const subscribed = topics()
    this.#isChanged = false
    const response = await this.#ask(subscribed)
    if (response === undefined || this.#isClosed) return retryMs
    const { errorCode, memberEpoch, heartbeatIntervalMs, assignment, errorMessage } = response
    if (errorCode === ErrorCode.NONE) {
      this.#epoch = memberEpoch
      this.#sentTopics = subscribed
      if (assignment !== null) {
        const { topicPartitions } = assignment
        const partitionsOf = ({ topicId, partitions }: (typeof topicPartitions)[number]): SharePartition[] =>
          partitions.map((partition) => ({ topicId, partition }))
        this.#assign(topicPartitions.flatMap(partitionsOf))
      }
      return this.#restMs(heartbeatIntervalMs > 0 ? heartbeatIntervalMs : heartbeatMsInitial)
    }
    const error = KafkaError.of(errorCode, `share group '${groupId}'`, errorMessage)
    if (coordinatorElsewhere.has(errorCode)) coordinator.forget()
    else if (fenced.has(errorCode)) {
      logger.log('warn', 'the group goes on without this member, which joins anew', { group: groupId, errorCode })
      this.#epoch = joiningEpoch
      this.#assign([])
    } else if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) failed(error)
    else if (!retriableErrors.has(errorCode)) throw error
    return retryMs
  }

  #assign(partitions: readonly SharePartition[]): void {
    this.#isAssigned = partitions.length > 0
    if (this.#isAssigned) this.#emptyCount = 0
    this.#options.assigned(partitions)
  }

  #restMs(intervalMs: number): number {
    return this.#isAssigned ? intervalMs : Math.min(intervalMs, emptyMsFirst * 2 ** this.#emptyCount++)
  }

  /** Undefined: nothing was heard. */
  async #ask(topics: readonly string[]): Promise<ShareGroupHeartbeatResponse | undefined> {
    const { coordinator, groupId, rackId } = this.#options
    const isJoining = this.#epoch === joiningEpoch
    const request = shareGroupHeartbeat.request.create({
      groupId,
      memberId: this.id,
      memberEpoch: this.#epoch,
      rackId: isJoining && rackId !== '' ? rackId : null,
      subscribedTopicNames: isJoining || topics !== this.#sentTopics ? [...topics] : null,
    })
    this.#mayBeKnown = true
    try {
      return await coordinator.heard(shareGroupHeartbeat, request)
    } catch (error) {
      if (error instanceof UnsupportedVersionError) {
        throw new KafkaError('NOT_SERVED', 'the broker serves no share groups (Kafka from 4.1 on)', { cause: error })
      }
      if (error instanceof KafkaError && error.code === 'CLOSED') return undefined
      throw error
    }
  }

  async #sayGoodbye(): Promise<void> {
    const { coordinator, groupId } = this.#options
    if (!this.#mayBeKnown) return
    this.#mayBeKnown = false
    this.#epoch = joiningEpoch
    const request = shareGroupHeartbeat.request.create({ groupId, memberId: this.id, memberEpoch: leavingEpoch })
    await coordinator.sayGoodbye(shareGroupHeartbeat, request)
  }

  #rest(ms: number): Promise<void> {
    if (this.#isClosed || this.#isChanged) return Promise.resolve()
    return rest(this.#options.clock, ms, (wake) => {
      this.#wake = wake
    })
  }
}
