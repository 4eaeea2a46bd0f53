/** Controllers over loopback: one comes in by itself, loses its disk, comes in again and is taken out (KIP-853, 1186). */
// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Uuid, uuidFromLatin1 } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import type { Peers } from '../peer/index.ts'
import { addRaftVoter, ErrorCode, removeRaftVoter } from '../protocol/index.ts'
import { formatStorage } from './format.ts'
import { writeMetaProperties } from './meta-properties.ts'
import { Node } from './node.ts'
import { nodePeers } from './node-peers.ts'

const configOf = (id: number, changes: Readonly<Record<string, string>>): BrokerConfig =>
  BrokerConfig.parse(
    new Map([
      ['process.roles', 'controller'],
      ['node.id', String(id)],
      ['listeners', 'CONTROLLER://127.0.0.1:0'],
      ['controller.listener.names', 'CONTROLLER'],
      ['controller.quorum.bootstrap.servers', '127.0.0.1:9093'],
      // Longer than a leader holds a fetch back.
      ['controller.quorum.fetch.timeout.ms', '800'],
      ['controller.quorum.request.timeout.ms', '1000'],
      ['controller.quorum.election.timeout.ms', '300'],
      ['log.dirs', '/m'],
      ...Object.entries(changes),
    ]),
  )

const warnings: string[] = []
const env = (disk: MemoryDisk) => ({
  ...createEnv({ level: 'warn', json: true, write: (line) => void warnings.push(line) }),
  disk,
})

const ofDirectories = (): string[] => warnings.filter((line) => line.includes('with another directory'))

/** A directory that names no voters. */
async function emptyDisk(nodeId: number, clusterId: string, directoryId: Uuid): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  await disk.makeDirectory('/m')
  await writeMetaProperties(disk, '/m', { meta: { version: 1, clusterId, nodeId, directoryId }, nowMs: 0 })
  return disk
}

async function until(what: string, done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) await wait(20)
  assert.ok(done(), what)
}

test('a controller joins, loses its disk, joins as another voter, and is removed', async (context) => {
  const disk = new MemoryDisk()
  const clusterId = 'cluster-of-voters-1234'
  const config = configOf(1, {})
  await formatStorage({ ...env(disk), config, options: { clusterId, standalone: true }, print: () => undefined })
  const first = await Node.start({ env: env(disk), config, hostName: 'localhost' })
  const running = new Set([first])
  context.after(() => Promise.all([...running].map((node) => node.stop())))
  const port = first.listeners.find(({ listener }) => listener === 'CONTROLLER')?.port ?? 0
  const servers = { 'controller.quorum.bootstrap.servers': `127.0.0.1:${port}` }
  const voters = () => first.quorum.view.voters
  const start = async (id: number, directoryId: Uuid): Promise<Node> => {
    const joining = configOf(id, { ...servers, 'controller.quorum.auto.join.enable': 'true' })
    const node = await Node.start({
      env: env(await emptyDisk(id, clusterId, directoryId)),
      config: joining,
      hostName: 'localhost',
    })
    running.add(node)
    await until(`node ${id} is a voter`, () => voters().directoryIdOf(id) === directoryId)
    await until(`node ${id} knows it`, () => node.quorum.view.voters.directoryIdOf(id) === directoryId)
    assert.equal(node.quorum.kraftVersion, 1)
    return node
  }
  const [second, former, latter] = ['s', 'f', 'l'].map((letter) => uuidFromLatin1(letter.repeat(16)))
  assert.ok(second !== undefined && former !== undefined && latter !== undefined)

  assert.equal(voters().endpointOf(1)?.port, port, 'the first one has written where it listens')
  await start(2, second)
  // With two of three left, a quorum gets over the loss of a disk.
  const lost = await start(3, former)
  assert.deepEqual(ofDirectories(), [])
  running.delete(lost)
  await lost.stop()
  await start(3, latter)
  assert.equal(ofDirectories().length, 1, 'it was an observer at first')
  assert.deepEqual(voters().ids(), [1, 2, 3])

  const peers: Peers = nodePeers(env(new MemoryDisk()), config, false)
  const peer = peers.to({ host: '127.0.0.1', port })
  context.after(() => peer.close())
  const add = addRaftVoter.request.create({
    clusterId,
    voterId: 3,
    voterDirectoryId: former,
    listeners: [],
    timeoutMs: 1000,
  })
  const remove = (voterDirectoryId: Uuid) => removeRaftVoter.request.create({ clusterId, voterId: 3, voterDirectoryId })
  const options = { timeoutMs: 5000 }
  assert.equal((await peer.send(addRaftVoter, add, options)).errorCode, ErrorCode.INVALID_REQUEST)
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 1 }]
  assert.equal((await peer.send(addRaftVoter, { ...add, listeners }, options)).errorCode, ErrorCode.DUPLICATE_VOTER)
  const away = { ...add, voterId: 4, listeners }
  assert.equal((await peer.send(addRaftVoter, away, options)).errorCode, ErrorCode.REQUEST_TIMED_OUT)
  const { errorCode, errorMessage } = await peer.send(removeRaftVoter, remove(former), options)
  assert.equal(errorCode, ErrorCode.VOTER_NOT_FOUND)
  assert.match(errorMessage ?? '', /Replica 3 in this directory is no voter/)
  assert.equal((await peer.send(removeRaftVoter, remove(latter), options)).errorCode, ErrorCode.NONE)
})
