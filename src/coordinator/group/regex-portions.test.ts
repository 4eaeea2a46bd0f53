import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'
import { TranscriptTopics } from './test-support/transcript-topics.ts'

test('expressions that stand for more topics than a batch has room for are stored in several', async () => {
  const clock = new ManualClock()
  const partition = new MemoryPartition()
  const settings = { 'group.consumer.assignment.interval.ms': '0' }
  const broker = new GroupBroker({ clock, settings, batchBytesMax: 500_000 })
  await broker.lead(partition)
  const topics = new TranscriptTopics()
  topics.change(new Map(Array.from({ length: 10_000 }, (_, i) => [`topic-${i}`, 1])), broker.groups)
  const beat = async (i: number) => {
    const request = heartbeatOf({ memberId: `m${i}`, topicNames: null, topicRegex: `topic-.*${'[0-9]?'.repeat(i)}` })
    return await broker.groups.consumerHeartbeat('g', request, 1)
  }
  for (let i = 0; i < 8; i++) await beat(i)
  for (const ms of [1, 10_001]) {
    clock.advance(ms)
    await beat(0)
    clock.advance(1)
    await turns()
  }
  assert.deepEqual(
    broker.lines.filter((line) => line.includes('not store what its regular')),
    [],
  )
  assert.ok(broker.lines.includes('Group g has 8 regular expressions resolved to 10,000 topics in 0 ms'))
  assert.deepEqual(broker.faults, [])
})
