/** Groups of three consumers of which one is killed: no partition stays without an owner, no record unread. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { produceNumbers, untilBalanced, untilRead } from './group.ts'
import { records, uniqueName } from './kit.ts'
import { Member, memberKinds, skipMember } from './member.ts'
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
