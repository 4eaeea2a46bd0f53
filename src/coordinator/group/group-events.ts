/**
 * The newest events of each group that this broker coordinates, for whoever asks why; each is a line of the log too.
 * Bounded per group and in groups: the group that has been quiet longest is forgotten first.
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

export class GroupEvents {
  readonly #options: GroupEventsOptions
  /** In the order of their newest event. */
  readonly #groups = new Map<string, GroupEvent[]>()

  constructor(options: GroupEventsOptions) {
    this.#options = options
  }

  report({ groupId, epoch, epochAfter = epoch, change }: Reported): void {
    const event = { groupId, timestampMs: this.#options.nowMs(), epoch, epochAfter, change }
    this.#options.tally.happened(event)
    this.#options.log(`Group ${groupId} ${eventText(event)}`)
    const events = this.#groups.get(groupId) ?? []
    events.push(event)
    const tooMany = events.length - this.#options.perGroupMax()
    if (tooMany > 0) events.splice(0, tooMany)
    this.#groups.delete(groupId)
    if (events.length > 0) this.#groups.set(groupId, events)
    this.#forgetQuietest()
  }

  #forgetQuietest(): void {
    for (const groupId of this.#groups.keys()) {
      if (this.#groups.size <= this.#options.groupsMax()) return
      this.#groups.delete(groupId)
    }
  }

  /** Oldest first. */
  of(groupId: string): readonly GroupEvent[] {
    return [...(this.#groups.get(groupId) ?? [])]
  }

  /** The group is gone, or has another coordinator. */
  forget(groupId: string): void {
    this.#groups.delete(groupId)
  }
}
