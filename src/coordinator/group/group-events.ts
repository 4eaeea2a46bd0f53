/**
 * The newest events of each group that this broker coordinates, for whoever asks why; each is a line of the log too.
 * Bounded per group and in groups: those that have ended are forgotten first, then those that have been quiet longest.
 */
import type { GroupChange, GroupEvent } from './group-event.ts'
import { eventText } from './group-event-text.ts'
import type { GroupTally } from './group-tally.ts'

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

/** A name may be as long as a string can be; nothing else holds that of a group that has ended. */
const endedNameMax = 1000

export class GroupEvents {
  readonly #options: GroupEventsOptions
  /** In the order of their newest event. */
  readonly #groups = new Map<string, GroupEvent[]>()
  /** Of groups that there are no more, in the order of their ends. */
  readonly #ended = new Map<string, GroupEvent[]>()
  #forgottenMs = Number.NEGATIVE_INFINITY

  constructor(options: GroupEventsOptions) {
    this.#options = options
  }

  report({ groupId, epoch, epochAfter = epoch, change }: Reported): void {
    const event = { groupId, timestampMs: this.#options.nowMs(), epoch, epochAfter, change }
    this.#options.tally.happened(event)
    this.#options.log(`Group ${groupId} ${eventText(event)}`)
    const events = this.#groups.get(groupId) ?? this.#ended.get(groupId) ?? []
    events.push(event)
    const tooMany = events.length - this.#options.perGroupMax()
    if (tooMany > 0) events.splice(0, tooMany)
    this.#forget(groupId)
    if (events.length > 0) this.#groups.set(groupId, events)
    this.#forgetQuietest()
  }

  #forgetQuietest(): void {
    let tooMany = this.#groups.size + this.#ended.size - this.#options.groupsMax()
    for (const groups of [this.#ended, this.#groups]) {
      for (const [groupId, events] of groups) {
        if (tooMany-- <= 0) return
        groups.delete(groupId)
        this.#forgottenMs = Math.max(this.#forgottenMs, events.at(-1)?.timestampMs ?? 0)
      }
    }
  }

  /** Oldest first. */
  of(groupId: string): readonly GroupEvent[] {
    return [...(this.#groups.get(groupId) ?? this.#ended.get(groupId) ?? [])]
  }

  /** Up to then whole groups have been forgotten for want of room. */
  get forgottenMs(): number {
    return this.#forgottenMs
  }

  /** There is no such group any more: what is known of it stays for a while, unless its name alone takes much room. */
  retire(groupId: string): void {
    const events = this.#groups.get(groupId)
    this.#groups.delete(groupId)
    if (events !== undefined && groupId.length <= endedNameMax) this.#ended.set(groupId, events)
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
