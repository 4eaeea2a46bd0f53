/** What a partition had of its groups when this broker loaded it: where their history here begins. */
import type { GroupEvent } from './group-event.ts'

export interface FoundGroup {
  readonly groupId: string
  readonly type: 'classic' | 'consumer'
  /** As administrators are shown it. */
  readonly state: string
  readonly epoch: number
  readonly memberCount: number
}

export class FoundGroups {
  /** The load is over; before, there is nothing to tell. */
  readonly loadedMs: number
  /** As many as there were; fewer than the groups that a broker holds anyway, or held. */
  readonly #groups = new Map<string, Omit<FoundGroup, 'groupId'>>()

  constructor(loadedMs: number) {
    this.loadedMs = loadedMs
  }

  add({ groupId, ...found }: FoundGroup): void {
    this.#groups.set(groupId, found)
  }

  /** Undefined: there was none of that name. */
  eventOf(groupId: string): GroupEvent | undefined {
    const found = this.#groups.get(groupId)
    if (found === undefined) return undefined
    const { epoch, ...rest } = found
    const at = { timestampMs: this.loadedMs, firstMs: this.loadedMs, count: 1 }
    return { groupId, ...at, epoch, epochAfter: epoch, change: { kind: 'loaded', ...rest } }
  }
}
