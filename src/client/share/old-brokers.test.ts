/** The share consumer before brokers of Kafka 4.1, which know neither renewals (KIP-1222) nor `record_limit` (KIP-1206). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ScriptedShareGroup } from '../../../test/scripted-share-group.ts'
import { shareAcknowledge, shareFetch } from '../../protocol/index.ts'
import type { ShareConsumer } from './share-consumer.ts'
import type { ShareConsumerOptions } from './share-options.ts'

async function play(
  options: Partial<ShareConsumerOptions>,
  work: (consumer: ShareConsumer, group: ScriptedShareGroup, cluster: ScriptedCluster) => Promise<void>,
): Promise<void> {
  const cluster = new ScriptedCluster()
  cluster.versionsMax = { [shareFetch.key]: 1, [shareAcknowledge.key]: 1 }
  const group = new ScriptedShareGroup(cluster)
  const consumer = cluster.kafka().shareConsumer({ groupId: 'g', ...options })
  consumer.subscribe(['t'])
  await cluster.run(async () => {
    try {
      await work(consumer, group, cluster)
    } finally {
      await consumer.close()
    }
  })
}

test('what waits there is not renewed: what is said of the others is done', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async (consumer, group, cluster) => {
    group.add(['a', 'b', 'c'])
    const records = consumer[Symbol.asyncIterator]()
    const first = (await records.next()).value
    // More than half of the lock: the two that wait would be renewed.
    await cluster.sleep(group.lockMs * 0.6)
    first?.accept()
    const [told] = await consumer.commit()
    assert.equal(told?.error, undefined)
    assert.deepEqual(group.states(), ['a:accepted*1', 'b:acquired*1', 'c:acquired*1'])
    assert.ok(!group.heard.some((it) => it.includes('=4')), group.heard.join('; '))
  }))

test('who renews is told that nobody does, and may still accept', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async (consumer, group) => {
    group.add(['a'])
    const first = (await consumer[Symbol.asyncIterator]().next()).value
    first?.renew()
    assert.deepEqual(
      (await consumer.commit()).map(({ error }) => error?.code),
      ['NOT_SERVED'],
    )
    first?.accept()
    assert.deepEqual(
      (await consumer.commit()).map(({ error }) => error?.code),
      [undefined],
    )
    assert.deepEqual(group.states(), ['a:accepted*1'])
  }))

test('a bound on records that the broker would not keep is refused', () =>
  play({ shareAcquireMode: 'record_limit' }, async (consumer, group) => {
    group.add(['a'])
    await assert.rejects(consumer[Symbol.asyncIterator]().next(), { code: 'NOT_SERVED' })
  }))
