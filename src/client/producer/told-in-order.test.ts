/** In which order a producer tells what became of records. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Offered, ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ErrorCode } from '../../protocol/index.ts'

test('of records to one partition the first is told first, whatever becomes of them', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ batchSize: 1, lingerMs: 0 })
    await producer.send('t', { value: 'zero' })
    const held: Offered[] = []
    cluster.onOffer = (offered) => held.push(offered)
    const told: string[] = []
    const sent = ['a', 'b', 'c'].map((value) =>
      producer.send('t', { value }).then(
        () => told.push(value),
        () => told.push(`${value} refused`),
      ),
    )
    await cluster.sleep(100)
    const [first, second, third] = held
    assert.ok(first && second && third)
    // In one instant: one read brings all of it.
    cluster.store(first)
    second.answer({ errorCode: ErrorCode.INVALID_RECORD, baseOffset: -1 })
    third.answer({ errorCode: ErrorCode.INVALID_RECORD, baseOffset: -1 })
    cluster.onOffer = (offered) => cluster.store(offered)
    await Promise.all(sent)
    assert.deepEqual(told, ['a', 'b refused', 'c refused'])
  })
})
