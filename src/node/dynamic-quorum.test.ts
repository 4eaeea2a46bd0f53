// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Uuid, uuidFromLatin1, uuidFromString, zeroUuid } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { decodeQuorumState, type Voter, VoterSet } from '../raft/index.ts'
import { kafkaFile } from '../raft/testdata/kafka-files.ts'
import { standaloneVoter, writeFirstSnapshot } from './first-snapshot.ts'
import { formatStorage } from './format.ts'
import { checkSoleVoter, membershipOf } from './membership.ts'
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

  it('is this node, in the directory of the id that votes', () => {
    const [own, other] = ['qy82NyXIRcaF_1uHwVW0bA', 'ry82NyXIRcaF_1uHwVW0bA'].map(uuidFromString)
    assert.ok(own !== undefined && other !== undefined)
    const voter = { id: 7, directoryId: own, endpoints: [] }
    const check = (voters: readonly Voter[], id: number, directoryId: Uuid) => () =>
      checkSoleVoter('/m', { id, directoryId }, new VoterSet(voters))
    check([voter], 7, own)()
    check([voter], 8, own)()
    check([voter, { ...voter, id: 9 }], 7, other)()
    check([], 7, own)()
    check([{ ...voter, directoryId: zeroUuid }], 7, own)()
    assert.throws(
      check([voter], 7, other),
      refusal(/^The voter of this quorum is not \/m, whose id is ry82NyXIRcaF_1uHwVW0bA/),
    )
  })

  it('is not started from a directory that was formatted anew', async () => {
    const disk = new MemoryDisk()
    await formatted(disk)
    const meta = { version: 1, clusterId: 'c', nodeId: 7, directoryId: uuidFromLatin1('d'.repeat(16)) } as const
    await writeMetaProperties(disk, '/m', { meta, nowMs: 0 })
    const env = { ...createEnv({ level: 'error' }), disk }
    await assert.rejects(Node.start({ env, config: configOf(), hostName: 'localhost' }), refusal(/formatted anew/))
  })

  it('has the voters of the configuration, while the log names none, and those who can be asked', async () => {
    const disk = new MemoryDisk()
    await disk.makeDirectory('/m')
    const directoryId = uuidFromLatin1('d'.repeat(16))
    await writeMetaProperties(disk, '/m', { meta: { version: 1, clusterId: 'c', nodeId: 7, directoryId }, nowMs: 0 })
    const asked = await membershipOf(disk, configOf())
    assert.deepEqual([asked.self, asked.voters.size, asked.bootstrap.length], [{ id: 7, directoryId }, 0, 1])
    const { voters } = await membershipOf(
      disk,
      configOf({ 'controller.quorum.voters': '7@localhost:9093,8@other:9093' }),
    )
    assert.deepEqual([voters.ids(), voters.endpointOf(8)?.host], [[7, 8], 'other'])
  })

  it('writes the voter byte for byte as Kafka', async () => {
    const disk = new MemoryDisk()
    const config = configOf({ listeners: 'PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:19193' })
    const voters = standaloneVoter(config, uuidFromString('qy82NyXIRcaF_1uHwVW0bA'))
    await writeFirstSnapshot(disk, '/m', { voters, nowMs: 1795467113604 })
    const name = '00000000000000000000-0000000000.checkpoint'
    const file = await disk.open(`${directory}/${name}`, { mode: 'read' })
    const head = Buffer.alloc(166)
    file.readSync(head, 0, head.length, 0)
    assert.deepEqual(
      head.subarray(100).toString('hex'),
      kafkaFile(`dynamic-quorum/__cluster_metadata-0/${name}`).subarray(100, 166).toString('hex'),
    )
  })
})
