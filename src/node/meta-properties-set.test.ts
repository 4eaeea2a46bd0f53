import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Logger, uuidFromString, uuidToString } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { readMetaProperties } from './meta-properties.ts'
import { type NodeStorage, openStorage, storageDirectories } from './meta-properties-set.ts'

const { clock, random } = createEnv()
const logger: Logger = { child: () => logger, log: () => undefined }
const config = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '1@localhost:9093'],
    ['log.dirs', '/b,/a'],
    ['metadata.log.dir', '/m'],
  ]),
)
const idOf: Readonly<Record<string, string>> = {
  a: 'VoEPiV_bS93gjjoJDBD-DA',
  b: 'WxxdoCOtSPa1GDXg1yR70Q',
  m: 'xvQqGXsnRwODmbxyxZtv9w',
}
const text = (name: string, { nodeId = 1, clusterId = 'c' } = {}): string =>
  `version=1\nnode.id=${nodeId}\ncluster.id=${clusterId}\ndirectory.id=${idOf[name]}\n`

/** Three good directories but for `changes`; null: without the file. */
async function diskWith(changes: Readonly<Record<string, string | null>> = {}): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  for (const [name, content] of Object.entries({ a: text('a'), b: text('b'), m: text('m'), ...changes })) {
    await disk.makeDirectory(`/${name}`)
    if (content === null) continue
    await writeWholeFile(disk, `/${name}/meta.properties`, { bytes: Buffer.from(content), sync: false })
  }
  return disk
}

const open = async (disk: MemoryDisk): Promise<NodeStorage> => openStorage({ disk, clock, random, config, logger })

describe('the log directories of a node that starts', () => {
  it('are those of log.dirs and metadata.log.dir, each once', () => {
    assert.deepEqual(storageDirectories(config), ['/a', '/b', '/m'])
  })

  it('tell the cluster and their ids', async () => {
    const { clusterId, directoryIds, failed } = await open(await diskWith())
    assert.equal(clusterId, 'c')
    assert.deepEqual(
      [...directoryIds].map(([directory, id]) => [directory, uuidToString(id)]),
      [
        ['/a', idOf['a']],
        ['/b', idOf['b']],
        ['/m', idOf['m']],
      ],
    )
    assert.equal(failed.size, 0)
  })

  it('get an id if they have none, and keep their version', async () => {
    const disk = await diskWith({ a: 'broker.id=1\ncluster.id=c\n' })
    const { directoryIds } = await open(disk)
    const meta = await readMetaProperties(disk, '/a')
    assert.equal(meta?.version, 0)
    assert.equal(meta?.nodeId, 1)
    assert.ok(meta?.directoryId !== undefined && meta.directoryId !== uuidFromString(idOf['b'] ?? ''))
    assert.equal(directoryIds.get('/a'), meta.directoryId)
    assert.deepEqual((await open(disk)).directoryIds, directoryIds)
  })

  it('may fail, but that of the metadata may not', async () => {
    const { directoryIds, failed } = await open(await diskWith({ a: 'version=9' }))
    assert.deepEqual([...directoryIds.keys()], ['/b', '/m'])
    assert.match(failed.get('/a')?.message ?? '', /Unknown meta.properties version number 9/)
    await assert.rejects(open(await diskWith({ m: 'version=9' })), {
      name: 'StorageError',
      message: /^Encountered I\/O error in metadata log directory \/m\. Cannot continue\./,
    })
  })

  /** Each as Kafka 4.3.1 answers it, reference/behaviour.md D19 among them. */
  const refused: readonly (readonly [
    why: string,
    changes: Readonly<Record<string, string | null>>,
    message: RegExp,
  ])[] = [
    ['none is formatted', { a: null, b: null, m: null }, /^No readable meta\.properties files found\./],
    ['one is not formatted', { a: null }, /^No `meta\.properties` found in \/a \(have you run/],
    ['the metadata is not formatted', { m: null }, /^No `meta\.properties` found in \/m \(have you run/],
    [
      'one is of another node',
      { b: text('b', { nodeId: 7 }) },
      /^Stored node id 7 doesn't match previous node id 1 in \/b\/meta\.properties\. If you moved your data/,
    ],
    [
      'one is of another cluster',
      { m: text('m', { clusterId: 'd' }) },
      /^Invalid cluster\.id in: \/m\/meta\.properties\. Expected c, but read d$/,
    ],
    [
      'one is a copy',
      { b: text('a') },
      /^Duplicate directory ID VoEPiV_bS93gjjoJDBD-DA found\. It was the ID of \/a, but also of \/b$/,
    ],
    [
      'an id is reserved',
      { b: text('b').replace(/directory\.id=.*/, 'directory.id=AAAAAAAAAAAAAAAAAAAAAA') },
      /^Invalid reserved directory ID AAAAAAAAAAAAAAAAAAAAAA found in \/b$/,
    ],
    ['a node id is missing', { a: 'cluster.id=c' }, /^Error: node ID not found in \/a$/],
    ['a cluster id is missing', { a: 'broker.id=1' }, /^Error: cluster ID not found in \/a$/],
  ]
  for (const [why, changes, message] of refused) {
    it(`are refused when ${why}`, async () => {
      await assert.rejects(open(await diskWith(changes)), { name: 'StorageError', message })
    })
  }

  it('are refused when the metadata lies elsewhere', async () => {
    const disk = await diskWith()
    await disk.makeDirectory('/b/__cluster_metadata-0')
    await assert.rejects(open(disk), {
      name: 'StorageError',
      message:
        /^Found unexpected metadata location in data directory `\/b\/__cluster_metadata-0` \(the configured .* \/m\)\.$/,
    })
  })
})
