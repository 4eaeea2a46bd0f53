/**
 * What moves where when a broker is drained, or when replicas and leaders are spread evenly. Two replicas of a partition are
 * never on one broker, there are as many as before, and in as many racks as can be. Pure.
 */
import { evenLeaders, evenReplicas } from './even.ts'
import { type Load, type Placed, Placement, type PlanBroker, type PlanPartition } from './placement.ts'

export interface Move {
  readonly topic: string
  readonly partition: number
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** It is under way already, by an earlier run or somebody else: its end is waited for, and nothing of it is changed. */
  readonly isResumed?: boolean
}

export interface Plan {
  /** By topic and partition; those that change nothing but the order of the replicas among them. */
  readonly moves: readonly Move[]
  /** Of the brokers that are not fenced, by preferred leaders. */
  readonly before: readonly Load[]
  readonly after: readonly Load[]
  /** Names of partitions that were to move, and have nobody of whom they could be copied. */
  readonly withoutLeader?: readonly string[]
}

export interface PlanCluster {
  readonly brokers: readonly PlanBroker[]
  readonly partitions: readonly PlanPartition[]
}

/** There is no such plan; the message says why. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
}

/** How many replicas are to be copied: those that change their place in the order alone are not. */
export const copiesOf = ({ from, to }: Move): number => to.filter((id) => !from.includes(id)).length

/**
 * Each replica on the broker goes to the emptiest of the others, of a rack that has none yet where there is one; no other replica
 * moves. The partitions that move get leaders so that these are even, as far as that goes. Throws PlanError.
 */
export function planDrain({ brokers, partitions }: PlanCluster, brokerId: number): Plan {
  const placement = new Placement(
    brokers.map((broker) => (broker.id === brokerId ? { ...broker, isFenced: true } : broker)),
    partitions,
  )
  const before = new Placement(brokers, partitions).loads()
  const drained = placement.partitions.filter(({ from }) => from.includes(brokerId))
  for (const placed of drained) {
    const taken = bestFor(placement, placed, brokerId)
    if (taken === undefined) {
      const { topic, partition, from } = placed
      const others = placement.usable.length
      throw new PlanError(
        `${topic}-${partition} has ${from.length} replicas, and without broker ${brokerId} there are ${others} brokers for ` +
          'them: another broker is needed, or fewer replicas',
      )
    }
    placement.replace(placed, brokerId, taken)
  }
  evenReplicas(placement, (placed, left) => !placed.from.includes(left))
  const mayChange = new Set(drained)
  evenLeaders(placement, (placed) => mayChange.has(placed))
  return { moves: movesOf(placement), before, after: placement.loads() }
}

/** Of the brokers that may get replicas, when these moves are done. */
export function loadsAfter({ brokers, partitions }: PlanCluster, moves: readonly Move[]): readonly Load[] {
  const name = ({ topic, partition }: { readonly topic: string; readonly partition: number }) => `${topic}-${partition}`
  const moved = new Map(moves.map((move) => [name(move), move.to]))
  return new Placement(
    brokers,
    partitions.map((it) => ({ ...it, replicas: moved.get(name(it)) ?? it.replicas })),
  ).loads()
}

/** In as many racks as can be, then within one of each other, by as few moves as that takes; then the leaders likewise. */
export function planRebalance({ brokers, partitions }: PlanCluster): Plan {
  const placement = new Placement(brokers, partitions)
  const before = placement.loads()
  for (const placed of placement.partitions) spreadOverRacks(placement, placed)
  evenReplicas(placement, () => true)
  evenLeaders(placement, () => true)
  return { moves: movesOf(placement), before, after: placement.loads() }
}

/** Undefined where each of them has a replica already. */
function bestFor(placement: Placement, placed: Placed, left: number): number | undefined {
  const order = (id: number): readonly number[] => [
    -placement.rackSpread(placed, left, id),
    placement.replicasOn(id).size,
    placement.ofTopic(placed.topic, id),
  ]
  const candidates = placement.usable.filter((id) => !placed.to.includes(id))
  return candidates.toSorted((a, b) => compare(order(a), order(b)))[0]
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function spreadOverRacks(placement: Placement, placed: Placed): void {
  for (;;) {
    const spread = placement.rackSpread(placed)
    const racks = placed.to.map((id) => placement.rackOf(id))
    const fullest = placed.to
      .filter((id, i) => placement.isUsable(id) && racks.indexOf(racks[i] ?? '') !== racks.lastIndexOf(racks[i] ?? ''))
      .sort((a, b) => placement.replicasOn(b).size - placement.replicasOn(a).size)
    const [left] = fullest
    const taken = left === undefined ? undefined : bestFor(placement, placed, left)
    if (left === undefined || taken === undefined || placement.rackSpread(placed, left, taken) <= spread) return
    placement.replace(placed, left, taken)
  }
}

function movesOf({ partitions }: Placement): readonly Move[] {
  return partitions
    .filter(({ from, to }) => to.some((id, i) => id !== from[i]))
    .map(({ topic, partition, from, to }) => ({ topic, partition, from, to: [...to] }))
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}
