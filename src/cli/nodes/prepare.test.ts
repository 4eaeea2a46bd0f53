import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { DiskError, type Env } from '../../base/index.ts'
import { parseProperties } from '../../config/index.ts'
import { createEnv } from '../../env/index.ts'
import { readWholeFile, writeWholeFile } from '../../log/index.ts'
import { readMetaProperties, StorageError } from '../../node/index.ts'
import { type PreparedNodes, prepareNodes } from './prepare.ts'

let env: Env
beforeEach(() => {
  env = createEnv({ disk: 'memory', write: () => undefined })
})

const prepare = (count: number, settings: Readonly<Record<string, string>> = {}): Promise<PreparedNodes> =>
  prepareNodes(env, {
    count,
    file: undefined,
    settings: new Map(Object.entries({ 'log.dirs': '/data', ...settings })),
  })

const refused = async (count: number, message: RegExp): Promise<void> =>
  assert.rejects(prepare(count), (error) => error instanceof StorageError && message.test(error.message))

async function fileOf(id: number): Promise<Map<string, string>> {
  const bytes = await readWholeFile(env.disk, `/data/node-${id}/server.properties`, 1_000_000)
  return parseProperties(bytes?.toString('latin1') ?? '')
}

describe('the directories of several nodes', () => {
  it('are formatted with one cluster id, each with a server.properties; a later start goes on', async () => {
    const first = await prepare(3)
    for (const id of [1, 2, 3]) {
      const meta = await readMetaProperties(env.disk, `/data/node-${id}`)
      assert.deepEqual([meta?.clusterId, meta?.nodeId], [first.clusterId, id])
      assert.deepEqual(await fileOf(id), new Map(first.nodes[id - 1]?.texts))
      assert.equal(first.nodes[id - 1]?.path, `/data/node-${id}/server.properties`)
    }
    const ids = await Promise.all([1, 2, 3].map((id) => readMetaProperties(env.disk, `/data/node-${id}`)))
    const again = await prepare(3, { 'num.partitions': '4', listeners: 'PLAINTEXT://127.0.0.1:9192' })
    assert.equal(again.clusterId, first.clusterId)
    assert.deepEqual(await Promise.all([1, 2, 3].map((id) => readMetaProperties(env.disk, `/data/node-${id}`))), ids)
    assert.equal((await fileOf(2)).get('num.partitions'), '4')
    assert.match((await fileOf(2)).get('controller.quorum.voters') ?? '', /^1@127\.0\.0\.1:19192,/)
  })

  it('more nodes are brokers: who votes is settled by the first start', async () => {
    const first = await prepare(1)
    const grown = await prepare(4)
    assert.equal(grown.clusterId, first.clusterId)
    assert.deepEqual(
      grown.nodes.map(({ isController }) => isController),
      [true, false, false, false],
    )
    assert.equal((await fileOf(4)).get('controller.quorum.voters'), '1@127.0.0.1:19092')
    assert.deepEqual(grown.warnings, [])
  })

  it('fewer nodes are told while a quorum remains, and refused where it does not', async () => {
    await prepare(5)
    assert.deepEqual((await prepare(3)).warnings, [
      'nodes 4, 5 of this cluster are not started: what no other node holds is offline',
    ])
    const [voter, brokers] = (await prepare(2)).warnings
    assert.equal(voter, 'node 3 of the 3 voters is not started: no other one may fail')
    assert.match(brokers ?? '', /^nodes 4, 5 /)
    assert.equal((await fileOf(1)).get('min.insync.replicas'), '2')
    await refused(1, /^Nodes 1, 2, 3 vote in this cluster, and 1 of 3 are no majority: --nodes 2 at least$/)
  })

  it('those of a node alone are left as they are', async () => {
    await env.disk.makeDirectory('/data')
    await writeWholeFile(env.disk, '/data/meta.properties', { bytes: Buffer.from('version=1\n'), sync: false })
    await refused(3, /^\/data has the data of a node alone/)
    assert.equal(await env.disk.stat('/data/node-1'), undefined)
  })

  it('are left as they are while a node is running there', async () => {
    await prepare(2)
    const before = await fileOf(1)
    const lock = await env.disk.lock('/data/node-2/.lock')
    await assert.rejects(prepare(3, { 'num.partitions': '4' }), (error) => {
      return error instanceof DiskError && error.code === 'EBUSY' && error.message.includes('/data/node-2')
    })
    assert.deepEqual(await fileOf(1), before)
    assert.equal(await env.disk.stat('/data/node-3'), undefined)
    await lock?.release()
    await prepare(3, { 'num.partitions': '4' })
    assert.equal((await fileOf(1)).get('num.partitions'), '4')
  })

  it('a voter that has lost its directory is not made anew; a broker is', async () => {
    await prepare(4)
    await env.disk.makeDirectory('/data/node-1/__cluster_metadata-0')
    await env.disk.removeTree('/data/node-4')
    await prepare(4)
    assert.notEqual(await readMetaProperties(env.disk, '/data/node-4'), undefined)
    await env.disk.removeTree('/data/node-2')
    await refused(4, /^\/data\/node-2 is empty, and node 2 was a voter of this cluster, of which node 1 is still/)
    assert.equal(await env.disk.stat('/data/node-2'), undefined)
  })

  it('nor is the only voter, while a broker still has what the cluster has decided', async () => {
    await prepare(2)
    await env.disk.makeDirectory('/data/node-2/__cluster_metadata-0')
    await env.disk.removeTree('/data/node-1')
    await refused(2, /^\/data\/node-1 is empty, and node 1 was a voter of this cluster, of which node 2 is still/)
    assert.equal(await env.disk.stat('/data/node-1'), undefined)
  })
})
