/**
 * Three voters of a configuration become those of a dynamic quorum (KIP-853): UpdateFeatures raises kraft.version, then voters
 * go and come, snapshots take the place of the log, everybody starts again, and all nodes tell the same.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRaftVoter, apiVersions, ErrorCode, removeRaftVoter, updateFeatures } from '../../src/protocol/index.ts'
import { type ClusterNode, controllerPort } from './cluster/cluster-node.ts'
import { SmallCluster } from './small-cluster.ts'

const kraft = 'kraft.version'
const upgrade = 1
const safeDowngrade = 2

class StaticCluster extends SmallCluster {
  /** The level that a node tells in ApiVersions. */
  async levelAt(node: ClusterNode): Promise<number | undefined> {
    const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const { finalizedFeatures } = await this.call(node, apiVersions, software)
    return finalizedFeatures.find(({ name }) => name === kraft)?.maxVersionLevel
  }

  async untilLevel(level: number | undefined): Promise<void> {
    for (const node of this.nodes) {
      await this.until(`${node.name} tells ${level}`, async () => (await this.levelAt(node)) === level)
    }
  }

  async raise(node: ClusterNode, options: { readonly validateOnly?: boolean; readonly level?: number } = {}) {
    const { validateOnly = false, level = 1 } = options
    const upgradeType = level === 0 ? safeDowngrade : upgrade
    const featureUpdates = [{ feature: kraft, maxVersionLevel: level, upgradeType }]
    const { errorCode, errorMessage } = await this.call(node, updateFeatures, { validateOnly, featureUpdates })
    return `${errorCode} ${errorMessage ?? ''}`.trim()
  }

  /** All nodes know these voters, each in its directory. */
  async untilVoters(voters: readonly ClusterNode[]): Promise<void> {
    await this.until(`${voters.map(({ id }) => id)} vote`, () =>
      this.nodes.every(({ node }) => {
        const known = node?.quorum.view.voters
        return known?.size === voters.length && voters.every((it) => known.directoryIdOf(it.id) === it.directoryId)
      }),
    )
  }

  async topics(prefix: string): Promise<void> {
    for (let i = 0; i < 6; i++) await this.createTopic(`${prefix}-${i}`)
  }
}

async function becomeDynamic(cluster: StaticCluster): Promise<void> {
  const { broker } = cluster
  await cluster.start()
  const clusterId = null
  const key = ({ id: voterId, directoryId: voterDirectoryId }: ClusterNode) => {
    assert.ok(voterDirectoryId !== undefined)
    return { clusterId, voterId, voterDirectoryId }
  }
  const [follower] = cluster.controllers.filter((it) => it !== cluster.leader)
  assert.ok(follower !== undefined)
  await cluster.untilLevel(undefined)
  const early = await cluster.call(broker, removeRaftVoter, key(follower))
  assert.equal(early.errorCode, ErrorCode.UNSUPPORTED_VERSION)

  // By now or a little later all have told the leader what they support.
  await cluster.until('it could be raised', async () => (await cluster.raise(broker, { validateOnly: true })) === '0')
  await cluster.untilLevel(undefined)
  const elsewhere = await cluster.raise(follower)
  assert.equal(elsewhere.split(' ')[0], `${ErrorCode.NOT_CONTROLLER}`)
  assert.equal(await cluster.raise(broker), '0')
  await cluster.untilLevel(1)
  await cluster.untilVoters(cluster.controllers)
  const raisedOffset = cluster.leader.node?.quorum.view.highWatermark ?? Number.POSITIVE_INFINITY
  assert.equal(await cluster.raise(cluster.leader), '0', 'again')
  assert.match(await cluster.raise(broker, { level: 0 }), /^95 .*Can't downgrade the version of this feature\.$/)

  const removed = await cluster.call(broker, removeRaftVoter, key(follower))
  assert.deepEqual([removed.errorCode, removed.errorMessage], [ErrorCode.NONE, null])
  await cluster.untilVoters(cluster.controllers.filter((it) => it !== follower))
  await cluster.topics('while-two-vote')
  const listeners = [{ name: 'CONTROLLER', host: follower.name, port: controllerPort }]
  const added = await cluster.call(broker, addRaftVoter, { ...key(follower), listeners, timeoutMs: 10_000 })
  assert.deepEqual([added.errorCode, added.errorMessage], [ErrorCode.NONE, null])
  await cluster.untilVoters(cluster.controllers)

  // Until a snapshot has taken the place of the records that said it.
  await cluster.topics('later')
  for (const node of cluster.nodes) node.cutPower()
  await cluster.start()
  for (const { node, name } of cluster.controllers) {
    assert.ok((node?.quorum.port.logStartOffset() ?? 0) > raisedOffset, `the log of ${name} begins behind a snapshot`)
  }
  await cluster.untilLevel(1)
  await cluster.untilVoters(cluster.controllers)
  assert.equal(await cluster.raise(broker), '0')
  const { leader } = cluster
  const left = await cluster.call(broker, removeRaftVoter, key(leader))
  assert.equal(left.errorCode, ErrorCode.NONE)
  await cluster.untilVoters(cluster.controllers.filter((it) => it !== leader))
  await cluster.topics('last')
}

test('a static quorum of three becomes dynamic, and its voters change', async () => {
  const cluster = new StaticCluster({ snapshotBytes: 500, retentionBytes: 1, segmentBytes: 2048 })
  await cluster.world.settle(becomeDynamic(cluster), 600_000)
  assert.equal(cluster.failure, undefined)
})
