/** kcat: metadata, produce, consume by partition and in a group, offsets by time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kcat } from './kcat.ts'
import { records, uniqueName } from './kit.ts'
import { createTopic } from './topics.ts'

const count = records(1000)

test('what it produced it reads, with keys and headers', async () => {
  const topic = await createTopic({ prefix: 'kcat' })
  const lines = Array.from({ length: count }, (_, i) => `key-${i}:value-${i}\n`).join('')
  await kcat(['-P', '-t', topic, '-K:', '-H', 'source=kcat'], lines)
  const read = await kcat(['-C', '-q', '-t', topic, '-o', 'beginning', '-e', '-f', '%o|%k:%s|%h\n'])
  const wanted = Array.from({ length: count }, (_, i) => `${i}|key-${i}:value-${i}|source=kcat\n`).join('')
  assert.equal(read, wanted)
  assert.equal(await kcat(['-C', '-q', '-t', topic, '-p', '0', '-o', '-1', '-e', '-f', '%s']), `value-${count - 1}`)
})

test('lists the topic and answers offsets by time', async () => {
  const topic = await createTopic({ prefix: 'kcat', partitions: 2 })
  await kcat(['-P', '-t', topic, '-p', '1'], 'a\nb\n')
  const listed = await kcat(['-L', '-t', topic])
  assert.match(listed, new RegExp(`topic "${topic}" with 2 partitions`))
  assert.match(await kcat(['-Q', '-t', `${topic}:1:-1`]), /offset 2/)
  assert.match(await kcat(['-Q', '-t', `${topic}:1:-2`]), /offset 0/)
  assert.match(await kcat(['-Q', '-t', `${topic}:1:1000`]), /offset 0/)
})

test('reads in a group', async () => {
  const topic = await createTopic({ prefix: 'kcat', partitions: 3 })
  await kcat(['-P', '-t', topic, '-K:'], Array.from({ length: 30 }, (_, i) => `${i}:${i}\n`).join(''))
  const group = uniqueName('kcat')
  const read = await kcat(['-G', group, '-q', '-c', '30', '-X', 'auto.offset.reset=earliest', '-f', '%s\n', topic])
  assert.deepEqual(
    read
      .trim()
      .split('\n')
      .map(Number)
      .sort((a, b) => a - b),
    Array.from({ length: 30 }, (_, i) => i),
  )
})
