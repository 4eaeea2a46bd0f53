/**
 * The newest events of each group that this broker coordinates, for whoever asks why; each is a line of the log too.
 * Bounded per group and in groups: those that have ended are forgotten first, then those that have been quiet longest.
 */
import type { GroupChange, GroupEvent } from './group-event.ts'
import { eventText } from './group-event-text.ts'
import type { GroupTally } from './group-tally.ts'
import { LineBudget } from './line-budget.ts'

export interface GroupEventsOptions {
  readonly nowMs: () => number
  readonly log: (line: string) => void
  readonly tally: GroupTally
  /** `odradek.group.events`: kept of one group. */
  readonly perGroupMax: () => number
  /** `odradek.group.events.groups`: of which any are kept. */
  readonly groupsMax: () => number
}

export interface Reported {
  readonly groupId: string
  readonly epoch: number
  /** The same as `epoch` unless told. */
  readonly epochAfter?: number
  readonly change: GroupChange
}

/** A name may be as long as a string can be; of a group that came and ended since the load, nothing else holds it. */
const endedNameMax = 1000

/** Of the events of one group, those that any peer can bring about as often as it likes. */
const peerShare = 0.2
/** Of the log, in a minute, for all groups. */
const peerLinesMax = 30

/** The same of the same client again is one event. Undefined: each is one of its own. */
function peerOf(change: GroupChange): string | undefined {
  if (change.kind !== 'refusal' && (change.kind !== 'fencing' || change.cause.kind !== 'wrong-epoch')) return undefined
  const { clientId, clientHost, memberId } = change.member
  // Who is refused comes back under another id.
  const what = change.kind === 'refusal' ? [change.what, change.errorCode] : [memberId]
  return JSON.stringify([change.kind, change.cause.kind, ...what, clientId, clientHost])
}

interface Kept {
  readonly event: GroupEvent
  /** As `peerOf` says, which takes long for what comes so often. */
  readonly peer: string | undefined
}

function takeSame(kept: Kept[], peer: string): GroupEvent | undefined {
  const i = kept.findLastIndex((it) => it.peer === peer)
  return i < 0 ? undefined : kept.splice(i, 1)[0]?.event
}

export class GroupEvents {
  readonly #options: GroupEventsOptions
  /** In the order of their newest event. */
  readonly #groups = new Map<string, Kept[]>()
  /** Of groups that there are no more, in the order of their ends. */
  readonly #ended = new Map<string, Kept[]>()
  readonly #peerLines: LineBudget
  #forgottenMs = Number.NEGATIVE_INFINITY
  #held: Reported[] | undefined

  constructor(options: GroupEventsOptions) {
    this.#options = options
    this.#peerLines = new LineBudget({ nowMs: options.nowMs, linesMax: peerLinesMax, windowMs: 60_000 })
  }

  /** What `decide` reports follows from `first`, which is none if it throws. */
  reportFirst<T>(first: Reported, decide: () => T): T {
    const held: Reported[] = []
    this.#held = held
    try {
      const decided = decide()
      held.unshift(first)
      return decided
    } finally {
      this.#held = undefined
      for (const reported of held) this.report(reported)
    }
  }

  report(reported: Reported): void {
    if (this.#held !== undefined) {
      this.#held.push(reported)
      return
    }
    const { groupId, epoch, epochAfter = epoch, change } = reported
    const timestampMs = this.#options.nowMs()
    const kept = this.#groups.get(groupId) ?? this.#ended.get(groupId) ?? []
    const peer = peerOf(change)
    const before = peer === undefined ? undefined : takeSame(kept, peer)
    const { firstMs, count } = before ?? { firstMs: timestampMs, count: 0 }
    const event = { groupId, timestampMs, firstMs, count: count + 1, epoch, epochAfter, change }
    this.#options.tally.happened(event)
    this.#log(event, peer !== undefined)
    if (peer !== undefined) this.#makeRoomForPeers(kept)
    kept.push({ event, peer })
    const tooMany = kept.length - this.#options.perGroupMax()
    if (tooMany > 0) kept.splice(0, tooMany)
    this.#forget(groupId)
    if (kept.length > 0) this.#groups.set(groupId, kept)
    this.#forgetQuietest()
  }

  #log(event: GroupEvent, isOfPeer: boolean): void {
    const { groupId, count } = event
    if (isOfPeer) {
      // The first time, the tenth, the hundredth.
      if (!/^10*$/.test(String(count))) return
      const leftOut = this.#peerLines.take()
      if (leftOut === undefined) return
      if (leftOut > 0)
        this.#options.log(`Groups have refused and fenced members ${leftOut} times more, without a line each`)
    }
    this.#options.log(`Group ${groupId} ${eventText(event)}`)
  }

  /** What peers bring about at will does not push out the rest of what happened to a group. */
  #makeRoomForPeers(kept: Kept[]): void {
    const peersMax = Math.max(1, Math.floor(this.#options.perGroupMax() * peerShare))
    const ofPeers = kept.filter(({ peer }) => peer !== undefined)
    for (const it of ofPeers.slice(0, Math.max(0, ofPeers.length + 1 - peersMax))) kept.splice(kept.indexOf(it), 1)
  }

  #forgetQuietest(): void {
    let tooMany = this.#groups.size + this.#ended.size - this.#options.groupsMax()
    for (const groups of [this.#ended, this.#groups]) {
      for (const [groupId, kept] of groups) {
        if (tooMany-- <= 0) return
        groups.delete(groupId)
        this.#forgottenMs = Math.max(this.#forgottenMs, kept.at(-1)?.event.timestampMs ?? 0)
      }
    }
  }

  /** Oldest first. */
  of(groupId: string): readonly GroupEvent[] {
    return (this.#groups.get(groupId) ?? this.#ended.get(groupId) ?? []).map(({ event }) => event)
  }

  /** Up to then whole groups have been forgotten for want of room. */
  get forgottenMs(): number {
    return this.#forgottenMs
  }

  /** There is no such group any more: what is known of it stays for a while, unless its name alone takes much room. */
  retire(groupId: string): void {
    const kept = this.#groups.get(groupId)
    this.#groups.delete(groupId)
    if (kept !== undefined && groupId.length <= endedNameMax) this.#ended.set(groupId, kept)
  }

  /** They have another coordinator. */
  forgetWhere(isGone: (groupId: string) => boolean): void {
    for (const groupId of [...this.#groups.keys(), ...this.#ended.keys()]) if (isGone(groupId)) this.#forget(groupId)
  }

  #forget(groupId: string): void {
    this.#groups.delete(groupId)
    this.#ended.delete(groupId)
  }
}
