/**
 * For property tests: a client of the consumer protocol (KIP-848) that does what it is told, when it is told, and
 * reacts to each answer as a consumer does: it gives up first, and takes then.
 */
import { type Uuid, uuidFromLatin1 } from '../../../base/index.ts'
import { ErrorCode } from '../../../protocol/index.ts'
import type { ConsumerHeartbeat, ConsumerHeartbeatReply } from '../consumer-requests.ts'
import type { GroupService } from '../group-service.ts'

export interface ConsumerClientOptions {
  readonly memberId: string
  readonly instanceId: string | null
  readonly topicNames: readonly string[]
  readonly topicRegex: string | null
}

/** Topic and partition as one key. */
type Partition = `${Uuid} ${number}`

const keysOf = (assigned: ReadonlyMap<Uuid, { keys(): Iterable<number> }>): ReadonlySet<Partition> =>
  new Set([...assigned].flatMap(([topicId, of]) => [...of.keys()].map((p): Partition => `${topicId} ${p}`)))

function reported(owned: ReadonlySet<Partition>): NonNullable<ConsumerHeartbeat['owned']> {
  return [...owned].map((key) => ({ topicId: uuidFromLatin1(key.slice(0, 16)), partitions: [Number(key.slice(17))] }))
}

/** Of one life of a client: who restarts is a new client. */
export class ConsumerClient {
  readonly options: ConsumerClientOptions
  memberEpoch = 0
  /** What it consumes from. */
  owned: ReadonlySet<Partition> = new Set()
  /** What it was told to consume from. */
  #assigned: ReadonlySet<Partition> = new Set()
  #waits = false
  #mustReport = false
  #mustTellAll = false
  /** Gone or crashed: nothing that still comes concerns it. */
  isOver = false

  constructor(options: ConsumerClientOptions) {
    this.options = options
  }

  get isSettled(): boolean {
    return !this.#waits && this.memberEpoch > 0 && !this.#mustReport && !this.#mustTellAll
  }

  /** Does what it was told, and sends a heartbeat; a lazy one gives nothing up yet. */
  step(groups: GroupService, isLazy = false): void {
    if (this.isOver || this.#waits) return
    if (!isLazy) this.#reconcile()
    const tellsAll = this.memberEpoch === 0 || this.#mustTellAll
    const tells = tellsAll || this.#mustReport || isLazy
    this.#send(groups, {
      rebalanceTimeoutMs: tellsAll ? 20_000 : -1,
      topicNames: tellsAll ? this.options.topicNames : null,
      topicRegex: tellsAll ? this.options.topicRegex : null,
      owned: tells ? reported(this.owned) : null,
      memberEpoch: this.memberEpoch,
    })
    this.#mustReport = false
    this.#mustTellAll = false
  }

  #reconcile(): void {
    const kept = [...this.owned].filter((partition) => this.#assigned.has(partition))
    if (kept.length < this.owned.size) this.owned = new Set(kept)
    else if (this.owned.size < this.#assigned.size) this.owned = this.#assigned
    else return
    this.#mustReport = true
  }

  leave(groups: GroupService, memberEpoch: number): void {
    this.isOver = true
    this.owned = new Set()
    if (this.memberEpoch === 0) return
    this.#send(groups, { memberEpoch, rebalanceTimeoutMs: -1, topicNames: null, topicRegex: null, owned: null })
  }

  #send(
    groups: GroupService,
    told: Pick<ConsumerHeartbeat, 'memberEpoch' | 'rebalanceTimeoutMs' | 'topicNames' | 'topicRegex' | 'owned'>,
  ): void {
    const { memberId, instanceId } = this.options
    const client = { newMemberId: memberId, rackId: null, serverAssignor: null, clientId: memberId, clientHost: '/h' }
    this.#waits = true
    const answer = groups.consumerHeartbeat('g', { ...client, ...told, memberId, instanceId }, 1)
    void Promise.resolve(answer).then((reply) => {
      this.#waits = false
      if (!this.isOver) this.#answered(reply)
    })
  }

  #answered({ errorCode, memberEpoch, assigned }: ConsumerHeartbeatReply): void {
    if (errorCode === ErrorCode.NONE) {
      this.memberEpoch = memberEpoch
      if (assigned !== null) this.#assigned = keysOf(assigned)
    } else if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_MEMBER_EPOCH) {
      this.#startAnew()
    } else if (errorCode === ErrorCode.GROUP_ID_NOT_FOUND) {
      this.#startAnew()
    } else if (errorCode === ErrorCode.FENCED_INSTANCE_ID) {
      this.isOver = true
      this.owned = new Set()
    } else {
      // It is not known what the coordinator has taken in: all is told again, and asked for.
      this.#mustTellAll = true
    }
  }

  #startAnew(): void {
    this.memberEpoch = 0
    this.owned = new Set()
    this.#assigned = new Set()
  }
}
