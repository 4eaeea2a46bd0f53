/**
 * Who leads a partition, and what its ISR and eligible leader replicas become (KIP-966), when a replica leaves the ISR,
 * comes back, or lost data. Pure: one partition in, at most one record out.
 */
import { type PartitionChangeRecord, partitionChangeRecord } from '../../protocol/index.ts'
import { noLeader, noLeaderChange, type PartitionImage } from '../image/partition-image.ts'

const recovering = 1

export interface ElectionOptions {
  readonly partition: PartitionImage
  /** The ISR without those who leave it. */
  readonly isr: readonly number[]
  /** A broker whose log may have lost its end: no longer eligible. */
  readonly uncleanShutdown?: number | undefined
  readonly minInSyncReplicas: number
  readonly elrEnabled: boolean
  /** If all else fails, any live replica will do. */
  readonly uncleanElection: boolean
  readonly isAcceptable: (brokerId: number) => boolean
}

interface Elected {
  readonly leader: number
  readonly unclean: boolean
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i])

/** Those who left an ISR that is now too small hold all that was committed: nothing is, below the minimum. */
function eligibleReplicas({ partition, isr, uncleanShutdown, minInSyncReplicas, elrEnabled }: ElectionOptions) {
  if (!elrEnabled || isr.length >= minInSyncReplicas) return []
  return [...new Set([...partition.eligibleLeaderReplicas, ...partition.isr])]
    .filter((id) => !isr.includes(id) && id !== uncleanShutdown)
    .sort((a, b) => a - b)
}

function elect(options: ElectionOptions, elr: readonly number[]): Elected {
  const { partition, isr, elrEnabled, uncleanElection, isAcceptable } = options
  const isValid = (id: number): boolean =>
    (isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptable(id)
  if (isValid(partition.leader)) return { leader: partition.leader, unclean: false }
  const next = partition.replicas.find(isValid)
  if (next !== undefined) return { leader: next, unclean: false }
  const [lastKnown, ...others] = partition.lastKnownElr
  if (elrEnabled && isr.length + elr.length + others.length === 0) {
    if (lastKnown !== undefined && isAcceptable(lastKnown)) return { leader: lastKnown, unclean: true }
  }
  const anybody = uncleanElection ? partition.replicas.find(isAcceptable) : undefined
  return anybody === undefined ? { leader: noLeader, unclean: false } : { leader: anybody, unclean: true }
}

/** While there is no leader, the last one is remembered. */
function lastKnownAfter(partition: PartitionImage, isr: readonly number[] | null, leader: number) {
  const { lastKnownElr } = partition
  if (isr?.length === 0 && !same(lastKnownElr, [partition.leader])) return [partition.leader]
  const led = leader >= 0 || (partition.leader !== noLeader && leader !== noLeader)
  return led && lastKnownElr.length > 0 ? [] : null
}

/** The change that follows, if any. */
export function electPartition(options: ElectionOptions): PartitionChangeRecord | undefined {
  const { partition, elrEnabled } = options
  const eligible = eligibleReplicas(options)
  const { leader: elected, unclean } = elect(options, eligible)
  const changes = elected !== partition.leader
  const fromElr = changes && eligible.includes(elected)
  const alone = fromElr || (changes && unclean)
  const targetIsr = alone ? [elected] : options.isr
  const elr = changes && unclean ? [] : eligible.filter((id) => id !== elected)
  // Without eligible replicas to fall back on, the last of the ISR stays in it.
  const isr = (targetIsr.length > 0 || elrEnabled) && !same(targetIsr, partition.isr) ? targetIsr : null
  const leader = changes ? elected : noLeaderChange
  const eligibleLeaderReplicas = same(elr, partition.eligibleLeaderReplicas) ? null : elr
  const lastKnownElr = elrEnabled ? lastKnownAfter(partition, isr, leader) : null
  if (!changes && isr === null && eligibleLeaderReplicas === null && lastKnownElr === null) return undefined
  const { topicId, partitionId } = partition
  const given = { topicId, partitionId, leader, isr, eligibleLeaderReplicas, lastKnownElr }
  const recovers = changes && unclean && partition.leaderRecoveryState !== recovering
  return partitionChangeRecord.create(recovers ? { ...given, leaderRecoveryState: recovering } : given)
}
