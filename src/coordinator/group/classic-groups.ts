/** The groups of the classic protocol of one shard: made, loaded, ended, and handed over to the consumer protocol. */
import { getOrInsert } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicMember } from './classic-member.ts'
import type { GroupEvents } from './group-events.ts'
import { type GroupRecord, type StoredGroup, storedProtocols } from './group-record.ts'
import type { Rebalance } from './rebalance.ts'

export interface ClassicGroupsOptions {
  readonly context: ShardContext<GroupRecord>
  readonly rebalance: Rebalance
  readonly events: GroupEvents
  /** Whether anything is known of the group's offsets. */
  readonly hasOffsets: (groupId: string) => boolean
}

/** A group that is about to go on as another one; its end is not committed yet. */
export interface TakenGroup {
  /** It is gone for good. */
  readonly forget: () => void
  /** Its end was not written: it goes on as it was. */
  readonly giveBack: (errorCode: number) => void
}

export class ClassicGroups {
  readonly #options: ClassicGroupsOptions
  readonly #groups = new Map<string, ClassicGroup>()
  /** Taken, and shown until that is committed. */
  readonly #taken = new Map<string, ClassicGroup>()

  constructor(options: ClassicGroupsOptions) {
    this.#options = options
  }

  get(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  ids(): IterableIterator<string> {
    return this.#groups.keys()
  }

  /** As readers see it, who know of nothing that is not committed. */
  shown(groupId: string): ClassicGroup | undefined {
    return this.#taken.get(groupId) ?? this.#groups.get(groupId)
  }

  allShown(): readonly ClassicGroup[] {
    const groups = this.#taken.size === 0 ? this.#groups : new Map([...this.#groups, ...this.#taken])
    return [...groups.values()]
  }

  getOrMake(groupId: string): ClassicGroup {
    return getOrInsert(this.#groups, groupId, () => new ClassicGroup(groupId, this.#options.context.nowMs()))
  }

  /**
   * A group that was stored, with its members: they get a session to come back in. Returns it where none of them has
   * assigned: it is about to rebalance.
   */
  restore(groupId: string, stored: StoredGroup): ClassicGroup | undefined {
    const group = new ClassicGroup(groupId, this.#options.context.nowMs())
    for (const member of stored.members) {
      const known = new ClassicMember({ ...member, protocols: storedProtocols(stored, member) })
      known.isNew = false
      known.assignment = member.assignment
      group.add(known, stored.protocolType)
    }
    group.restore(stored)
    this.put(group)
    return stored.leaderId === null && group.size > 0 ? group : undefined
  }

  /** Its members' sessions begin. */
  put(group: ClassicGroup): void {
    this.#groups.set(group.groupId, group)
    for (const member of group.members()) this.#options.rebalance.heard(group, member)
  }

  /** Whoever waits is told `code`; the group is dead. */
  end(group: ClassicGroup, code: number): void {
    for (const member of group.members()) this.#options.rebalance.dismiss(member, code)
    group.become('dead', this.#options.context.nowMs())
    if (this.#groups.get(group.groupId) === group) this.#groups.delete(group.groupId)
  }

  endAll(code: number): void {
    for (const group of [...this.#groups.values()]) this.end(group, code)
  }

  /** Ends a group that goes on as one of the consumer protocol: its members are told to join again. */
  take(group: ClassicGroup): TakenGroup {
    const { groupId, stateSinceMs } = group
    const wasRebalancing = group.state === 'preparing' || group.state === 'completing'
    this.end(group, ErrorCode.REBALANCE_IN_PROGRESS)
    this.#taken.set(groupId, group)
    const hide = (): void => {
      // One that took its place may be on its way too.
      if (this.#taken.get(groupId) === group) this.#taken.delete(groupId)
    }
    return {
      forget: () => {
        hide()
        // A peer says how long they run, and they hold the group; those of one that has come since go by the same names.
        if (this.shown(groupId) === undefined) this.#options.rebalance.stopWaiting(group)
      },
      giveBack: (errorCode) => {
        hide()
        if (this.#groups.has(groupId)) return
        group.revive(stateSinceMs)
        this.put(group)
        // Who waited has been told to join again, and what the members had was of the time before.
        if (wasRebalancing) this.#options.rebalance.start(group, { kind: 'not-stored', errorCode })
      },
    }
  }

  /** Somebody has joined it, or it has offsets. */
  isStored({ groupId, state, generationId, size }: ClassicGroup): boolean {
    return state !== 'empty' || generationId > 0 || size > 0 || this.#options.hasOffsets(groupId)
  }

  /** A group that no record tells of ends with the last request for it: nobody could take it away otherwise. */
  forgetIfUnused(group: ClassicGroup): void {
    const { groupId } = group
    if (this.isStored(group) || group.pendingJoins.size > 0 || this.#groups.get(groupId) !== group) return
    this.#groups.delete(groupId)
    this.#options.events.retire(groupId)
  }
}
