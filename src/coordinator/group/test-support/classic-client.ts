/**
 * For property tests: a client of the classic protocol that does what it is told, when it is told, and reacts to each
 * answer as a consumer does. Who leads gives each partition to one of the members that it was told of.
 */
import { ErrorCode } from '../../../protocol/index.ts'
import type { JoinReply, SyncReply } from '../classic-member.ts'
import type { GroupService } from '../group-service.ts'

export const partitionCount = 5

/** What it puts into the opaque bytes of the protocol. */
export interface ClientBytes {
  readonly subscription: Uint8Array
  readonly assignment: (partitions: readonly number[]) => Uint8Array
  readonly partitionsOf: (assignment: Uint8Array) => readonly number[]
}

const plainBytes: ClientBytes = {
  subscription: Buffer.alloc(0),
  assignment: (partitions) => Uint8Array.from(partitions),
  partitionsOf: (assignment) => [...assignment],
}

export interface ClassicClientOptions {
  readonly name: string
  readonly bytes?: ClientBytes
  readonly groupInstanceId: string | null
  /** Before version 4, a member gets no id of its own to come back with. */
  readonly version: number
  /** Is told what the client was given. */
  readonly owns: (owned: Owned) => void
}

export interface Owned {
  readonly generationId: number
  /** The name that outlives its ids, of a static member. */
  readonly owner: string
  readonly partitions: readonly number[]
}

type State = 'out' | 'joining' | 'joined' | 'syncing' | 'member'

/** Of one life of a client: who restarts is a new client under the old name. */
export class ClassicClient {
  readonly options: ClassicClientOptions
  readonly #bytes: ClientBytes
  #state: State = 'out'
  #lastJoin: JoinReply | undefined
  #idCount = 0
  memberId = ''
  generationId = -1
  partitions: readonly number[] = []
  /** Fenced, gone or crashed: nothing that still comes concerns it. */
  isOver = false

  constructor(options: ClassicClientOptions) {
    this.options = options
    this.#bytes = options.bytes ?? plainBytes
  }

  get state(): State {
    return this.#state
  }

  /** The next thing that a consumer would do. */
  step(groups: GroupService, lives: number): void {
    if (this.isOver) return
    if (this.#state === 'out') this.#join(groups, lives)
    else if (this.#state === 'joined') this.#sync(groups)
    else if (this.#state === 'member') this.heartbeat(groups)
  }

  /** Sends its join again, as a client whose connection broke. */
  rejoin(groups: GroupService, lives: number): void {
    if (!this.isOver) this.#join(groups, lives)
  }

  heartbeat(groups: GroupService): void {
    const { memberId, generationId } = this
    const code = groups.heartbeat('g', { memberId, groupInstanceId: this.options.groupInstanceId }, generationId)
    if (code !== ErrorCode.NONE) this.#failed(code)
  }

  /** Sends a sync of the generation that it last knew, with another assignment: late, or for the second time. */
  resync(groups: GroupService): void {
    if (this.generationId >= 0) void this.#requestSync(groups, 1)
  }

  leave(groups: GroupService): void {
    if (this.memberId !== '') groups.leave('g', [{ memberId: this.memberId, groupInstanceId: null, reason: '' }])
    this.isOver = true
  }

  #join(groups: GroupService, lives: number): void {
    const { name, groupInstanceId, version } = this.options
    this.#state = 'joining'
    this.partitions = []
    const request = {
      memberId: this.memberId,
      newMemberId: this.memberId === '' ? `${name}-${lives}-${++this.#idCount}` : this.memberId,
      groupInstanceId,
      requireKnownMemberId: version >= 4,
      canSkipAssignment: version >= 9,
      clientId: name,
      clientHost: '/h',
      sessionTimeoutMs: groupInstanceId === null ? 10_000 : 60_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: this.#bytes.subscription }],
      reason: '',
    }
    // Only what it waits for concerns it: the answer to a join that was sent again finds nobody.
    const token = {}
    this.#waitsFor = token
    void groups.join('g', request).then((reply) => {
      if (this.#waitsFor === token && !this.isOver) this.#joined(reply)
    })
  }

  #waitsFor: object = {}

  #joined(reply: JoinReply): void {
    if (reply.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = reply.memberId
      this.#state = 'out'
    } else if (reply.errorCode === ErrorCode.NONE) {
      this.memberId = reply.memberId
      this.generationId = reply.generationId
      this.#lastJoin = reply
      this.#state = 'joined'
    } else {
      this.#failed(reply.errorCode)
    }
  }

  #sync(groups: GroupService): void {
    this.#state = 'syncing'
    const token = {}
    this.#waitsFor = token
    void this.#requestSync(groups, 0).then((reply) => {
      if (this.#waitsFor === token && !this.isOver) this.#synced(reply)
    })
  }

  async #requestSync(groups: GroupService, turnedBy: number): Promise<SyncReply> {
    const { memberId, generationId } = this
    const { groupInstanceId, owns } = this.options
    const identity = { memberId, groupInstanceId }
    const assignments = this.#assignments(turnedBy)
    const protocol = { protocolType: null, protocolName: null }
    const reply = await groups.sync('g', { ...identity, ...protocol, generationId, assignments })
    if (reply.errorCode === ErrorCode.NONE) {
      owns({ generationId, owner: groupInstanceId ?? memberId, partitions: this.#bytes.partitionsOf(reply.assignment) })
    }
    return reply
  }

  #assignments(turnedBy: number): ReadonlyMap<string, Uint8Array> {
    const { members = [], skipAssignment = false } = this.#lastJoin ?? {}
    if (members.length === 0 || skipAssignment) return new Map()
    const ids = members.map(({ memberId }) => memberId)
    return new Map(
      ids.map((id, i) => [
        id,
        this.#bytes.assignment(
          Array.from({ length: partitionCount }, (_, p) => p).filter((p) => (p + turnedBy) % ids.length === i),
        ),
      ]),
    )
  }

  #synced({ errorCode, assignment }: SyncReply): void {
    if (errorCode === ErrorCode.NONE) {
      this.#state = 'member'
      this.partitions = this.#bytes.partitionsOf(assignment)
    } else {
      this.#failed(errorCode)
    }
  }

  #failed(code: number): void {
    if (code === ErrorCode.FENCED_INSTANCE_ID) {
      this.isOver = true
    } else if (code === ErrorCode.UNKNOWN_MEMBER_ID) {
      this.memberId = ''
    }
    // A coordinator that cannot be reached takes nothing away; its members ask again.
    const isAway = code === ErrorCode.NOT_COORDINATOR || code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    if (isAway && this.#state === 'member') return
    this.partitions = []
    this.#state = 'out'
  }
}
