/**
 * A member of a classic group, generation after generation, whatever the group is for: that is said by its kind, whose bytes the
 * coordinator passes on unread.
 *
 *   joining      waits until all have come (JoinGroup)
 *   syncing      waits for the leader's assignment (SyncGroup)
 *   stable       beats; a rebalance, or something that its kind wants to change, leads back to joining
 *   left         it was closed
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
import { KafkaError } from '../kafka-error.ts'
import { type Coordinator, coordinatorElsewhere } from './coordinator.ts'
import { rest } from './rest.ts'

export interface GenerationsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly coordinator: Coordinator
  readonly groupId: string
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly requestTimeoutMs: number
  /** Between attempts to join that fail. */
  readonly retryMs: number
}

/** One way to share out, and what the leader is to know of this member where the group chooses it. */
export interface GroupProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface SharedOut {
  readonly memberId: string
  readonly generation: number
  readonly assignment: Uint8Array
}

/** What a group is for. */
export interface MemberKind {
  /** Of all members of a group the same. */
  readonly protocolType: string
  /** Told to the group when this member leaves it. */
  readonly leavingReason: string
  /** In the order in which they are liked. */
  protocols(generation: number): readonly GroupProtocol[]
  /** Before each heartbeat: what it throws ends the generation. */
  check(): void
  /** Before this member joins another generation: whatever it has of the last one that must not be in two hands is given up. */
  prepare(): Promise<void>
  /** This member leads the group: what each is to have. */
  share(joined: JoinGroupResponse): Promise<readonly { readonly memberId: string; readonly assignment: Buffer }[]>
  /** Somebody else leads it. */
  follow(): void
  take(shared: SharedOut): Promise<void>
  /** The group goes on without this member, or may have done so already. */
  lose(): void
  /** Deals with an error of its own; then the member joins again. Undefined: it is none of its own. */
  handle(error: unknown): Promise<void> | undefined
  /** The member is none any more, until it begins again. */
  failed(error: unknown): void
}

export const noGeneration = -1
/** Since when a member may be static (Kafka 2.3, KIP-345): before, its name would be left out. */
const staticVersion = 5
/** What a request may take longer than the group lets its members wait. */
const joinSlackMs = 5000

/** What the coordinator knows of this member is over: whoever has what it had is not known. */
const lostCodes: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION])

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

export class Generations {
  readonly #options: GenerationsOptions
  readonly #kind: MemberKind
  #memberId = ''
  #generation = noGeneration
  /** When the coordinator was last told of this member, and heard it. */
  #heardMs = Number.NEGATIVE_INFINITY
  /** When that was sent which the coordinator has heard in a generation: it counts the silence from then on, or from later. */
  #sentMs = Number.NEGATIVE_INFINITY
  #isRunning = false
  #isClosed = false
  /** Something has changed that asks for another generation. */
  #mustRejoin = false
  #wake: (() => void) | undefined

  constructor(options: GenerationsOptions, kind: MemberKind) {
    this.#options = options
    this.#kind = kind
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** `noGeneration` where it is in none. */
  get current(): number {
    return this.#generation
  }

  /** For so long from now on nobody takes this member for dead, and no generation is without it. */
  get sureMs(): number {
    if (this.#isClosed || this.#generation === noGeneration) return 0
    const { clock, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    return Math.max(0, this.#sentMs + Math.min(sessionTimeoutMs, rebalanceTimeoutMs) - clock.monotonic())
  }

  begin(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#run()
      .catch((error: unknown) => this.#kind.failed(error))
      .finally(() => {
        this.#isRunning = false
      })
  }

  /** There is to be another generation. */
  changed(): void {
    this.#mustRejoin = true
    this.#wake?.()
  }

  /** No further generation. The group is not told: that is `sayGoodbye`. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  /** A static member stays: it may be back in time. */
  async sayGoodbye(): Promise<void> {
    const { coordinator, groupId, groupInstanceId } = this.#options
    if (this.#memberId === '' || groupInstanceId !== null) return
    const memberId = this.#memberId
    const members = [{ memberId, reason: this.#kind.leavingReason }]
    await coordinator.sayGoodbye(leaveGroup, leaveGroup.request.create({ groupId, memberId, members }))
  }

  /** It leaves for now, and joins as somebody new. */
  async resign(): Promise<void> {
    await this.sayGoodbye()
    this.#memberId = ''
    this.#generation = noGeneration
  }

  /** Whatever `work` does may take its time: meanwhile the group must not take this member for dead. Rejects as `work` does. */
  async beatDuring(work: Promise<void>): Promise<void> {
    const { clock, heartbeatIntervalMs } = this.#options
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
    try {
      await work
    } finally {
      isDone = true
      // A timer keeps the process alive.
      timer?.cancel()
    }
  }

  /** Coordinators before Kafka 2.2 name a member when it is in the group. One that was closed before that has not left yet. */
  async #leaveUnnamed({ memberId }: JoinGroupResponse): Promise<void> {
    if (this.#memberId !== '') return
    this.#memberId = memberId
    await this.sayGoodbye()
  }

  // ---- generation after generation

  async #run(): Promise<void> {
    const { retryMs, groupId } = this.#options
    const kind = this.#kind
    while (!this.#isClosed) {
      try {
        this.#mustRejoin = false
        await this.#joinOnce()
        await this.#beat()
      } catch (error) {
        if (this.#isClosed) return
        const handled = kind.handle(error)
        if (handled !== undefined) {
          await handled
          continue
        }
        if (this.#isUnheard) this.#lose()
        if (!this.#isPassing(error)) {
          this.#lose()
          kind.failed(error instanceof Told ? KafkaError.of(error.errorCode, `group '${groupId}'`) : error)
          return
        }
        if (!(error instanceof Told && error.errorCode === ErrorCode.REBALANCE_IN_PROGRESS)) await this.#rest(retryMs)
      }
    }
  }

  #lose(): void {
    this.#sentMs = Number.NEGATIVE_INFINITY
    this.#kind.lose()
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
      this.#lose()
      this.#generation = noGeneration
      if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
      return true
    }
    return retriableErrors.has(errorCode) || passingCodes.has(errorCode)
  }

  async #joinOnce(): Promise<void> {
    const kind = this.#kind
    await kind.prepare()
    if (this.#isClosed) return
    // From here on there may be a generation that gives what this member had to others.
    this.#sentMs = Number.NEGATIVE_INFINITY
    const joined = await this.#join()
    if (this.#isClosed) {
      await this.#leaveUnnamed(joined)
      return
    }
    this.#memberId = joined.memberId
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment
    if (!isLeader) kind.follow()
    const assignments = isLeader ? await kind.share(joined) : []
    const { groupId, groupInstanceId, coordinator } = this.#options
    const { memberId, generationId, protocolName } = joined
    const { protocolType } = kind
    const request = syncGroup.request.create({
      ...{ groupId, groupInstanceId, memberId, generationId, protocolType, protocolName },
      assignments: [...assignments],
    })
    const timeoutMs = this.#joinTimeoutMs
    const sentMs = this.#options.clock.monotonic()
    const said = await coordinator.once(syncGroup, request, {
      ...{ deadline: coordinator.deadline(), timeoutMs, lane: 'join' },
    })
    this.#heard(said)
    const { assignment } = fair(said)
    if (this.#isClosed) return
    this.#generation = generationId
    this.#sentMs = sentMs
    await kind.take({ memberId, generation: generationId, assignment })
  }

  async #join(): Promise<JoinGroupResponse> {
    const { groupId, groupInstanceId, coordinator, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const { protocolType } = this.#kind
    const protocols = [...this.#kind.protocols(this.#generation)]
    const ask = async (): Promise<JoinGroupResponse> => {
      const request = joinGroup.request.create({
        ...{ groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType },
        memberId: this.#memberId,
        protocols,
      })
      const [min, max] = joinGroup.versions
      const versions = [groupInstanceId === null ? min : staticVersion, max] as const
      const limits = {
        deadline: coordinator.deadline(),
        timeoutMs: this.#joinTimeoutMs,
        lane: 'join',
        versions,
      } as const
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

  // ---- in between

  /** Until there is to be another generation. A coordinator that is gone, or is another one, knows this one still. */
  async #beat(): Promise<void> {
    const { heartbeatIntervalMs, retryMs, coordinator } = this.#options
    let restMs = heartbeatIntervalMs
    for (;;) {
      if (!this.#mustRejoin) await this.#rest(restMs)
      if (this.#mustRejoin || this.#isClosed) return
      this.#kind.check()
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
    const limits = { deadline: coordinator.deadline(leftMs), timeoutMs: Math.min(requestTimeoutMs, leftMs) }
    const heard = await coordinator.heard(heartbeat, request, limits)
    if (heard !== undefined) this.#heard(heard, sentMs)
    if (heard?.errorCode === ErrorCode.NONE) this.#sentMs = sentMs
    return heard?.errorCode
  }
}

/** Answers to a heartbeat behind which another coordinator, or the same one in a while, is to be asked. */
const beatAgain: ReadonlySet<number> = new Set([...coordinatorElsewhere, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS])

/** Joining again helps, though Kafka's table does not say so. */
const passingCodes: ReadonlySet<number> = new Set([ErrorCode.REBALANCE_IN_PROGRESS])
