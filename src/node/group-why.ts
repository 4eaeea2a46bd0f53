/** Why a group rebalanced, removed members or fenced them, as the HTTP endpoint and `odradek groups why` tell it. */
import { ApiError } from '../base/index.ts'
import { eventText, type GroupEvent, type GroupHistory } from '../coordinator/index.ts'
import { errorName } from '../protocol/index.ts'
import type { Node } from './node.ts'

/** An event, with the words that the log has for it. */
interface ToldEvent extends GroupEvent {
  readonly text: string
}

export type GroupWhy =
  | (Omit<GroupHistory, 'events'> & { readonly events: readonly ToldEvent[] })
  /** This node does not coordinate the group, or not yet. */
  | { readonly groupId: string; readonly error: string; readonly message: string }

export function groupWhy({ broker }: { readonly broker: Pick<Node['broker'], 'groups'> }, groupId: string): GroupWhy {
  try {
    const history = broker.groups.historyOf(groupId)
    return { ...history, events: history.events.map((event) => ({ ...event, text: eventText(event) })) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { groupId, error: errorName(error.code), message: error.message }
  }
}
