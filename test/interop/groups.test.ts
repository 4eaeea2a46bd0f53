/** Groups of three consumers of which one is killed: no partition stays without an owner, no record unread. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { produceNumbers, untilBalanced, untilRead } from './group.ts'
import { records, uniqueName } from './kit.ts'
import { javaKinds, Member, memberKinds, odradekSticky, skipMember } from './member.ts'
import { createTopic } from './topics.ts'

const partitions = 6
const count = records(600)

for (const [name, kind] of Object.entries(memberKinds)) {
  test(`three of ${name}, one killed`, { skip: skipMember(name) }, async () => {
    const topic = await createTopic({ prefix: 'group', partitions })
    const group = uniqueName('group')
    const members: Member[] = []
    try {
      for (let i = 0; i < 3; i++) members.push(await Member.start(kind, { topic, group }))
      await untilBalanced(members, partitions)
      await untilRead(members, await produceNumbers(topic, { from: 0, count }))

      await members[0]?.kill()
      await untilBalanced(members.slice(1), partitions)
      await untilRead(members.slice(1), await produceNumbers(topic, { from: count, count }))
      assert.ok(members.slice(1).every(({ values }) => values.size > 0))
    } finally {
      await Promise.all(members.map((member) => member.kill()))
    }
  })
}

/** Who is first leads the group, and reads what two of the others say that they had. */
for (const first of ['java', 'odradek'] as const) {
  test(`the sticky assignor of ${first} knows what members of both had`, async () => {
    const count = 12
    const topic = await createTopic({ prefix: 'group', partitions: count })
    const group = uniqueName('group')
    const java = javaKinds['java, classic, sticky']
    assert.ok(java)
    const [leader, other] = first === 'java' ? [java, odradekSticky] : [odradekSticky, java]
    const members: Member[] = []
    try {
      for (const kind of [leader, other, other, odradekSticky]) {
        members.push(await Member.start(kind, { topic, group }))
        await untilBalanced(members, count)
      }
      const last = members.pop()
      const before = members.map(({ owned }) => [...owned])
      await last?.kill()
      await untilBalanced(members, count)
      const kept = members.map(({ owned }, i) => before[i]?.filter((partition) => owned.has(partition)))
      assert.deepEqual(kept, before)
    } finally {
      await Promise.all(members.map((member) => member.kill()))
    }
  })
}
