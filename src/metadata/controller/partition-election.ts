/** Who is to lead a partition (KIP-966 and KIP-460). Pure: one partition and what becomes of its replicas in, a leader out. */
import { noLeader, type PartitionImage } from '../image/partition-image.ts'

/** `online`: anyone who has all that was committed; `preferred`: the first replica, if it has; `unclean`: in the end anyone. */
export type ElectionKind = 'online' | 'preferred' | 'unclean'

export interface ElectionOptions {
  readonly partition: PartitionImage
  /** As they are to be: the partition's own are those before. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  readonly elrEnabled: boolean
  readonly kind: ElectionKind
  readonly isAcceptable: (brokerId: number) => boolean
}

export interface Elected {
  readonly leader: number
  /** It may lack what was committed. */
  readonly unclean: boolean
}

const cleanly = (leader: number): Elected => ({ leader, unclean: false })

/** When nobody else is left that is known to have everything, the last leader may have it. */
function lastKnownLeader({ partition, isr, elr, elrEnabled, isAcceptable }: ElectionOptions): number | undefined {
  const [lastKnown, ...others] = partition.lastKnownElr
  if (!elrEnabled || isr.length + elr.length + others.length > 0) return undefined
  return lastKnown !== undefined && isAcceptable(lastKnown) ? lastKnown : undefined
}

export function electLeader(options: ElectionOptions): Elected {
  const { partition, replicas, isr, elr, kind, isAcceptable } = options
  const isValid = (id: number): boolean =>
    (isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptable(id)
  const [preferred] = replicas
  if (kind === 'preferred' && preferred !== undefined && isValid(preferred)) return cleanly(preferred)
  if (isValid(partition.leader)) return cleanly(partition.leader)
  const next = replicas.find(isValid)
  if (next !== undefined) return cleanly(next)
  const uncleanly = lastKnownLeader(options) ?? (kind === 'unclean' ? replicas.find(isAcceptable) : undefined)
  return uncleanly === undefined ? cleanly(noLeader) : { leader: uncleanly, unclean: true }
}
