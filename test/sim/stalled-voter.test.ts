/** The disk of a voter stands still for up to a second, again and again: who leads goes on leading, and topics are made. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SmallCluster } from './small-cluster.ts'

const minutes = 5
const stallMsMax = 1000
const pauseMsMax = 1000
/** Kafka's defaults. */
const times = { electionTimeoutMs: 1000, fetchTimeoutMs: 2000, requestTimeoutMs: 2000, sessionTimeoutMs: 9000 }

async function staysWhile(cluster: SmallCluster, whose: 'leader' | 'follower'): Promise<void> {
  await cluster.start()
  const { leader, world } = cluster
  const epoch = leader.node?.quorum.view.leaderEpoch
  const stalled = whose === 'leader' ? leader : cluster.controllers.find((it) => it !== leader)
  assert.ok(stalled !== undefined)
  const chance = world.random.stream('stalls')
  const endMs = world.nowMs + minutes * 60_000
  const stall = async (): Promise<void> => {
    while (world.nowMs < endMs) {
      const forMs = 1 + chance.below(stallMsMax)
      world.disk(stalled.name).stall(forMs)
      await cluster.sleep(forMs + chance.below(pauseMsMax))
    }
  }
  const make = async (): Promise<number> => {
    let made = 0
    for (; world.nowMs < endMs; made++) {
      await cluster.createTopic(`made-${made}`)
      await cluster.sleep(chance.below(1000))
    }
    return made
  }
  const [made] = await Promise.all([make(), stall()])
  assert.ok(made > 100, `${made} topics were made`)
  for (const { node, name } of cluster.controllers) {
    const { leaderId, leaderEpoch } = node?.quorum.view ?? {}
    assert.deepEqual([leaderId, leaderEpoch], [leader.id, epoch], `${name} follows the leader of the beginning`)
  }
}

for (const whose of ['leader', 'follower'] as const) {
  test(`no election while the disk of the ${whose} stalls for up to a second, for ${minutes} minutes`, async () => {
    const cluster = new SmallCluster({ ...times, delayMsMean: 0.3 })
    await cluster.world.settle(staysWhile(cluster, whose), 600_000)
    assert.equal(cluster.failure, undefined)
  })
}
