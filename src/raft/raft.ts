/**
 * The quorum of `__cluster_metadata` as a pure machine: inputs change it, `ready` tells what to persist, what to append
 * and what is committed, in the order in which it must be done. It knows no file, no socket and no clock; `driver.ts`
 * does what it says. A voter counts only what it has flushed.
 *
 * Served today: a quorum of one voter. The rules for epochs, votes, majorities and the high watermark are those of any
 * number; the messages between voters are not here yet.
 */
import { assert } from '../base/index.ts'
import type { Candidate, Leader, Role } from './role.ts'
import type { VoterSet } from './voters.ts'

/** What the file `quorum-state` remembers. Durable before it counts. */
export interface ElectionState {
  readonly epoch: number
  /** -1 where none is known. */
  readonly leaderId: number
  /** Whom this voter gave its vote in `epoch`; -1 for nobody. */
  readonly votedId: number
}

/** The log as it is when the machine starts: recovered, and flushed up to its end. */
export interface LogState {
  readonly endOffset: number
  /** Of the last batch, or of the snapshot that the log goes on from; 0 where there is neither. */
  readonly lastEpoch: number
  /** Exclusive: what a snapshot covers was committed. 0 without one. */
  readonly committedOffset: number
}

/** One batch for the end of the log. */
export type Entry =
  | {
      readonly kind: 'leader-change'
      readonly baseOffset: number
      readonly epoch: number
      readonly leaderId: number
      readonly voters: readonly number[]
      readonly granted: readonly number[]
    }
  | {
      readonly kind: 'records'
      readonly baseOffset: number
      readonly epoch: number
      readonly records: readonly Uint8Array[]
    }

/** What the driver has to do: first persist `election`, then append and flush `entries`; `highWatermark` is news to all. */
export interface Ready {
  readonly election: ElectionState | undefined
  readonly entries: readonly Entry[]
  readonly highWatermark: number
  readonly role: Role
}

export interface RaftOptions {
  readonly nodeId: number
  readonly voters: VoterSet
  readonly election: ElectionState
  readonly log: LogState
}

/** A proposal to a node that does not lead. The controller answers it with NOT_CONTROLLER. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'
}

export class Raft {
  readonly #nodeId: number
  readonly #voters: VoterSet
  #role: Role
  #election: ElectionState
  #electionDirty = false
  #entries: Entry[] = []
  /** End of the log with what was handed to the driver or waits for it. */
  #endOffset: number
  #flushedOffset: number
  #highWatermark: number

  constructor({ nodeId, voters, election, log }: RaftOptions) {
    assert(voters.has(nodeId), 'this node is a voter')
    assert(voters.size === 1, 'a quorum of one')
    this.#nodeId = nodeId
    this.#voters = voters
    this.#election = election
    this.#endOffset = log.endOffset
    this.#flushedOffset = log.endOffset
    assert(log.committedOffset <= log.endOffset, 'the log holds or continues what is committed')
    this.#highWatermark = log.committedOffset
    // A vote file that was lost or is old must not let us vote again in an epoch that the log has seen.
    this.#role = { kind: 'unattached', epoch: Math.max(election.epoch, log.lastEpoch) }
  }

  get role(): Role {
    return this.#role
  }

  get isLeader(): boolean {
    return this.#role.kind === 'leader'
  }

  get epoch(): number {
    return this.#role.epoch
  }

  /** -1 while nobody is known to lead. */
  get leaderId(): number {
    return this.isLeader ? this.#nodeId : -1
  }

  /** Of this leader's own first entry: once it was handed out, all that came before is known here. Undefined elsewhere. */
  get epochStartOffset(): number | undefined {
    return this.#role.kind === 'leader' ? this.#role.epochStartOffset : undefined
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Exclusive: everything below is committed. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Starts an election. A sole voter has nobody to wait for. */
  campaign(): void {
    assert(this.#role.kind === 'unattached', 'only who follows nobody stands for election')
    this.#becomeCandidate(this.#role.epoch + 1)
  }

  #becomeCandidate(epoch: number): void {
    assert(epoch > this.#election.epoch, 'a vote is given once per epoch')
    this.#role = { kind: 'candidate', epoch, granted: new Set() }
    this.#persist({ epoch, leaderId: -1, votedId: this.#nodeId })
  }

  #persist(election: ElectionState): void {
    assert(election.epoch >= this.#election.epoch, 'epochs only grow')
    this.#election = election
    this.#electionDirty = true
  }

  /** The vote file of `epoch` is durable: our own vote counts. */
  electionPersisted(epoch: number): void {
    const role = this.#role
    if (role.kind !== 'candidate' || role.epoch !== epoch) return
    const granted = new Set(role.granted).add(this.#nodeId)
    this.#role = { ...role, granted }
    if (this.#voters.isMajority(granted)) this.#becomeLeader({ ...role, granted })
  }

  #becomeLeader({ epoch, granted }: Candidate): void {
    this.#role = { kind: 'leader', epoch, epochStartOffset: this.#endOffset, granted }
    // Who leads need not say whom it voted for: Kafka writes -1 here.
    this.#persist({ epoch, leaderId: this.#nodeId, votedId: -1 })
    this.#entries.push({
      kind: 'leader-change',
      baseOffset: this.#endOffset,
      epoch,
      leaderId: this.#nodeId,
      voters: this.#voters.ids(),
      granted: [...granted],
    })
    this.#endOffset++
  }

  /** Takes records for one batch, which is committed whole or not at all. Returns the offset of its last record. */
  propose(records: readonly Uint8Array[]): number {
    const role = this.#role
    if (role.kind !== 'leader') throw new NotLeaderError(`node ${this.#nodeId} does not lead the quorum (${role.kind})`)
    assert(records.length > 0, 'a proposal has a record')
    this.#entries.push({ kind: 'records', baseOffset: this.#endOffset, epoch: role.epoch, records })
    this.#endOffset += records.length
    return this.#endOffset - 1
  }

  /** The log is durable up to `offset` (exclusive). */
  flushed(offset: number): void {
    assert(offset >= this.#flushedOffset && offset <= this.#endOffset, 'what is flushed only grows, up to the end')
    this.#flushedOffset = offset
    if (this.#role.kind === 'leader') this.#advance(this.#role)
  }

  #advance(leader: Leader): void {
    const offset = this.#voters.majorityOffset(() => this.#flushedOffset)
    if (offset <= leader.epochStartOffset) return
    assert(offset >= this.#highWatermark, 'the high watermark never falls')
    this.#highWatermark = offset
  }

  /** Leaves the quorum: the node stops, or its log can no longer be written. What was not handed out is dropped. */
  resign(): void {
    this.#role = { kind: 'resigned', epoch: this.#role.epoch }
    this.#entries = []
  }

  /** Whether `ready` has something to persist or to append. */
  get hasReady(): boolean {
    return this.#electionDirty || this.#entries.length > 0
  }

  /** What is to be done since the last call. */
  ready(): Ready {
    const election = this.#electionDirty ? this.#election : undefined
    const entries = this.#entries
    this.#electionDirty = false
    this.#entries = []
    return { election, entries, highWatermark: this.#highWatermark, role: this.#role }
  }
}
