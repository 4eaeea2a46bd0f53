/**
 * The replicas of a partition that is being reassigned (KIP-455): to those it has come those it is to get, then those leave
 * that it is to lose, all at once and only when what stays is in sync. Pure.
 */
import type { PartitionImage } from '../image/partition-image.ts'

export interface Assignment {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

type Replicas = Omit<Assignment, 'isr'>

const without = (ids: readonly number[], others: readonly number[]): readonly number[] =>
  ids.filter((id) => !others.includes(id))

export const isReassigning = ({ addingReplicas, removingReplicas }: Omit<Replicas, 'replicas'>): boolean =>
  addingReplicas.length + removingReplicas.length > 0

/** The assignment when the reassignment is done, if it can be: the same, if not. */
export function afterReassignment(assignment: Assignment): Assignment {
  const { addingReplicas, removingReplicas } = assignment
  const isr = without(assignment.isr, removingReplicas)
  const replicas = without(assignment.replicas, removingReplicas)
  const isPending =
    !isReassigning(assignment) ||
    (removingReplicas.length > 0 && (isr.length === 0 || replicas.length === 0)) ||
    without(addingReplicas, isr).length > 0 ||
    // Fewer replicas than before: all that stay must be in sync, for there are none to spare.
    (addingReplicas.length < removingReplicas.length && without(replicas, isr).length > 0)
  return isPending ? assignment : { replicas, isr, addingReplicas: [], removingReplicas: [] }
}

/**
 * What a partition has until its replicas are those of `target`. Of a reassignment before, nothing is left but the replicas that
 * it was to add and this one, which adds none, has too: without them it would not be known what to go back to.
 */
export function towards(partition: Replicas, target: readonly number[]): Replicas {
  const inOrder = (ids: readonly number[]): readonly number[] => ids.toSorted((a, b) => a - b)
  const removingReplicas = inOrder(without(partition.replicas, target))
  const added = inOrder(without(target, partition.replicas))
  const addingReplicas = added.length > 0 ? added : partition.addingReplicas.filter((id) => target.includes(id))
  return { replicas: [...target, ...removingReplicas], addingReplicas, removingReplicas }
}

/** What it had before its reassignment. `unclean`: nobody of them is in sync; the first replica is to lead. */
export function reverted(partition: PartitionImage): Assignment & { readonly unclean: boolean } {
  const replicas = without(partition.replicas, partition.addingReplicas)
  const isr = without(partition.isr, partition.addingReplicas)
  const unclean = isr.length === 0
  return { replicas, isr: unclean ? replicas.slice(0, 1) : isr, addingReplicas: [], removingReplicas: [], unclean }
}
