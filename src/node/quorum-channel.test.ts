/** Connections to the other nodes of a quorum, in a network where nobody answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peersOf } from '../../test/remote-world.ts'
import type { Peer, PeerAddress, Peers } from '../peer/index.ts'
import type { OutgoingRequest } from '../raft/index.ts'
import { World } from '../sim/index.ts'
import { QuorumChannel } from './quorum-channel.ts'

/** Counts those that are not closed. */
function counting(peers: Peers) {
  const open = new Set<string>()
  const to = peers.to.bind(peers)
  peers.to = (address: PeerAddress): Peer => {
    const peer = to(address)
    const close = peer.close.bind(peer)
    open.add(address.host)
    peer.close = () => {
      open.delete(address.host)
      close()
    }
    return peer
  }
  return { peers, open }
}

const askTo = (id: number, request: OutgoingRequest['request']): OutgoingRequest => ({
  to: { id, endpoint: { name: 'CONTROLLER', host: `h${id}`, port: 1 } },
  correlationId: 1,
  request,
})

const beginEpoch = { kind: 'begin-epoch', epoch: 1, leaderId: 1, leaderEndpoints: [], voter: undefined } as const

test('of those who were asked, only those are kept who are asked again', async () => {
  const world = new World({ seed: 1, turn: setImmediate, log: () => undefined })
  const env = world.env('node-1')
  const { peers, open } = counting(peersOf(env, 'node-1'))
  let near = new Set([2, 3])
  const channel = new QuorumChannel({
    peers,
    names: { clusterId: 'c', listenerName: 'CONTROLLER' },
    software: { name: 'odradek', version: '0' },
    requestTimeoutMs: 100,
    logger: env.logger,
    isNear: (id) => near.has(id),
  })
  const send = (id: number, request: OutgoingRequest['request']) => world.settle(channel.send(askTo(id, request)))
  for (const id of [2, 3]) assert.equal((await send(id, beginEpoch)).kind, 'failed')
  for (let id = 10; id < 30; id++) assert.equal((await send(id, { kind: 'api-versions' })).kind, 'failed')
  assert.deepEqual([...open], ['h2', 'h3'], 'a replica that is asked for its versions')
  near = new Set([2, 4])
  await send(4, beginEpoch)
  assert.deepEqual([...open], ['h2', 'h4'], 'one that is no voter any more')
  const waiting = channel.send(askTo(5, { kind: 'api-versions' }))
  channel.close()
  assert.equal((await world.settle(waiting)).kind, 'failed')
  assert.deepEqual([...open], [])
})
