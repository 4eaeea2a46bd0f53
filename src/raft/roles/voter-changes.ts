/**
 * What a leader does to its set of voters (KIP-853): one change at a time, each a record that counts once it is in the
 * log. While kraft.version is 0 the configuration names the voters; what they say of themselves is remembered, so that
 * the log can name them when the version is raised.
 */
import { ApiError, present, zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import {
  type AddVoterRequest,
  type ApiVersionsReply,
  endpointOf,
  type RemoveVoterRequest,
  type ReplicaKey,
  type UpdateVoterRequest,
  type VoterChangeReply,
} from '../messages.ts'
import type { QuorumRecord } from '../quorum-records.ts'
import type { Quorum } from '../role.ts'
import { isWithin, type VoterSet } from '../voters.ts'

/** What the leader knows beside. */
export interface ChangeContext {
  /** Undefined before the first entry of this epoch is committed: changes of earlier leaders may still be open. */
  readonly committedOffset: number | undefined
  /** Milliseconds since this observer was last heard of; undefined where it has never caught up. */
  sinceCaughtUpMs(replica: ReplicaKey, nowMs: number): number | undefined
  /** Appends the records as one batch; returns the offset of the last one. */
  append(records: readonly QuorumRecord[], nowMs: number): number
  answer(token: number, reply: VoterChangeReply): void
}

interface Pending {
  readonly kind: VoterChangeReply['kind']
  readonly token: number
  readonly deadlineMs: number
  readonly isAnswered: boolean
  /** Of the record; undefined while the new voter is asked for its versions. */
  readonly lastOffset: number | undefined
  readonly adding: AddVoterRequest | undefined
}

/** Who has not fetched for so long has not caught up, as in Kafka. */
const caughtUpMsMax = 3_600_000

interface Refusal {
  readonly code: number
  readonly why: string
}

const timedOut = (why: string): Refusal => ({ code: ErrorCode.REQUEST_TIMED_OUT, why })

const invalidUpdate = (why: string): ApiError => new ApiError(ErrorCode.INVALID_UPDATE_VERSION, why)

export class VoterChanges {
  readonly #quorum: Quorum
  readonly #context: ChangeContext
  #pending: Pending | undefined
  /** The voters of a static quorum with what they have said of themselves; undefined in a dynamic one. */
  #told: VoterSet | undefined

  constructor(quorum: Quorum, context: ChangeContext) {
    this.#quorum = quorum
    this.#context = context
    const { history, own } = quorum
    if (history.kraftVersion === 0) this.#told = history.voters.withUpdated(own, { isDirectoryNew: true })
  }

  /** When a change that is waited for has had its time; infinity: there is none. */
  get deadlineMs(): number {
    return this.#pending?.deadlineMs ?? Number.POSITIVE_INFINITY
  }

  expire(nowMs: number): void {
    if (nowMs >= this.deadlineMs) this.#finish(ErrorCode.REQUEST_TIMED_OUT)
  }

  /** It leads no more. */
  end(): void {
    this.#finish(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  // ---- what is asked

  add(token: number, request: AddVoterRequest, nowMs: number): void {
    const refusal = this.#refusal(nowMs) ?? this.#askForVersions(request, nowMs)
    if (refusal !== undefined) {
      this.#answer('add-voter', token, refusal.code, refusal.why)
      return
    }
    const deadlineMs = nowMs + this.#quorum.times.requestTimeoutMs
    this.#pending = { kind: 'add-voter', token, deadlineMs, isAnswered: false, lastOffset: undefined, adding: request }
  }

  #askForVersions({ voter, endpoints }: AddVoterRequest, nowMs: number): Refusal | undefined {
    const { history, outgoing, listener } = this.#quorum
    if (history.voters.has(voter.id)) {
      return { code: ErrorCode.DUPLICATE_VOTER, why: `The voters have one with the id ${voter.id} already.` }
    }
    const endpoint = present(endpointOf(endpoints, listener), 'the endpoint of a new voter')
    if (outgoing.send({ id: voter.id, endpoint }, { kind: 'api-versions' }, nowMs)) return undefined
    return timedOut(`Replica ${voter.id} cannot be asked for its versions yet.`)
  }

  remove(token: number, { voter }: RemoveVoterRequest, nowMs: number): void {
    const { history, times } = this.#quorum
    const voters = history.voters.without(voter)
    const refusal = this.#refusal(nowMs)
    if (refusal !== undefined || voters === undefined) {
      const why = `Replica ${voter.id} in this directory is no voter, or is the only one.`
      const refused = refusal ?? { code: ErrorCode.VOTER_NOT_FOUND, why }
      this.#answer('remove-voter', token, refused.code, refused.why)
      return
    }
    const deadlineMs = nowMs + times.requestTimeoutMs
    const lastOffset = this.#context.append([{ kind: 'voters', voters }], nowMs)
    this.#pending = { kind: 'remove-voter', token, deadlineMs, isAnswered: false, lastOffset, adding: undefined }
  }

  /** Returns the error code; there is nothing to wait for. */
  update({ voter, endpoints, kraftVersions }: UpdateVoterRequest, nowMs: number): number {
    const { history } = this.#quorum
    const { kraftVersion } = history
    const refusal = this.#pendingOrUnfenced(nowMs) ?? (kraftVersion > 0 ? this.#uncommitted() : undefined)
    const known = kraftVersion > 0 ? history.voters : this.#told
    if (refusal !== undefined || known === undefined) return ErrorCode.REQUEST_TIMED_OUT
    if (!isWithin(kraftVersion, kraftVersions)) return ErrorCode.INVALID_REQUEST
    const updated = { ...voter, endpoints, kraftVersions }
    const voters = known.withUpdated(updated, { isDirectoryNew: kraftVersion === 0 })
    if (voters === undefined) return ErrorCode.VOTER_NOT_FOUND
    if (kraftVersion > 0) this.#context.append([{ kind: 'voters', voters }], nowMs)
    else this.#told = voters
    return ErrorCode.NONE
  }

  /**
   * Raises kraft.version, with the voters that the log is to name from then on. Nothing happens where it has that version.
   * Throws ApiError with INVALID_UPDATE_VERSION.
   */
  upgrade(version: number, isDryRun: boolean, nowMs: number): void {
    const { history } = this.#quorum
    if (version === history.kraftVersion) return
    const voters = this.#supporting(version)
    if (isDryRun) return
    this.#told = undefined
    const named: readonly QuorumRecord[] = voters.equals(history.voters) ? [] : [{ kind: 'voters', voters }]
    this.#context.append([{ kind: 'kraft-version', version }, ...named], nowMs)
  }

  /** The voters as they have told, if all can go on under this version. In Kafka's words, with its names of versions. */
  #supporting(version: number): VoterSet {
    const name = (level: number): string => `KRAFT_VERSION_${level}`
    const { kraftVersion } = this.#quorum.history
    const fromTo = `Invalid upgrade of kraft.version from version ${name(kraftVersion)} to ${name(version)}`
    if (version < kraftVersion) throw invalidUpdate(`${fromTo} because the new version is a downgrade`)
    const voters = this.#told
    if (voters === undefined) throw invalidUpdate(fromTo)
    if (!voters.supports(version)) {
      const why = 'because not all of the voters support it'
      throw invalidUpdate(`Invalid upgrade of kraft.version to ${name(version)} ${why}`)
    }
    // No voter tells the zero id; to Kafka's controller it is a fault.
    if (voters.all().some(({ directoryId }) => directoryId === zeroUuid)) {
      throw invalidUpdate('Directory id must be known for all of the voters')
    }
    return voters
  }

  // ---- what comes of it

  /** The new voter has answered, or has not: undefined. */
  versionsOf(id: number, reply: ApiVersionsReply | undefined, nowMs: number): void {
    const pending = this.#pending
    const adding = pending?.adding
    if (pending === undefined || adding?.voter.id !== id || pending.lastOffset !== undefined) return
    const refusal = this.#unfit(adding, reply, nowMs)
    if (refusal !== undefined) {
      this.#finish(refusal.code, refusal.why)
      return
    }
    const { history } = this.#quorum
    const { voter, endpoints, ackWhenCommitted } = adding
    const kraftVersions = present(reply?.kraftVersions, 'the versions of a voter that fits')
    const voters = present(history.voters.with({ ...voter, endpoints, kraftVersions }), 'a voter that is new')
    const lastOffset = this.#context.append([{ kind: 'voters', voters }], nowMs)
    this.#pending = { ...pending, lastOffset, isAnswered: !ackWhenCommitted }
    if (!ackWhenCommitted) this.#answer('add-voter', pending.token, ErrorCode.NONE)
  }

  #unfit({ voter }: AddVoterRequest, reply: ApiVersionsReply | undefined, nowMs: number): Refusal | undefined {
    const { kraftVersion } = this.#quorum.history
    if (reply === undefined || reply.errorCode !== ErrorCode.NONE) {
      return timedOut(
        `Replica ${voter.id} does not tell its versions (error ${reply?.errorCode ?? 'none, no answer'}).`,
      )
    }
    const { kraftVersions } = reply
    if (kraftVersions === undefined || !isWithin(kraftVersion, kraftVersions)) {
      const range = `${kraftVersions?.min ?? 0} to ${kraftVersions?.max ?? 0}`
      const why = `Replica ${voter.id} supports kraft.version ${range}, and the quorum has ${kraftVersion}.`
      return { code: ErrorCode.INVALID_REQUEST, why }
    }
    const sinceMs = this.#context.sinceCaughtUpMs(voter, nowMs)
    if (sinceMs === undefined || sinceMs >= caughtUpMsMax) return timedOut(`Replica ${voter.id} lags behind.`)
    return undefined
  }

  /** All before `offset` is committed. */
  committed(offset: number): void {
    const lastOffset = this.#pending?.lastOffset
    if (lastOffset !== undefined && lastOffset < offset) this.#finish(ErrorCode.NONE)
  }

  /** The change that took this leader's own vote is committed. */
  get hasRemovedLeader(): boolean {
    const { history, self } = this.#quorum
    return !history.voters.isVoter(self) && this.#uncommitted() === undefined
  }

  // ---- checks, in Kafka's order

  #refusal(nowMs: number): Refusal | undefined {
    return this.#pendingOrUnfenced(nowMs) ?? this.#notDynamic() ?? this.#uncommitted()
  }

  #pendingOrUnfenced(nowMs: number): Refusal | undefined {
    this.expire(nowMs)
    if (this.#pending !== undefined) return timedOut('Another change of the voters is not done yet.')
    if (this.#context.committedOffset !== undefined) return undefined
    return timedOut('The leader has not committed anything in its epoch yet.')
  }

  #notDynamic(): Refusal | undefined {
    const { kraftVersion } = this.#quorum.history
    if (kraftVersion > 0) return undefined
    return {
      code: ErrorCode.UNSUPPORTED_VERSION,
      why: `The voters cannot change while kraft.version is ${kraftVersion}.`,
    }
  }

  #uncommitted(): Refusal | undefined {
    const { votersOffset } = this.#quorum.history
    const { committedOffset } = this.#context
    if (votersOffset !== undefined && votersOffset < (committedOffset ?? -1)) return undefined
    return timedOut('The last change of the voters is not committed yet.')
  }

  #finish(code: number, why?: string): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined && !pending.isAnswered) this.#answer(pending.kind, pending.token, code, why)
  }

  #answer(kind: VoterChangeReply['kind'], token: number, errorCode: number, errorMessage?: string): void {
    this.#context.answer(token, { kind, errorCode, errorMessage })
  }
}
