/** Groups of three consumers of which one is killed: no partition stays without an owner, no record unread. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kcat } from './kcat.ts'
import { records, uniqueName, until } from './kit.ts'
import { Member, memberKinds } from './member.ts'
import { skipUnless } from './served.ts'
import { createTopic } from './topics.ts'

const partitions = 6
const count = records(600)

/** Whether each partition has one owner, and each member its fair share. */
function isBalanced(members: readonly Member[]): boolean {
  const all = members.flatMap(({ owned }) => [...owned])
  const share = partitions / members.length
  return (
    all.length === partitions && new Set(all).size === partitions && members.every(({ owned }) => owned.size === share)
  )
}

const numbers = (from: number): string[] => Array.from({ length: count }, (_, i) => `${from + i}`)
const produce = (topic: string, values: readonly string[]): Promise<string> =>
  kcat(['-P', '-t', topic, '-K:'], values.map((value) => `${value}:${value}\n`).join(''))

async function untilRead(members: readonly Member[], values: readonly string[]): Promise<void> {
  await until({
    what: `${values.length} values are read`,
    timeoutMs: 40_000,
    condition: () => values.every((value) => members.some((member) => member.values.has(value))),
    seen: () => members.join('\n'),
  })
}

async function untilBalanced(members: readonly Member[]): Promise<void> {
  const what = `${partitions} partitions owned by ${members.length} members`
  await until({ what, timeoutMs: 60_000, condition: () => isBalanced(members), seen: () => members.join('\n') })
}

for (const [name, kind] of Object.entries(memberKinds)) {
  const skip = name.includes('consumer') ? skipUnless('consumerProtocol') : false
  test(`three of ${name}, one killed`, { skip }, async () => {
    const topic = await createTopic({ prefix: 'group', partitions })
    const group = uniqueName('group')
    const members: Member[] = []
    try {
      for (let i = 0; i < 3; i++) members.push(await Member.start(kind, { topic, group }))
      await untilBalanced(members)
      await produce(topic, numbers(0))
      await untilRead(members, numbers(0))

      await members[0]?.kill()
      await untilBalanced(members.slice(1))
      await produce(topic, numbers(count))
      await untilRead(members.slice(1), numbers(count))
      assert.ok(members.slice(1).every(({ values }) => values.size > 0))
    } finally {
      await Promise.all(members.map((member) => member.kill()))
    }
  })
}
