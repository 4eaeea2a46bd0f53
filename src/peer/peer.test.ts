import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock, Timer } from '../base/index.ts'
import { apiVersions, ErrorCode, metadata, saslAuthenticate } from '../protocol/index.ts'
import { World, type WorldOptions } from '../sim/index.ts'
import { type Peer, type PeerAddress, PeerError, Peers, type PeersOptions, UnsupportedVersionError } from './index.ts'
import {
  answer,
  echoOf,
  replyFrame,
  type Script,
  type ScriptedRequest,
  serve,
  tellVersions,
} from './scripted-server.ts'

const limits = { replyBytesMax: 100_000, inFlightMax: 5, queuedBytesMax: 64 * 1024, waitingMax: 100 }

/** Counts the timers that wait, so that one left behind is seen. */
function countedClock(clock: Clock): { readonly clock: Clock; readonly timers: () => number } {
  const waiting = new Set<Timer>()
  const after = (delayMs: number, fire: () => void): Timer => {
    const timer = clock.after(delayMs, () => {
      waiting.delete(counted)
      fire()
    })
    const counted: Timer = {
      cancel: () => {
        waiting.delete(counted)
        timer.cancel()
      },
    }
    waiting.add(counted)
    return counted
  }
  const counted: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after,
    afterDrain: (then) => clock.afterDrain(then),
  }
  return { clock: counted, timers: () => waiting.size }
}

interface Stage {
  readonly world: World
  readonly peer: Peer
  readonly requests: readonly ScriptedRequest[]
  /** Connections that the server has. */
  readonly open: () => number
  readonly timers: () => number
}

interface StageOptions extends Partial<PeersOptions> {
  readonly seed?: number
  readonly script?: Script
  readonly world?: Partial<WorldOptions>
  readonly prepare?: PeerAddress['prepare']
}

async function makeStage(options: StageOptions = {}): Promise<Stage> {
  const { seed = 1, script = answer, world: worldOptions = {}, prepare, ...peersOptions } = options
  const world = new World({ seed, turn: setImmediate, ...worldOptions })
  const { requests, open } = await serve(world.env('b'), { host: 'b', port: 9092, script })
  const { network, clock, random } = world.env('a')
  const counted = countedClock(clock)
  const peers = new Peers({
    network,
    clock: counted.clock,
    random: random.stream('peers'),
    clientId: 'tester',
    software: { name: 'odradek', version: '0' },
    limits,
    reconnect: { initialMs: 50, maxMs: 1000 },
    setupTimeout: { initialMs: 10_000, maxMs: 30_000 },
    poison: true,
    ...peersOptions,
  })
  const peer = peers.to({ host: 'b', port: 9092, ...(prepare === undefined ? {} : { prepare }) })
  return { world, peer, requests, open, timers: counted.timers }
}

const request = (text: string) => saslAuthenticate.request.create({ authBytes: Buffer.from(text) })
const echo = async (peer: Peer, text: string, timeoutMs = 1000): Promise<string> => {
  const { authBytes } = await peer.send(saslAuthenticate, request(text), { timeoutMs })
  return Buffer.from(authBytes).toString()
}

/** What came of each: the echo, or how it failed. */
const outcomes = async (all: readonly Promise<string>[]): Promise<string[]> => {
  const told = (error: unknown): string => {
    assert.ok(error instanceof PeerError, String(error))
    return `${error.failure}${error.wasSent ? ', sent' : ''}`
  }
  return Promise.all(all.map((it) => it.catch(told)))
}

test('the first request connects, asks for versions, and goes in the highest one that both sides have', async () => {
  const { world, peer, requests, timers } = await makeStage()
  assert.equal(requests.length, 0)
  assert.equal(await world.settle(echo(peer, 'hello')), 'hello')
  assert.deepEqual(
    requests.map(({ key, version, correlationId, clientId }) => [key, version, correlationId, clientId]),
    [
      [18, 4, 0, 'tester'],
      [36, 2, 1, 'tester'],
    ],
  )
  const versions = { timeoutMs: 1000, versions: [0, 1] } as const
  await world.settle(peer.send(saslAuthenticate, request('older'), versions))
  assert.equal(requests.at(-1)?.version, 1)
  assert.equal(timers(), 0)
  assert.ok(peer.isOpen)
})

test('what the other side does not have is not sent, and does no harm to others', async () => {
  const { world, peer, requests } = await makeStage()
  const options = { timeoutMs: 1000 }
  const unknown = peer.send(metadata, metadata.request.create(), options)
  const outside = peer.send(saslAuthenticate, request('x'), { ...options, versions: [3, 9] })
  const refused = [
    assert.rejects(unknown, new UnsupportedVersionError('Metadata is not served there')),
    assert.rejects(outside, {
      message: 'SaslAuthenticate: versions 0 to 2 are served there, 0 to 2 here, 3 to 9 are wanted',
      failure: 'unsupported version',
      wasSent: false,
    }),
  ]
  assert.equal(await world.settle(echo(peer, 'y')), 'y')
  await Promise.all(refused)
  assert.equal(requests.length, 2)
})

test('a request that cannot be encoded is refused, and leaves nothing behind in the next one', async () => {
  const script: Script = (asked, socket) =>
    asked.key === apiVersions.key
      ? socket.write([
          replyFrame(
            apiVersions,
            asked,
            tellVersions([
              [18, 0, 4],
              [36, 0, 2],
              [3, 0, 13],
            ]),
          ),
        ])
      : answer(asked, socket)
  const { world, peer, requests } = await makeStage({ script })
  const long = metadata.request.create({ topics: [{ name: 'x'.repeat(40_000) }] })
  await world.settle(assert.rejects(peer.send(metadata, long, { timeoutMs: 1000 }), RangeError))
  assert.equal(await world.settle(echo(peer, 'after')), 'after')
  assert.equal(requests.length, 2)
})

for (const [who, ranges, version] of [
  ['that says which version of ApiVersions it has', [[18, 0, 2]], 2],
  ['too old to say that', [], 0],
] as const) {
  test(`a server ${who} is asked again in it`, async () => {
    const script: Script = (asked, socket) => {
      if (asked.key !== apiVersions.key || asked.version === version) answer(asked, socket)
      else
        socket.write([
          replyFrame(apiVersions, { ...asked, version: 0 }, tellVersions(ranges, ErrorCode.UNSUPPORTED_VERSION)),
        ])
    }
    const { world, peer, requests } = await makeStage({ script })
    assert.equal(await world.settle(echo(peer, 'x')), 'x')
    assert.deepEqual(
      requests.map((asked) => asked.version),
      [4, version, 2],
    )
  })
}

test('a server that takes no version of ApiVersions is not asked a third time', async () => {
  const script: Script = (asked, socket) => {
    socket.write([replyFrame(apiVersions, { ...asked, version: 0 }, tellVersions([], ErrorCode.UNSUPPORTED_VERSION))])
  }
  const { world, peer, requests } = await makeStage({ script })
  assert.deepEqual(await world.settle(outcomes([echo(peer, 'x')])), ['protocol'])
  assert.equal(requests.length, 2)
})

test('requests are pipelined up to the limit, answered in order, and leave in order', async () => {
  const held: (() => void)[] = []
  const script: Script = (asked, socket) => {
    if (asked.key === apiVersions.key) answer(asked, socket)
    else held.push(() => answer(asked, socket))
  }
  const { world, peer, requests } = await makeStage({ script })
  const settled: string[] = []
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`)
  const all = texts.map(async (text) => settled.push(await echo(peer, text)))
  await world.run(world.nowMs + 500)
  assert.equal(requests.length, 1 + limits.inFlightMax)
  held[0]?.()
  await world.run(world.nowMs + 100)
  assert.deepEqual(settled, ['0'])
  assert.equal(requests.length, 2 + limits.inFlightMax)
  for (let i = 1; i < 20; i++) {
    held[i]?.()
    await world.run(world.nowMs + 10)
  }
  await world.settle(Promise.all(all))
  assert.deepEqual(settled, texts)
  assert.deepEqual(
    requests.map(({ correlationId }) => correlationId),
    Array.from({ length: 21 }, (_, i) => i),
  )
})

test('who comes when too many wait already is refused at once', async () => {
  const { world, peer } = await makeStage({ limits: { ...limits, waitingMax: 3 } })
  const all = outcomes(['a', 'b', 'c', 'd'].map((text) => echo(peer, text)))
  assert.deepEqual(await world.settle(all), ['a', 'b', 'c', 'busy'])
})

test('a reply that does not come in time ends the connection and all in flight; what waits goes on the next one', async () => {
  const script: Script = (asked, socket) => {
    if (asked.connection > 0 || asked.key === apiVersions.key) answer(asked, socket)
  }
  const { world, peer, requests, open, timers } = await makeStage({ script, limits: { ...limits, inFlightMax: 2 } })
  const start = world.nowMs
  const first = echo(peer, 'a', 300).finally(() => assert.ok(world.nowMs - start >= 300 && world.nowMs - start < 330))
  const all = outcomes([first, echo(peer, 'b', 5000), echo(peer, 'c', 5000)])
  assert.deepEqual(await world.settle(all), ['timed out, sent', 'timed out, sent', 'c'])
  assert.deepEqual(
    requests.map(({ key, connection }) => [key, connection]),
    [
      [18, 0],
      [36, 0],
      [36, 0],
      [18, 1],
      [36, 1],
    ],
  )
  assert.equal(open(), 1)
  assert.equal(timers(), 0)
})

test('attempts to connect are paced by a back-off that doubles up to its maximum, and one is made for each who asks', async () => {
  const { world, peer, timers } = await makeStage()
  world.kill('b')
  const gapsMs: number[] = []
  for (let i = 0; i < 8; i++) {
    const start = world.nowMs
    assert.deepEqual(await world.settle(outcomes([echo(peer, 'x', 60_000)])), ['unreachable'])
    gapsMs.push(world.nowMs - start)
  }
  // Beside the back-off there are two ways over the network, of a millisecond or so.
  gapsMs.forEach((gapMs, i) => {
    const meanMs = i === 0 ? 0 : Math.min(1000, 50 * 2 ** (i - 1))
    assert.ok(gapMs >= meanMs * 0.8 - 1 && gapMs <= Math.min(1000, meanMs * 1.2) + 10, `${i}: ${gapMs} ms`)
  })
  assert.equal(new Set(gapsMs.map((gapMs) => Math.round(gapMs))).size > 4, true)
  await serve(world.env('b'), { host: 'b', port: 9092, script: answer })
  assert.equal(await world.settle(echo(peer, 'back', 60_000)), 'back')
  world.network.cut('a', 'b')
  await world.run(world.nowMs + 5)
  assert.equal(peer.isOpen, false)
  const start = world.nowMs
  assert.equal(await world.settle(echo(peer, 'again')), 'again')
  assert.ok(world.nowMs - start < 70, 'the back-off begins anew')
  assert.equal(timers(), 0)
})

test('who waits for a connection longer than its time is told that nothing was sent; nothing is tried for nobody', async () => {
  const { world, peer, requests, timers } = await makeStage()
  world.kill('b')
  for (let i = 0; i < 6; i++) await world.settle(outcomes([echo(peer, 'x', 60_000)]))
  assert.deepEqual(await world.settle(outcomes([echo(peer, 'x', 20)])), ['timed out'])
  assert.equal(timers(), 0)
  const waiting = outcomes([echo(peer, 'x', 60_000)])
  peer.close()
  assert.deepEqual(await world.settle(waiting), ['closed'])
  assert.equal(timers(), 0)
  await serve(world.env('b'), { host: 'b', port: 9092, script: answer })
  await world.run(world.nowMs + 10_000)
  assert.equal(peer.isOpen, false)
  assert.equal(requests.length, 0)
})

test('a network that swallows everything: the time to connect is bounded, and longer each time', async () => {
  const { world, peer } = await makeStage({ setupTimeout: { initialMs: 1000, maxMs: 3000 } })
  world.network.block('a', 'b')
  const tookMs: number[] = []
  for (let i = 0; i < 4; i++) {
    const start = world.nowMs
    assert.deepEqual(await world.settle(outcomes([echo(peer, 'x', 60_000)])), ['timed out'])
    tookMs.push(world.nowMs - start)
  }
  const [first = 0, second = 0, , last = 0] = tookMs
  assert.ok(first >= 800 && first <= 1220, `${first}`)
  assert.ok(second >= 1600 && second <= 2500, `${second}`)
  assert.ok(last >= 2400 && last <= 3500, `${last}`)
  world.network.heal()
  assert.equal(await world.settle(echo(peer, 'x', 60_000)), 'x')
})

test('a network that is slow loses nothing', async () => {
  const { world, peer, requests } = await makeStage()
  world.network.clog({ from: 'b', to: 'a', forMs: 3000 })
  assert.equal(await world.settle(echo(peer, 'x', 5000)), 'x')
  assert.equal(requests.length, 2)
})

test('a reply may be as large as its request says, others of the connection may not', async () => {
  const { world, peer } = await makeStage({ limits: { ...limits, replyBytesMax: 1000 } })
  const ask = async (replyBytesMax: number): Promise<string> => {
    const reply = await peer.send(saslAuthenticate, request('x'.repeat(5000)), { timeoutMs: 1000, replyBytesMax })
    return `${reply.authBytes.length}`
  }
  assert.deepEqual(await world.settle(outcomes([ask(6000), echo(peer, 'a')])), ['5000', 'a'])
  for (const size of [4000, 0]) assert.deepEqual(await world.settle(outcomes([ask(size)])), ['protocol, sent'])
})

const prefixed = (size: number, ...bytes: number[]): Buffer => {
  const frame = Buffer.alloc(4 + bytes.length)
  frame.writeInt32BE(size)
  frame.set(bytes, 4)
  return frame
}

const offences: Readonly<Record<string, (asked: ScriptedRequest) => Buffer>> = {
  'a reply to nothing': ({ correlationId }) => prefixed(4, 0, 0, 0, correlationId + 1),
  'another correlation id': (asked) =>
    replyFrame(saslAuthenticate, { ...asked, correlationId: 77 }, saslAuthenticate.response.create()),
  'a frame without room for a header': () => prefixed(2, 0, 0),
  'a frame that is too large': () => prefixed(limits.replyBytesMax + 1),
  'a negative size': () => prefixed(-1),
  'the alert of a TLS server': () => Buffer.from([0x15, 3, 3, 0, 2, 2, 50]),
  'a body that is cut': ({ correlationId }) => prefixed(5, 0, 0, 0, correlationId, 0),
  'a body of lies': ({ correlationId }) => prefixed(12, 0, 0, 0, correlationId, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x0f),
}

for (const [what, bytes] of Object.entries(offences)) {
  test(`${what} closes the connection, all in flight fail, and the next connection serves`, async () => {
    const script: Script = (asked, socket) => {
      if (asked.key === apiVersions.key || asked.connection > 0) answer(asked, socket)
      else if (asked.correlationId === 2) socket.write([bytes(asked)])
      else if (asked.correlationId === 1) answer(asked, socket)
    }
    const { world, peer, requests, open, timers } = await makeStage({ script })
    const all = outcomes(['a', 'b', 'c'].map((text) => echo(peer, text)))
    assert.deepEqual(await world.settle(all), ['a', 'protocol, sent', 'protocol, sent'])
    await world.run(world.nowMs + 10)
    assert.equal(open(), 0)
    assert.equal(await world.settle(echo(peer, 'd')), 'd')
    assert.equal(requests.at(-1)?.connection, 1)
    assert.equal(timers(), 0)
  })

  test(`${what} in the place of the versions: nothing was sent`, async () => {
    const script: Script = (asked, socket) => {
      if (asked.connection > 0) answer(asked, socket)
      else socket.write([bytes(asked)])
    }
    const { world, peer } = await makeStage({ script })
    assert.deepEqual(await world.settle(outcomes([echo(peer, 'a')])), ['protocol'])
    assert.equal(await world.settle(echo(peer, 'd')), 'd')
  })
}

test('a server that closes at once, or in the middle of a reply', async () => {
  const script: Script = (asked, socket) => {
    if (asked.connection === 0) socket.destroy()
    else if (asked.connection === 1 && asked.key === saslAuthenticate.key) {
      socket.write([echoOf(asked).subarray(0, 7)])
      socket.end()
    } else answer(asked, socket)
  }
  const { world, peer, timers } = await makeStage({ script })
  assert.deepEqual(await world.settle(outcomes([echo(peer, 'a')])), ['closed'])
  assert.deepEqual(await world.settle(outcomes([echo(peer, 'b'), echo(peer, 'c')])), ['closed, sent', 'closed, sent'])
  assert.equal(await world.settle(echo(peer, 'd')), 'd')
  assert.equal(timers(), 0)
})

test('a response is for keeping; with `take` its bytes are views, and what that gives is given', async () => {
  const { world, peer } = await makeStage()
  const kept = await world.settle(peer.send(saslAuthenticate, request('kept'), { timeoutMs: 1000 }))
  let view: Uint8Array = new Uint8Array(0)
  const take = ({ authBytes }: { readonly authBytes: Uint8Array }, version: number): string => {
    view = authBytes
    return `${Buffer.from(authBytes)} in version ${version}`
  }
  const taken = await world.settle(peer.send(saslAuthenticate, request('seen'), { timeoutMs: 1000, take }))
  assert.equal(taken, 'seen in version 2')
  assert.notEqual(Buffer.from(view).toString(), 'seen')
  assert.equal(Buffer.from(kept.authBytes).toString(), 'kept')
  const fails = (): never => {
    throw new RangeError('not to my liking')
  }
  const failed = peer.send(saslAuthenticate, request('seen'), { timeoutMs: 1000, take: fails })
  await world.settle(assert.rejects(failed, /not to my liking/))
  assert.equal(await world.settle(echo(peer, 'after')), 'after')
})

test('who sends from where a response is taken comes behind those who wait', async () => {
  const { world, peer } = await makeStage({ limits: { ...limits, inFlightMax: 1 } })
  await world.settle(echo(peer, 'open'))
  const settled: string[] = []
  const note = async (text: string) => settled.push(await echo(peer, text))
  const first = peer.send(saslAuthenticate, request('first'), { timeoutMs: 1000, take: () => [note('third')] })
  const second = note('second')
  await world.settle(Promise.all([...(await world.settle(first)), second]))
  assert.deepEqual(settled, ['second', 'third'])
})

test('a request that is never answered is done when it is on its way, and those around it get their own answers', async () => {
  const script: Script = (asked, socket) => {
    if (asked.version !== 0) answer(asked, socket)
  }
  const { world, peer, requests, timers } = await makeStage({ script })
  const unanswered = { timeoutMs: 1000, versions: [0, 0] as const, isAnswered: false }
  const all = [echo(peer, 'a'), peer.send(saslAuthenticate, request('b'), unanswered), echo(peer, 'c')]
  const [a, b, c] = await world.settle(Promise.all(all))
  assert.deepEqual([a, c], ['a', 'c'])
  assert.deepEqual(b, saslAuthenticate.response.create())
  assert.equal(requests.length, 4)
  assert.equal(timers(), 0)
})

test('who takes a response may send, and may close', async () => {
  const { world, peer, timers } = await makeStage()
  const nested = await world.settle(
    peer.send(saslAuthenticate, request('outer'), { timeoutMs: 1000, take: () => [echo(peer, 'inner')] }),
  )
  assert.deepEqual(await world.settle(outcomes(nested)), ['inner'])
  const close = (): string => {
    peer.close()
    return 'closed'
  }
  const last = peer.send(saslAuthenticate, request('last'), { timeoutMs: 1000, take: close })
  assert.deepEqual(await world.settle(outcomes([last, echo(peer, 'behind')])), ['closed', 'closed, sent'])
  assert.equal(timers(), 0)
})

test('a connection is prepared before it is used; who fails at that fails those who wait', async () => {
  let isLetIn = false
  const prepared: string[] = []
  const { world, peer, requests } = await makeStage({
    prepare: async (connection) => {
      const { authBytes } = await connection.send(saslAuthenticate, request('let me in'), { timeoutMs: 1000 })
      prepared.push(Buffer.from(authBytes).toString())
      if (!isLetIn) throw new Error('the password is wrong')
      return { lifetimeMs: undefined }
    },
  })
  await world.settle(
    assert.rejects(echo(peer, 'a'), {
      failure: 'unreachable',
      wasSent: false,
      message: 'b:9092: the password is wrong',
    }),
  )
  isLetIn = true
  assert.equal(await world.settle(echo(peer, 'b')), 'b')
  assert.deepEqual(prepared, ['let me in', 'let me in'])
  assert.deepEqual(
    requests.map(({ key, connection }) => [key, connection]),
    [
      [18, 0],
      [36, 0],
      [18, 1],
      [36, 1],
      [36, 1],
    ],
  )
})

test('closing ends all, at whatever moment, and leaves no timer and no connection', async () => {
  for (let atMs = 0; atMs < 8; atMs += 0.25) {
    const script: Script = (asked, socket) => {
      if (asked.key === apiVersions.key) answer(asked, socket)
    }
    const world = { network: { delayMsMin: 1, delayMsMean: 0.1 } }
    const {
      world: running,
      peer,
      open,
      timers,
    } = await makeStage({ script, world, limits: { ...limits, inFlightMax: 1 } })
    const all = outcomes(['a', 'b'].map((text) => echo(peer, text, 60_000)))
    running.after(atMs, () => peer.close())
    const [first, second] = await running.settle(all)
    assert.ok(first === 'closed' || (first === 'closed, sent' && atMs > 3), `${first} at ${atMs}`)
    assert.equal(second, 'closed')
    assert.equal(timers(), 0)
    await running.run(running.nowMs + 100)
    assert.equal(open(), 0)
    const { events } = running
    await running.run(running.nowMs + 1_000_000)
    assert.equal(running.events, events)
    assert.deepEqual(await running.settle(outcomes([echo(peer, 'c')])), ['closed'])
  }
})
