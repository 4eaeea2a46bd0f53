/** Three brokers have a topic of three replicas: what is acknowledged by all is there when the leader is not. */
import assert from 'node:assert/strict'
import { deleteRecords, ErrorCode, metadata } from '../../src/protocol/index.ts'
import { inWorld, topic } from './replicated-topic.ts'

inWorld('what is produced is on all replicas, and readable when they have it', async (it) => {
  assert.deepEqual(await it.produce(['a', 'b']), { errorCode: ErrorCode.NONE, baseOffset: 0 })
  for (const broker of it.brokers) assert.equal(it.logOn(broker)?.logEndOffset, 2)
  assert.deepEqual(await it.read(), ['a', 'b'])
  await it.cluster.until('the others know that it is', () => it.brokers.every((b) => it.logOn(b)?.highWatermark === 2))
})

inWorld('the leader is killed: another one has all that was acknowledged, and the old one follows it', async (it) => {
  await it.produce(['a'])
  const old = it.leader
  await it.produce(['b'])
  old.kill()
  await it.cluster.until('another one leads', () => it.leader !== old)
  assert.deepEqual(await it.read(), ['a', 'b'])
  assert.equal((await it.produce(['c'])).errorCode, ErrorCode.NONE)
  old.start()
  await it.untilInSync(it.ids)
  assert.equal(it.logOn(old)?.logEndOffset, 3)
  assert.deepEqual(await it.read(), ['a', 'b', 'c'])
})

inWorld('a leader that nobody reaches loses what it alone has: it is cut where its epoch ended', async (it) => {
  await it.produce(['a'])
  const old = it.leader
  const { world } = it.cluster
  const others = it.cluster.nodes.filter((node) => node !== old).map(({ name }) => name)
  world.network.partition([old.name], others)
  const lost = it.produce(['lost'], { to: old, acks: 1 })
  assert.equal((await lost).errorCode, ErrorCode.NONE)
  await it.cluster.until('another one leads', () => it.leader !== old)
  assert.equal((await it.produce(['b'])).errorCode, ErrorCode.NONE)
  world.network.heal()
  await it.untilInSync(it.ids)
  assert.deepEqual(await it.read(), ['a', 'b'])
  await it.cluster.until('its log is theirs', () => it.logOn(old)?.logEndOffset === 2)
})

inWorld('a follower that is gone leaves the replicas in sync, and comes back with all', async (it) => {
  const follower = it.brokers.find((broker) => broker !== it.leader)
  assert.ok(follower !== undefined)
  follower.kill()
  await it.untilInSync(it.ids.filter((id) => id !== follower.id))
  assert.equal((await it.produce(['a'])).errorCode, ErrorCode.NONE)
  follower.start()
  await it.untilInSync(it.ids)
  assert.equal(it.logOn(follower)?.logEndOffset, 1)
})

inWorld(
  'with fewer in sync than the topic asks for, acks=all is refused, and what acks=1 has is not read',
  async (it) => {
    const { leader } = it
    for (const broker of it.brokers) if (broker !== leader) broker.kill()
    await it.untilInSync([leader.id])
    assert.equal((await it.produce(['a'])).errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
    assert.equal((await it.produce(['b'], { acks: 1 })).errorCode, ErrorCode.NONE)
    assert.deepEqual(await it.read(), [])
    for (const broker of it.brokers) if (broker !== leader) broker.start()
    await it.untilInSync(it.ids)
    await it.cluster.until('it is committed', async () => (await it.read()).length === 1)
  },
)

inWorld(
  'a topic loses its first records on all replicas, and one that comes back too late begins behind them',
  async (it) => {
    await it.produce(['a', 'b', 'c'])
    const { leader } = it
    const gone = it.brokers.find((broker) => broker !== leader)
    assert.ok(gone !== undefined)
    const deleteBefore = async (offset: number) => {
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }]
      const reply = await it.cluster.call(leader, deleteRecords, { topics, timeoutMs: 10_000 })
      const { errorCode, lowWatermark } = reply.topics[0]?.partitions[0] ?? {}
      assert.equal(errorCode, ErrorCode.NONE)
      return lowWatermark
    }
    assert.equal(await deleteBefore(1), 1)
    for (const broker of it.brokers) assert.equal(it.logOn(broker)?.logStartOffset, 1)
    gone.kill()
    await it.untilInSync(it.ids.filter((id) => id !== gone.id))
    await it.produce(['d', 'e'])
    assert.equal(await deleteBefore(4), 4)
    gone.start()
    await it.untilInSync(it.ids)
    await it.cluster.until('its log starts where theirs do', () => it.logOn(gone)?.logStartOffset === 4)
    assert.equal(it.logOn(gone)?.logEndOffset, 5)
  },
)

inWorld('clients are told by the metadata who leads', async (it) => {
  const reply = await it.cluster.call(it.cluster.broker, metadata, { topics: [{ name: topic }] })
  assert.equal(reply.topics[0]?.partitions[0]?.leaderId, it.leader.id)
})
