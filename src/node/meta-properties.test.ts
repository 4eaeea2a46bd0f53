import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { uuidFromLatin1, uuidFromString, zeroUuid } from '../base/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import {
  drawId,
  formatMetaProperties,
  type MetaProperties,
  parseMetaProperties,
  readMetaProperties,
  writeMetaProperties,
} from './meta-properties.ts'

/** As kafka-storage 4.3.1 wrote it. */
const kafkas = `#
#Mon Nov 23 18:39:46 UTC 2026
node.id=1
directory.id=VoEPiV_bS93gjjoJDBD-DA
version=1
cluster.id=MkU3OEVBNTcwNTJENDM2Qg
`
const meta: MetaProperties = {
  version: 1,
  clusterId: 'MkU3OEVBNTcwNTJENDM2Qg',
  nodeId: 1,
  directoryId: uuidFromString('VoEPiV_bS93gjjoJDBD-DA'),
}

describe('meta.properties', () => {
  it("is read and written as Kafka's, byte for byte", () => {
    assert.deepEqual(parseMetaProperties(kafkas), meta)
    assert.equal(formatMetaProperties(meta, Date.UTC(2026, 10, 23, 18, 39, 46)), kafkas)
  })

  it('of version 0 calls the node a broker, and may know nothing', () => {
    const none = { version: 0, clusterId: undefined, nodeId: undefined, directoryId: undefined } as const
    assert.deepEqual(parseMetaProperties(''), none)
    assert.deepEqual(parseMetaProperties('node.id=7\n'), none)
    const old = { ...none, nodeId: 7, clusterId: 'x' }
    assert.deepEqual(parseMetaProperties('version=0\r\nbroker.id=7\r\ncluster.id=x\r\n'), old)
    assert.deepEqual(parseMetaProperties(formatMetaProperties(old, 0)), old)
    assert.match(formatMetaProperties(old, 0), /UTC 1970\nbroker\.id=7\nversion=0\ncluster\.id=x\n$/)
  })

  const refused: readonly (readonly [text: string, message: string])[] = [
    ['version=7', 'Unknown meta.properties version number 7'],
    ['version=x', "Invalid meta.properties version string 'x'"],
    ['version=1\ncluster.id=x', 'Failed to find node.id'],
    ['version=1\nnode.id=1', 'cluster.id was not found.'],
    ['version=1\ncluster.id=x\nnode.id=1x', 'Unable to read node.id as a base-10 number.'],
    ['version=1\ncluster.id=x\nnode.id=2147483648', 'Unable to read node.id as a base-10 number.'],
    ['version=1\ncluster.id=x\nnode.id=1\ndirectory.id=y', "Unable to read directory.id as a Uuid: not a UUID: 'y'"],
  ]
  for (const [text, message] of refused) {
    it(`with ${JSON.stringify(text)} is refused`, () => {
      assert.throws(() => parseMetaProperties(text), { name: 'StorageError', message })
    })
  }

  it('is kept on the disk, whatever the cluster is called', async () => {
    const disk = new MemoryDisk()
    await disk.makeDirectory('/d')
    assert.equal(await readMetaProperties(disk, '/d'), undefined)
    for (const clusterId of ['a', ' é=#\\\n', '名']) {
      await writeMetaProperties(disk, '/d', { meta: { ...meta, clusterId }, nowMs: 0 })
      assert.deepEqual(await readMetaProperties(disk, '/d'), { ...meta, clusterId })
    }
    assert.deepEqual(
      (await disk.list('/d')).map(({ name }) => name),
      ['meta.properties'],
    )
  })

  it('that is much too large is not read', async () => {
    const disk = new MemoryDisk()
    await disk.makeDirectory('/d')
    await writeWholeFile(disk, '/d/meta.properties', { bytes: Buffer.alloc(65_537), sync: false })
    await assert.rejects(readMetaProperties(disk, '/d'), { name: 'DiskError', code: 'EFBIG' })
  })
})

describe('a drawn id', () => {
  it('is not taken, not reserved, and no flag', () => {
    const good = uuidFromString('VoEPiV_bS93gjjoJDBD-DA')
    const taken = uuidFromString('WxxdoCOtSPa1GDXg1yR70Q')
    const reserved = uuidFromLatin1(`${'\0'.repeat(15)}\x63`)
    const draws = [zeroUuid, reserved, uuidFromString('-xxdoCOtSPa1GDXg1yR70Q'), taken, good]
    const stream = createEnv().random.stream('test')
    const scripted = { ...stream, uuid: () => draws.shift() ?? zeroUuid }
    assert.equal(drawId(scripted, new Set([taken])), good)
  })
})
