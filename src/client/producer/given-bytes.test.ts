/** Whose the bytes are that `send` was given: the caller's again when it returns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Offered, ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { bytes, defineTopic, type Serializer } from '../index.ts'
import { ownRecord } from './new-record.ts'

const values = ({ offered }: ScriptedCluster): readonly string[] => offered.flatMap((it) => it.values)

test('bytes may be changed when send returns, also where the topic is not known yet', async () => {
  const cluster = new ScriptedCluster()
  const keys: string[] = []
  await cluster.run(async () => {
    const partitioner = ({ key }: { readonly key: Uint8Array | null }): number => {
      keys.push(String(key))
      return 0
    }
    await using producer = cluster.producer({ partitioner })
    const [key, value] = [Buffer.from('k'), Buffer.from('AAAA')]
    const sent = [producer.send('t', { key, value })]
    key.fill('x')
    value.fill('B')
    sent.push(producer.sendAll('t', [{ value }]).then(([first]) => first ?? assert.fail()))
    value.fill('C')
    await Promise.all(sent)
    const last = producer.send('t', { value })
    value.fill('D')
    await last
    assert.deepEqual(values(cluster), ['AAAA', 'BBBB', 'CCCC'])
    assert.deepEqual(keys, ['k', 'null', 'null'])
  })
})

test('bytes may be changed when send returns, also where there is no room', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ bufferMemory: 1000, batchSize: 1, lingerMs: 0 })
    await producer.send('t', { value: 'warm' })
    const held: Offered[] = []
    cluster.onOffer = (offered) => held.push(offered)
    const value = Buffer.alloc(600)
    const sent = [...'abcd'].map((letter) => producer.send('t', { value: value.fill(letter) }))
    await cluster.sleep(100)
    assert.equal(held.length, 2)
    cluster.onOffer = (offered) => cluster.store(offered)
    for (const offered of held) cluster.store(offered)
    await Promise.all(sent)
    assert.deepEqual(values(cluster), ['warm', ...[...'abcd'].map((letter) => letter.repeat(600))])
  })
})

test('a serializer may use its memory again', async () => {
  const memory = Buffer.alloc(4)
  const scratch: Serializer<string> = { serialize: (text) => memory.fill(text) }
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer()
    const topic = defineTopic('t', { key: bytes, value: { ...scratch, deserialize: String } })
    const key = Buffer.from('k')
    await Promise.all(['A', 'B'].map((value) => producer.send(topic, { key, value })))
    assert.deepEqual(values(cluster), ['AAAA', 'BBBB'])
  })
})

test('a record that waits shares no bytes with the one that was given', () => {
  const given = {
    ...{ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 7 },
    headers: [
      { key: 'h', value: Buffer.from('x') },
      { key: 'n', value: null },
    ],
  }
  const own = ownRecord(given)
  assert.deepEqual(own, given)
  for (const bytes of [given.key, given.value, given.headers[0]?.value]) bytes?.fill('!')
  given.headers.length = 0
  assert.deepEqual(own, {
    ...{ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 7 },
    headers: [
      { key: 'h', value: Buffer.from('x') },
      { key: 'n', value: null },
    ],
  })
  assert.deepEqual(ownRecord({ value: null }), { key: null, value: null, headers: [] })
})
