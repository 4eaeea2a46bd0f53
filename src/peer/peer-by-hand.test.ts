/** A peer over a network and a clock that the test plays itself: what a simulated world does not do at will. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock, Connection, ConnectionHandler, ConnectOptions, Network, Timer } from '../base/index.ts'
import { apiVersions, saslAuthenticate } from '../protocol/index.ts'
import { SeededRandom } from '../sim/index.ts'
import { type Peer, Peers } from './index.ts'
import { replyFrame, tellVersions } from './scripted-server.ts'

const nothing = (): void => undefined
/** All that is promised in this turn is done. */
const turn = (): Promise<void> => new Promise(setImmediate)

/** One connection, whose other side is the test. */
class HandNetwork implements Network {
  handler: ConnectionHandler | undefined
  /** What `write` says. */
  takes = true
  sentBytes = 0
  writes = 0
  ended = 0
  destroyed = 0
  readonly connected: Promise<void>

  constructor(connected: Promise<void> = Promise.resolve()) {
    this.connected = connected
  }

  afterReads(then: () => void): void {
    queueMicrotask(then)
  }

  listen(): never {
    throw new Error('nobody listens')
  }

  async canonicalNames(host: string): Promise<readonly string[]> {
    return [host]
  }

  async connect({ handler, host, port }: ConnectOptions): Promise<Connection> {
    await this.connected
    this.handler = handler
    const write = (chunks: readonly Uint8Array[]): boolean => {
      for (const { length } of chunks) this.sentBytes += length
      this.writes++
      return this.takes
    }
    const destroy = (): void => {
      this.destroyed++
    }
    const end = (): void => {
      this.ended++
    }
    return { remoteAddress: host, remotePort: port, write, pause: nothing, resume: nothing, end, destroy }
  }

  /** Delivers bytes in pieces of those sizes, as far as there is room for each. */
  deliver(bytes: Buffer, sizes: Iterator<number> = [].values()): void {
    for (let at = 0; at < bytes.length; ) {
      const into = this.handler?.receiveBuffer() ?? Buffer.alloc(0)
      const { value = bytes.length } = sizes.next()
      const size = Math.min(into.length, bytes.length - at, Number(value))
      into.set(bytes.subarray(at, at + size))
      at += size
      this.handler?.received(size)
    }
  }

  /** The peer is let in. */
  async tellVersions(sizes?: Iterator<number>): Promise<void> {
    await turn()
    this.deliver(replyFrame(apiVersions, { version: 4, correlationId: 0 }, tellVersions()), sizes)
    await turn()
  }
}

class HandClock implements Clock {
  nowMs = 0
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []
  #drains: (() => void)[] = []

  now(): number {
    return this.nowMs
  }

  monotonic(): number {
    return this.nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.nowMs + delayMs, fire }
    this.#timers.push(timer)
    const cancel = (): void => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
    return { cancel }
  }

  afterDrain(then: () => void): void {
    this.#drains.push(then)
  }

  pass(ms: number): void {
    this.nowMs += ms
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs)
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs)
    for (const { fire } of due) fire()
  }

  drain(): void {
    for (const then of this.#drains.splice(0)) then()
  }
}

const makePeer = (network: Network, clock: Clock, options: { readonly idleMsMax?: number } = {}): Peer =>
  new Peers({
    ...options,
    network,
    clock,
    random: new SeededRandom('hand').stream('peers'),
    clientId: 'tester',
    software: { name: 'odradek', version: '0' },
    limits: { replyBytesMax: 100_000, inFlightMax: 100, queuedBytesMax: 64 * 1024, waitingMax: 100 },
    reconnect: { initialMs: 50, maxMs: 1000 },
    setupTimeout: { initialMs: 1000, maxMs: 3000 },
    poison: true,
  }).to({ host: 'b', port: 1 })

const send = async (peer: Peer, authBytes: Uint8Array): Promise<string> => {
  const request = saslAuthenticate.request.create({ authBytes })
  const reply = await peer.send(saslAuthenticate, request, { timeoutMs: 1000 })
  return Buffer.from(reply.authBytes).toString('hex')
}

const echo = (authBytes: Uint8Array, correlationId: number): Buffer =>
  replyFrame(saslAuthenticate, { version: 2, correlationId }, saslAuthenticate.response.create({ authBytes }))

test('replies come out whole and in order, however their bytes arrive', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 5 }),
    fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 }))),
    async (bodies, sizes) => {
      const network = new HandNetwork()
      const peer = makePeer(network, new HandClock())
      const replies = Promise.all(bodies.map((body) => send(peer, body)))
      await network.tellVersions(sizes)
      network.deliver(Buffer.concat(bodies.map((body, i) => echo(body, 1 + i))), sizes)
      assert.deepEqual(
        await replies,
        bodies.map((body) => Buffer.from(body).toString('hex')),
      )
      peer.close()
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

test('requests of one turn leave together; while the socket is behind, so many bytes wait and no more', async () => {
  const network = new HandNetwork()
  const peer = makePeer(network, new HandClock())
  const small = [send(peer, Buffer.alloc(1)), send(peer, Buffer.alloc(1))]
  await network.tellVersions()
  assert.equal(network.writes, 2)
  network.takes = false
  for (let i = 0; i < 2; i++) {
    small.push(send(peer, Buffer.alloc(1)))
    await turn()
  }
  assert.equal(network.writes, 3)
  network.handler?.drained()
  network.handler?.drained()
  const before = network.sentBytes
  const large = Array.from({ length: 20 }, () => send(peer, Buffer.alloc(10_000)))
  await turn()
  assert.equal(Math.floor((network.sentBytes - before) / 10_000), 7)
  const more = send(peer, Buffer.alloc(10_000))
  await turn()
  assert.equal(network.writes, 5)
  network.handler?.drained()
  await turn()
  assert.equal(Math.floor((network.sentBytes - before) / 10_000), 14)
  network.takes = true
  for (let i = 0; i < 2; i++) {
    network.handler?.drained()
    await turn()
  }
  assert.equal(Math.floor((network.sentBytes - before) / 10_000), 21)
  for (let i = 1; i <= 25; i++) network.deliver(echo(Buffer.alloc(0), i))
  await Promise.all([...small, ...large, more])
  peer.close()
})

test('a reply that came while the loop was held up is read before its connection is given up', async () => {
  const network = new HandNetwork()
  const clock = new HandClock()
  const peer = makePeer(network, clock)
  const reply = send(peer, Buffer.from('x'))
  await network.tellVersions()
  clock.pass(5000)
  network.deliver(echo(Buffer.from('x'), 1))
  clock.drain()
  assert.equal(await reply, '78')
  const late = send(peer, Buffer.from('y'))
  clock.pass(5000)
  clock.drain()
  await assert.rejects(late, { failure: 'timed out', wasSent: true })
  assert.equal(network.destroyed, 1)
})

test('a connection that is there after all, when it was given up, is not kept', async () => {
  const connected = Promise.withResolvers<void>()
  const network = new HandNetwork(connected.promise)
  const peer = makePeer(network, new HandClock())
  const reply = send(peer, Buffer.from('x'))
  peer.close()
  await assert.rejects(reply, { failure: 'closed', wasSent: false })
  connected.resolve()
  await turn()
  assert.equal(network.destroyed, 1)
  assert.equal(network.writes, 0)
})

const sendUnanswered = (peer: Peer): Promise<unknown> =>
  peer.send(saslAuthenticate, saslAuthenticate.request.create(), { timeoutMs: 1000, isAnswered: false })

/** Connected, with a request that nobody answers and that the socket has not taken. */
async function unansweredStage(peers: { readonly idleMsMax?: number } = {}) {
  const network = new HandNetwork()
  const clock = new HandClock()
  const peer = makePeer(network, clock, peers)
  const first = send(peer, Buffer.from('x'))
  await network.tellVersions()
  network.deliver(echo(Buffer.from('x'), 1))
  await first
  network.takes = false
  let isSent = false
  const sent = sendUnanswered(peer).then(() => {
    isSent = true
  })
  await turn()
  return { network, clock, peer, sent, isSent: () => isSent }
}

test('a request that nobody answers is done when the socket has taken it', async () => {
  const { network, peer, sent, isSent } = await unansweredStage()
  const next = sendUnanswered(peer)
  await turn()
  assert.equal(isSent(), false)
  network.takes = true
  network.handler?.drained()
  await Promise.all([sent, next])
  peer.close()
})

test('a connection that is lost, or closed, with a request that has not left, rejects it', async () => {
  const lost = await unansweredStage()
  const behind = assert.rejects(sendUnanswered(lost.peer), { failure: 'closed' })
  await turn()
  lost.network.handler?.closed(new Error('cut'))
  await assert.rejects(lost.sent, { failure: 'closed', wasSent: true })
  await behind
  lost.peer.close()
  const closed = await unansweredStage()
  closed.peer.close()
  await assert.rejects(closed.sent, { failure: 'closed', wasSent: true })
  assert.deepEqual([closed.network.ended, closed.network.destroyed], [0, 1])
})

test('a socket that takes nothing within the time of a request is given up', async () => {
  const { clock, sent, network } = await unansweredStage()
  clock.pass(5000)
  clock.drain()
  await assert.rejects(sent, { failure: 'timed out', wasSent: true })
  assert.equal(network.destroyed, 1)
})

test('a request that has left unanswered is not cut off by closing; a server that does not end is not waited for', async () => {
  for (const serverEnds of [true, false]) {
    const { network, clock, peer, sent } = await unansweredStage()
    network.handler?.drained()
    await sent
    peer.close()
    assert.deepEqual([network.ended, network.destroyed], [1, 0])
    if (serverEnds) network.handler?.closed()
    clock.pass(5000)
    assert.equal(network.destroyed, serverEnds ? 0 : 1)
  }
})

test('a connection with a request that has not left is not idle', async () => {
  const { network, clock, peer, sent } = await unansweredStage({ idleMsMax: 500 })
  clock.pass(600)
  assert.deepEqual([network.ended, network.destroyed], [0, 0])
  network.handler?.drained()
  await sent
  clock.pass(600)
  assert.deepEqual([network.ended, network.destroyed], [1, 0])
  peer.close()
})
