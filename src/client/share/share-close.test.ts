/** What goes wrong in an application's hook, and how a share consumer ends where something does, before brokers that are scripted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ScriptedShareGroup } from '../../../test/scripted-share-group.ts'
import { ErrorCode, shareAcknowledge, shareGroupHeartbeat } from '../../protocol/index.ts'

test('what the group refuses is told to each of several loops that wait', async () => {
  const cluster = new ScriptedCluster()
  const group = new ScriptedShareGroup(cluster)
  const consumer = cluster.kafka().shareConsumer({ groupId: 'g' })
  await cluster.run(async () => {
    for (let i = 0; i < 2; i++) group.errors.push({ of: 'heartbeat', code: ErrorCode.GROUP_AUTHORIZATION_FAILED })
    const records = consumer.subscribe(['t'])
    const loops = [0, 1].map(() => records[Symbol.asyncIterator]().next())
    await Promise.all(loops.map((each) => assert.rejects(each, { code: 'GROUP_AUTHORIZATION_FAILED' })))
    assert.deepEqual(group.heartbeats, [0, 0])
    await consumer.close()
  })
})

const mistaken: Readonly<Record<string, () => unknown>> = {
  'at once': () => {
    throw new Error('a mistake')
  },
  later: () => Promise.reject(new Error('a mistake')),
}

for (const [when, onAcknowledged] of Object.entries(mistaken)) {
  test(`what the application does wrong when it is told is told to who asks for records: ${when}`, async () => {
    const cluster = new ScriptedCluster()
    const group = new ScriptedShareGroup(cluster)
    const consumer = cluster.kafka().shareConsumer({ groupId: 'g', onAcknowledged })
    await cluster.run(async () => {
      group.add(['a', 'b'])
      const loop = consumer.subscribe(['t'])[Symbol.asyncIterator]()
      await loop.next()
      await consumer.commit()
      await assert.rejects(loop.next(), /a mistake/)
      await consumer.close()
    })
  })

  test(`what the application does wrong when nobody asks any more is told by close, which closes: ${when}`, async () => {
    const cluster = new ScriptedCluster()
    const group = new ScriptedShareGroup(cluster)
    const consumer = cluster.kafka().shareConsumer({ groupId: 'g', onAcknowledged })
    await cluster.run(async () => {
      group.add(['a'])
      await consumer.subscribe(['t'])[Symbol.asyncIterator]().next()
      await assert.rejects(consumer.close(), /a mistake/)
      assert.equal(group.heartbeats.at(-1), -1)
    })
  })
}

for (const api of [shareGroupHeartbeat, shareAcknowledge]) {
  test(`close is over when its time is, whoever does not answer: ${api.name}`, async () => {
    const cluster = new ScriptedCluster()
    const group = new ScriptedShareGroup(cluster)
    const consumer = cluster.kafka().shareConsumer({ groupId: 'g', shareAcknowledgementMode: 'explicit' })
    await cluster.run(async () => {
      group.add(['a', 'b'])
      const loop = consumer.subscribe(['t'])[Symbol.asyncIterator]()
      ;(await loop.next()).value?.accept()
      cluster.before = (_, { key }) => key === api.key
      const committed = consumer.commit()
      await cluster.sleep(10)
      const sinceMs = cluster.world.nowMs
      await assert.rejects(consumer.close({ timeoutMs: -1 }), { code: 'INVALID_ARGUMENT' })
      await assert.rejects(consumer.close({ timeoutMs: 200 }), { code: 'TIMED_OUT' })
      assert.equal(Math.round(cluster.world.nowMs - sinceMs), 200)
      assert.equal((await committed)[0]?.error?.code, api === shareAcknowledge ? 'NETWORK' : undefined)
      assert.equal((await loop.next()).done, true)
    })
  })
}
