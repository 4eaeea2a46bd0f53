import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTopicPartitions } from '../../protocol/index.ts'
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts'
import { ask, ClusterFixture } from './handler-fixture.ts'

type Given = Parameters<typeof describeTopicPartitions.request.create>[0]

async function answer(given: Given, texts: Readonly<Record<string, string>> = {}) {
  const fixture = new ClusterFixture(texts)
  fixture.start(1)
  fixture.createTopics({ c: [[1]], a: [[1], [1], [1]], b: [[1], [1]] })
  return ask(describeTopicPartitionsHandler(fixture.services), describeTopicPartitions.request.create(given))
}

const names = (...all: readonly string[]) => all.map((name) => ({ name }))
const at = (topicName: string, partitionIndex: number) => ({ topicName, partitionIndex })

const pages: readonly { what: string; given: Given; texts?: Record<string, string>; seen: string; next: string }[] = [
  { what: 'all, by name', given: {}, seen: 'a:0,1,2 b:0,1 c:0', next: '' },
  { what: 'the first page', given: { responsePartitionLimit: 4 }, seen: 'a:0,1,2 b:0', next: 'b 1' },
  {
    what: 'the next one',
    given: { responsePartitionLimit: 4, cursor: at('b', 1) },
    seen: 'b:1 c:0',
    next: '',
  },
  { what: 'a page that ends with its topic', given: { responsePartitionLimit: 3 }, seen: 'a:0,1,2', next: 'b 0' },
  {
    what: 'the broker bounds it',
    given: {},
    texts: { 'max.request.partition.size.limit': '2' },
    seen: 'a:0,1',
    next: 'a 2',
  },
  { what: 'at least one', given: { responsePartitionLimit: 0 }, seen: 'a:0', next: 'a 1' },
  { what: 'a cursor beyond its topic', given: { cursor: at('a', 9) }, seen: 'a: b:0,1 c:0', next: '' },
  { what: 'a cursor at a topic that is gone', given: { cursor: at('aa', 1) }, seen: 'b:0,1 c:0', next: '' },
  {
    what: 'topics that are not there',
    given: { topics: names('z', 'b', 'x/y') },
    seen: 'b:0,1 x/y!17: z!3:',
    next: '',
  },
  {
    what: 'the next topic may not exist',
    given: { topics: names('z', 'c'), responsePartitionLimit: 1 },
    seen: 'c:0',
    next: 'z 0',
  },
  {
    what: 'a cursor that was not asked for',
    given: { topics: names('b', 'z'), cursor: at('a', 0) },
    seen: 'b!42: z!42:',
    next: '',
  },
  {
    what: 'a cursor before the first partition',
    given: { topics: names('b'), cursor: at('b', -1) },
    seen: 'b!42:',
    next: '',
  },
]

for (const { what, given, texts, seen, next } of pages) {
  test(what, async () => {
    const { topics, nextCursor } = await answer(given, texts)
    const shown = topics.map(({ name, errorCode, partitions }) => {
      return `${name}${errorCode === 0 ? '' : `!${errorCode}`}:${partitions.map((it) => it.partitionIndex)}`
    })
    assert.equal(shown.join(' '), seen)
    assert.equal(nextCursor === null ? '' : `${nextCursor.topicName} ${nextCursor.partitionIndex}`, next)
  })
}

test('replicas that may be elected are told', async () => {
  const fixture = new ClusterFixture({ 'min.insync.replicas': '2' })
  fixture.start(1, 2)
  fixture.createTopics({ a: [[1, 2]] })
  fixture.heartbeat(2, { wantFence: true })
  const handler = describeTopicPartitionsHandler(fixture.services)
  const { topics } = await ask(handler, describeTopicPartitions.request.create())
  const partition = topics[0]?.partitions[0]
  assert.deepEqual(
    [partition?.leaderId, partition?.isrNodes, partition?.eligibleLeaderReplicas, partition?.offlineReplicas],
    [1, [1], [2], [2]],
  )
  assert.equal(topics[0]?.topicAuthorizedOperations, 3576)
})
