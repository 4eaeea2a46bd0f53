/** The end of groups: an empty one is deleted by a request, or because nobody needs it any more. */
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { ClassicGroups } from './classic-groups.ts'
import { groupTombstones } from './consumer-exits.ts'
import type { ConsumerGroups } from './consumer-groups.ts'
import type { ForeignGroups } from './foreign-groups.ts'
import type { EndCause } from './group-event.ts'
import type { GroupEvents } from './group-events.ts'
import { type GroupRecord, offsetTombstone } from './group-record.ts'
import type { OffsetStore } from './offset-store.ts'
import { type SweepSteps, sweep } from './sweep.ts'

export interface GroupDeletionOptions {
  readonly context: ShardContext<GroupRecord>
  readonly classics: ClassicGroups
  readonly consumers: ConsumerGroups
  readonly foreign: ForeignGroups
  readonly events: GroupEvents
  readonly store: OffsetStore
}

interface Ending {
  /** To be taken away with it. */
  readonly offsets: readonly GroupRecord[]
  readonly why: EndCause
  /** It is committed, be it later than the answer. */
  readonly ended?: () => void
  readonly respond: (code: number) => void
}

export class GroupDeletion {
  readonly #options: GroupDeletionOptions

  constructor(options: GroupDeletionOptions) {
    this.#options = options
  }

  /**
   * Takes away an empty group and its offsets; answers with an error code. Many offsets go in slices, as no batch has room
   * for all: who joins meanwhile keeps the others, and the group.
   */
  deleteGroup(groupId: string, respond: (code: number) => void): void {
    const code = this.#errorOf(groupId)
    if (code !== ErrorCode.NONE) {
      respond(code)
      return
    }
    let isAnswered = false
    const answer = (outcome: number): void => {
      if (!isAnswered) respond(outcome)
      isAnswered = true
    }
    sweep({
      context: this.#options.context,
      steps: this.#steps(groupId, answer),
      done: (outcome) => {
        if (outcome !== ErrorCode.NONE) answer(outcome)
      },
    })
  }

  *#steps(groupId: string, respond: (code: number) => void): SweepSteps {
    const { store } = this.#options
    for (const key of store.keysOf(groupId)) {
      const isNewSlice = yield offsetTombstone(groupId, key)
      const code = isNewSlice ? this.#errorOf(groupId) : ErrorCode.NONE
      if (code === ErrorCode.NONE) continue
      respond(code)
      return
    }
    const offsets = [...store.newestOf(groupId)].map((committedMeanwhile) =>
      offsetTombstone(groupId, committedMeanwhile),
    )
    this.#end(groupId, { offsets, why: 'deleted', respond })
  }

  /** Why it cannot be deleted. */
  #errorOf(groupId: string): number {
    const { classics, consumers, foreign } = this.#options
    const consumer = consumers.get(groupId)
    const group = classics.get(groupId)
    if (consumer !== undefined || group !== undefined) {
      const isEmpty = (consumer?.size ?? 0) === 0 && (group === undefined || group.state === 'empty')
      return isEmpty ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
    }
    const other = foreign.get(groupId)
    if (other === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    // Its records are not ours to take away.
    return other.hasMembers ? ErrorCode.NON_EMPTY_GROUP : ErrorCode.INVALID_REQUEST
  }

  /** Takes a group without members away that has no offsets left; not one that somebody is about to join. */
  removeIfEmpty(groupId: string, { why, ended }: { readonly why: EndCause; readonly ended: () => void }): boolean {
    const { classics, consumers } = this.#options
    const consumer = consumers.get(groupId)
    const group = classics.get(groupId)
    const isUnused =
      consumer === undefined ? group?.state === 'empty' && group.pendingJoins.size === 0 : consumer.size === 0
    if (isUnused) this.#end(groupId, { offsets: [], why, ended, respond: () => undefined })
    return isUnused
  }

  #end(groupId: string, { offsets, why, ended, respond }: Ending): void {
    const { context, classics, consumers, events } = this.#options
    const consumer = consumers.get(groupId)
    const group = classics.get(groupId)
    const epoch = consumer?.epoch ?? group?.generationId ?? 0
    // From here on it is gone: who joins now joins another group of this name.
    const taken = group && classics.take(group)
    const own: readonly GroupRecord[] =
      consumer === undefined ? [{ kind: 'classic-group', groupId, value: null }] : groupTombstones(consumer)
    context.append({
      records: [...offsets, ...own],
      settled: (code) => {
        if (code !== ErrorCode.NONE) {
          taken?.giveBack(code)
          return
        }
        taken?.forget()
        events.report({ groupId, epoch, change: { kind: 'ended', why } })
        const isThereAgain = classics.has(groupId) || consumers.get(groupId) !== undefined
        if (!isThereAgain) events.retire(groupId)
        ended?.()
      },
      committed: () => respond(ErrorCode.NONE),
      failed: respond,
    })
  }
}
