/**
 * The replicas of a partition that is being reassigned (KIP-455): to those it has come those it is to get, then those leave
 * that it is to lose, all at once and only when what stays is in sync. Pure.
 */
export interface Assignment {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

const without = (ids: readonly number[], others: readonly number[]): readonly number[] =>
  ids.filter((id) => !others.includes(id))

const isReassigning = ({ addingReplicas, removingReplicas }: Assignment): boolean =>
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
