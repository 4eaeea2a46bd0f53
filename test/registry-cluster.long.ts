/** Instances of a registry are stopped, killed and held up under load, ten rounds: no id twice, nothing lost that was acknowledged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaderOf, RegistryCluster } from './registry-cluster.ts'

const rounds = Number(process.env['ODRADEK_ROUNDS'] ?? 10)
const sessionTimeoutMs = 1500
const writersCount = 4
/** Of each writer, in each round. */
const schemasCount = 15
const ends = ['kill', 'stop', 'hold', 'kill', 'hold'] as const

test(`three instances, ${rounds} rounds in which the leader goes`, { timeout: 600_000 }, async (context) => {
  await using cluster = await RegistryCluster.start(3, { sessionTimeoutMs })
  for (let round = 0; round < rounds; round++) {
    const writing = Promise.all(
      Array.from({ length: writersCount }, (_, writer) => cluster.write(`r${round}_w${writer}`, schemasCount)),
    )
    // Some of them are written before, some while nobody leads, some behind.
    await new Promise((resolve) => setTimeout(resolve, 100 + 50 * (round % 4)))
    const end = ends[round % ends.length] ?? 'kill'
    const leader = leaderOf(cluster.urls)
    if (end === 'hold') await cluster.hold(leader, 2 * sessionTimeoutMs)
    else {
      await cluster[end](leader)
      await cluster.add()
    }
    await writing
    context.diagnostic(`round ${round}, ${end}: ${cluster.acknowledgedCount} acknowledged`)
  }
  assert.equal(cluster.acknowledgedCount, rounds * writersCount * schemasCount)
  context.diagnostic(`refused, by code: ${JSON.stringify([...cluster.refused])}`)
  await cluster.check()
})
