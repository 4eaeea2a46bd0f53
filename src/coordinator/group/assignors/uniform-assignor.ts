/**
 * `uniform`, the assignor that groups get unless they ask for another: as many partitions for each member as for any
 * other, as far as subscriptions allow; within that each keeps what it had.
 */
import type { Assignment, Assignor, GroupSpec, TopicDescriber } from './assignor.ts'
import { hashedValues } from './java-hash-map.ts'
import { assignHeterogeneous } from './uniform-heterogeneous.ts'
import { assignHomogeneous } from './uniform-homogeneous.ts'

export const uniformAssignor: Assignor = {
  name: 'uniform',

  assign(group: GroupSpec, topics: TopicDescriber): ReadonlyMap<string, Assignment> {
    const options = { members: hashedValues(group.members), topics }
    return group.isHomogeneous ? assignHomogeneous(options) : assignHeterogeneous(options)
  },
}
