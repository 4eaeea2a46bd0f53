/** Why a group rebalanced, removed members or fenced them, as the HTTP endpoint and `odradek groups why` tell it. */
import { ApiError } from '../base/index.ts'
import type { ToldHistory } from '../coordinator/index.ts'
import { errorName } from '../protocol/index.ts'
import type { Node } from './node.ts'

export type GroupWhy =
  | ToldHistory
  /** This node does not coordinate the group, or not yet. */
  | { readonly groupId: string; readonly error: string; readonly message: string }

export function groupWhy({ broker }: { readonly broker: Pick<Node['broker'], 'groups'> }, groupId: string): GroupWhy {
  try {
    return broker.groups.toldHistoryOf(groupId)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { groupId, error: errorName(error.code), message: error.message }
  }
}
