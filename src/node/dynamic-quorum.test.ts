import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { uuidFromLatin1, uuidFromString, uuidToString } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { decodeQuorumState } from '../raft/index.ts'
import { kafkaFile } from '../raft/testdata/kafka-files.ts'
import { membershipOf, standaloneVoter, writeFirstSnapshot } from './dynamic-quorum.ts'
import { formatStorage } from './format.ts'
import { readMetaProperties, writeMetaProperties } from './meta-properties.ts'
import { Node } from './node.ts'

const directory = '/m/__cluster_metadata-0'

function configOf(changes: Readonly<Record<string, string>> = {}): BrokerConfig {
  return BrokerConfig.parse(
    new Map([
      ['process.roles', 'broker,controller'],
      ['node.id', '7'],
      ['listeners', 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0'],
      ['controller.listener.names', 'CONTROLLER'],
      ['controller.quorum.bootstrap.servers', 'localhost:9093'],
      ['log.dirs', '/m'],
      ...Object.entries(changes),
    ]),
  )
}

const refusal = (message: RegExp) => ({ name: 'StorageError', message })

async function formatted(disk: MemoryDisk): Promise<void> {
  const options = { clusterId: 'c', standalone: true }
  await formatStorage({ ...createEnv(), disk, config: configOf(), options, print: () => undefined })
}

/** A directory as Kafka's `kafka-storage format --standalone` and one run of Kafka left it, with this id. */
async function kafkas(directoryId: string): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  await disk.makeDirectory(directory)
  for (const name of ['00000000000000000000-0000000000', '00000000000000000037-0000000001']) {
    const bytes = kafkaFile(`dynamic-quorum/__cluster_metadata-0/${name}.checkpoint`)
    await writeWholeFile(disk, `${directory}/${name}.checkpoint`, { bytes, sync: false })
  }
  const meta = { version: 1, clusterId: 'c', nodeId: 7, directoryId: uuidFromString(directoryId) } as const
  await writeMetaProperties(disk, '/m', { meta, nowMs: 0 })
  return disk
}

describe('a dynamic quorum of one voter', () => {
  it('is served from a directory that was formatted for it, and stays one', async () => {
    const disk = new MemoryDisk()
    await formatted(disk)
    const env = { ...createEnv({ level: 'error' }), disk }
    const directoryId = (await readMetaProperties(disk, '/m'))?.directoryId
    for (let round = 1; round <= 2; round++) {
      const node = await Node.start({ env, config: configOf(), hostName: 'localhost' })
      assert.equal(node.quorum.kraftVersion, 1)
      assert.deepEqual(
        node.quorum.view.voters.all().map((voter) => voter.directoryId),
        [directoryId],
      )
      await node.stop()
      const file = await disk.open(`${directory}/quorum-state`, { mode: 'read' })
      const text = Buffer.alloc(file.size())
      file.readSync(text, 0, text.length, 0)
      const { election, form } = decodeQuorumState(text.toString())
      assert.equal(form.kind, 'dynamic')
      assert.equal(election.epoch, round)
    }
  })

  it('is found in what Kafka wrote, in a directory of the id that votes', async () => {
    const own = await membershipOf(await kafkas('qy82NyXIRcaF_1uHwVW0bA'), configOf())
    assert.deepEqual([own.kraftVersion, uuidToString(own.self.directoryId)], [1, 'qy82NyXIRcaF_1uHwVW0bA'])
    assert.ok(own.voters.isVoter(own.self))
    await assert.rejects(
      membershipOf(await kafkas('ry82NyXIRcaF_1uHwVW0bA'), configOf()),
      refusal(/^The voter of this quorum is not \/m, whose id is ry82NyXIRcaF_1uHwVW0bA/),
    )
    const other = await membershipOf(await kafkas('qy82NyXIRcaF_1uHwVW0bA'), configOf({ 'node.id': '8' }))
    assert.deepEqual([other.voters.ids(), other.voters.isVoter(other.self)], [[7], false])
  })

  it('needs voters: of the directory, of the configuration, or those of somebody who can be asked', async () => {
    const withoutVoters = async (): Promise<MemoryDisk> => {
      const disk = new MemoryDisk()
      await disk.makeDirectory('/m')
      const meta = { version: 1, clusterId: 'c', nodeId: 7, directoryId: uuidFromLatin1('d'.repeat(16)) } as const
      await writeMetaProperties(disk, '/m', { meta, nowMs: 0 })
      return disk
    }
    const asked = await membershipOf(await withoutVoters(), configOf())
    assert.deepEqual([asked.kraftVersion, asked.voters.size, asked.bootstrap.length], [1, 0, 1])
    const { voters, kraftVersion } = await membershipOf(
      await withoutVoters(),
      configOf({ 'controller.quorum.voters': '7@localhost:9093,8@other:9093' }),
    )
    assert.deepEqual([kraftVersion, voters.ids(), voters.endpointOf(8)?.host], [0, [7, 8], 'other'])
  })

  it('writes the voter byte for byte as Kafka, and passes over a damaged snapshot', async () => {
    const disk = await kafkas('qy82NyXIRcaF_1uHwVW0bA')
    const config = configOf({ listeners: 'PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:19193' })
    const voter = standaloneVoter(config, uuidFromString('qy82NyXIRcaF_1uHwVW0bA'))
    await writeFirstSnapshot(disk, '/m', { voters: [voter], nowMs: 1795467113604 })
    const name = '00000000000000000000-0000000000.checkpoint'
    const file = await disk.open(`${directory}/${name}`, { mode: 'read' })
    const head = Buffer.alloc(166)
    file.readSync(head, 0, head.length, 0)
    assert.deepEqual(
      head.subarray(100).toString('hex'),
      kafkaFile(`dynamic-quorum/__cluster_metadata-0/${name}`).subarray(100, 166).toString('hex'),
    )
    const newest = `${directory}/00000000000000000037-0000000001.checkpoint`
    await writeWholeFile(disk, newest, { bytes: Buffer.alloc(300), sync: false })
    assert.equal((await membershipOf(disk, config)).kraftVersion, 1)
  })
})
