/** All partitions in order, one for each member in turn that wants the topic. Pure. */
import { type Assignor, compareMembers, emptyAssignment, partitionsOf, wantedTopics } from './assignor.ts'

export const roundRobin: Assignor = {
  name: 'roundrobin',
  isCooperative: false,
  assign(input) {
    const assignment = emptyAssignment(input)
    const members = [...input.members].sort(compareMembers).map(({ memberId, topics }) => ({
      memberId,
      topics: new Set(topics),
    }))
    let turn = 0
    for (const topic of wantedTopics(input)) {
      for (const each of partitionsOf(topic, input.partitions.get(topic) ?? 0)) {
        while (members[turn % members.length]?.topics.has(topic) !== true) turn++
        assignment.get(members[turn % members.length]?.memberId ?? '')?.push(each)
        turn++
      }
    }
    return assignment
  },
}
