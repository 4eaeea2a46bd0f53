import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { uuidFromString } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { type MetaProperties, writeMetaProperties } from './meta-properties.ts'
import { storageInfo } from './storage-info.ts'

const config = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '1@localhost:9093'],
    ['log.dirs', '/d/b,/d/a,/d/c'],
  ]),
)
const sound: MetaProperties = {
  version: 1,
  clusterId: 'x',
  nodeId: 1,
  directoryId: uuidFromString('VoEPiV_bS93gjjoJDBD-DA'),
}

async function diskWith(metas: Readonly<Record<string, Partial<MetaProperties>>>): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  for (const [directory, meta] of Object.entries(metas)) {
    await disk.makeDirectory(directory)
    await writeMetaProperties(disk, directory, { meta: { ...sound, ...meta }, nowMs: 0 })
  }
  return disk
}

describe('what is told of log directories', () => {
  it('is which there are, and of which cluster and node', async () => {
    const disk = await diskWith({ '/d/a': {}, '/d/b': {}, '/d/c': {} })
    assert.deepEqual(await storageInfo(disk, config), {
      isSound: true,
      lines: [
        'Found log directories:',
        '  /d/a',
        '  /d/b',
        '  /d/c',
        '',
        'Found metadata: {cluster.id=x, directory.id=VoEPiV_bS93gjjoJDBD-DA, node.id=1, version=1}',
        '',
      ],
    })
  })

  it('is which are missing, not formatted or not to be read', async () => {
    const disk = await diskWith({})
    await disk.makeDirectory('/d/b')
    await writeWholeFile(disk, '/d/c', { bytes: Buffer.alloc(0), sync: false })
    const problems = [
      'Found problems:',
      '  /d/a does not exist',
      '  /d/b is not formatted.',
      '  /d/c is not a directory',
      '',
    ]
    assert.deepEqual(await storageInfo(disk, config), {
      isSound: false,
      lines: ['Found log directory:', '  /d/b', '', ...problems],
    })
    await writeWholeFile(disk, '/d/b/meta.properties', { bytes: Buffer.from('version=7'), sync: false })
    const { lines } = await storageInfo(disk, config)
    assert.ok(lines.includes('  Error loading /d/b/meta.properties: Unknown meta.properties version number 7'))
  })

  it('is which belong to another cluster or node, or are from before KRaft', async () => {
    const disk = await diskWith({
      '/d/a': { version: 0 },
      '/d/b': { clusterId: 'y', nodeId: 2 },
      '/d/c': { nodeId: 2 },
    })
    const { lines, isSound } = await storageInfo(disk, config)
    assert.equal(isSound, false)
    assert.deepEqual(lines.slice(-5), [
      'Found problems:',
      '  Mismatched cluster IDs between storage directories.',
      '  Mismatched node IDs between storage directories.',
      '  The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.',
      '',
    ])
    assert.match(lines.join('\n'), /\nFound metadata: {broker\.id=1, cluster\.id=x, directory\.id=[\w-]+, version=0}\n/)
  })
})
