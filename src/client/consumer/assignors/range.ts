/** Each topic by itself: its partitions in order, as many in a row for each member; the first ones have one more. Pure. */
import { type Assignor, compareMembers, emptyAssignment, partitionsOf, wantedTopics } from './assignor.ts'

export const range: Assignor = {
  name: 'range',
  isCooperative: false,
  assign(input) {
    const assignment = emptyAssignment(input)
    for (const topic of wantedTopics(input)) {
      const members = input.members.filter(({ topics }) => topics.includes(topic)).sort(compareMembers)
      const left = partitionsOf(topic, input.partitions.get(topic) ?? 0)
      const each = Math.floor(left.length / members.length)
      const more = left.length % members.length
      for (const [i, { memberId }] of members.entries()) {
        assignment.get(memberId)?.push(...left.splice(0, i < more ? each + 1 : each))
      }
    }
    return assignment
  },
}
