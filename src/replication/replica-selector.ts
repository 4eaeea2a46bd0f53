/**
 * Which follower a consumer is to read from instead of the leader (KIP-392), as Kafka's RackAwareReplicaSelector chooses by
 * what the leader knows. Pure; on the path of each fetch with a rack that reaches a leader.
 */
import type { FollowerProgress } from './follower-progress.ts'

/** A consumer that may read from any replica: from version 11 on of its fetch. */
export interface RoamingReader {
  /** Empty where leaders send it nowhere: it does not tell its rack, or nothing selects replicas here. */
  readonly rackId: string
  /** Undefined: no rack, or the broker is fenced, or does not listen where the reader has come in. */
  readonly rackOf: (brokerId: number) => string | undefined
}

type Follower = Pick<FollowerProgress, 'logStartOffset' | 'logEndOffset' | 'lastCaughtUpMs'>

/** Of one partition, as its leader has them. */
export interface ReadableReplicas {
  readonly leaderId: number
  /** As it was committed last. */
  readonly isr: readonly number[]
  readonly followers: ReadonlyMap<number, Follower>
}

/**
 * Undefined: the leader, which comes first where it is in the reader's rack. Who is not in sync may lag behind for ever, and
 * who does not have the offset would refuse it.
 */
export function preferredReplica(
  { leaderId, isr, followers }: ReadableReplicas,
  { rackId, rackOf }: RoamingReader,
  fetchOffset: number,
): number | undefined {
  if (rackId === '' || rackOf(leaderId) === rackId) return undefined
  let best: { readonly id: number; readonly follower: Follower } | undefined
  for (const [id, follower] of followers) {
    if (follower.logEndOffset < fetchOffset || follower.logStartOffset > fetchOffset) continue
    if (!isr.includes(id) || rackOf(id) !== rackId) continue
    if (best === undefined || isFurther(id, follower, best)) best = { id, follower }
  }
  return best?.id
}

/** By the end of the log, then by when it had all that there was, then by id: always the same one. */
function isFurther(
  id: number,
  follower: Follower,
  best: { readonly id: number; readonly follower: Follower },
): boolean {
  const { logEndOffset, lastCaughtUpMs } = best.follower
  if (follower.logEndOffset !== logEndOffset) return follower.logEndOffset > logEndOffset
  if (follower.lastCaughtUpMs !== lastCaughtUpMs) return follower.lastCaughtUpMs > lastCaughtUpMs
  return id > best.id
}
