import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, ConnectionHandler } from '../base/index.ts'
import { World, type WorldOptions } from './sim-env.ts'

const makeWorld = (seed: number, options: Partial<WorldOptions> = {}): World =>
  new World({ seed, turn: setImmediate, ...options })

const echo = (connection: Connection): ConnectionHandler => {
  const buffer = Buffer.alloc(4096)
  return {
    receiveBuffer: () => buffer,
    received: (size) => {
      if (!connection.write([buffer.subarray(0, size >> 1), buffer.subarray(size >> 1, size)])) connection.pause()
    },
    drained: () => connection.resume(),
    closed: () => undefined,
  }
}

interface Sink {
  readonly handler: ConnectionHandler
  readonly bytes: () => Buffer
  readonly closings: (string | undefined)[]
}

const makeSink = (onBytes: (total: number) => void = () => undefined): Sink => {
  const buffer = Buffer.alloc(1000)
  const parts: Buffer[] = []
  const closings: (string | undefined)[] = []
  let total = 0
  const handler: ConnectionHandler = {
    receiveBuffer: () => buffer,
    received: (size) => {
      parts.push(Buffer.from(buffer.subarray(0, size)))
      total += size
      onBytes(total)
    },
    drained: () => undefined,
    closed: (error) => void closings.push(error?.message),
  }
  return { handler, bytes: () => Buffer.concat(parts), closings }
}

const pattern = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255))

function giveUpAfter(world: World, delayMs: number): { signal: AbortSignal; abort: () => void } {
  const control = new AbortController()
  const abort = (): void => control.abort()
  world.after(delayMs, abort)
  return { signal: control.signal, abort }
}

async function join(world: World, handler: ConnectionHandler): Promise<Connection> {
  await world.env('b').network.listen({ host: 'b', port: 9092, accept: echo })
  return world.settle(world.env('a').network.connect({ host: 'b', port: 9092, handler }))
}

test('1 MB comes back in order, over delays, splits and full windows', async () => {
  const world = makeWorld(1, { network: { splitRate: 0.3 } })
  const sent = pattern(1_000_000)
  let done = false
  const sink = makeSink((total) => {
    done = total === sent.length
  })
  const connection = await join(world, sink.handler)
  assert.equal(connection.remotePort, 9092)
  let refused = 0
  for (let at = 0; at < sent.length; at += 10_000) if (!connection.write([sent.subarray(at, at + 10_000)])) refused++
  assert.ok(refused > 0)
  await world.run(60_000, () => done)
  assert.ok(sink.bytes().equals(sent))
  connection.end()
  await world.run(world.nowMs + 1000)
  assert.deepEqual(sink.closings, [undefined])
})

test('a partition holds both directions and the heal lets all through; connecting meanwhile waits or gives up', async () => {
  const world = makeWorld(2)
  const sink = makeSink()
  const connection = await join(world, sink.handler)
  world.network.partition(['a'], ['b'])
  connection.write([Buffer.from('held')])
  const other = makeSink()
  const giveUp = world.env('a').network.connect({ host: 'b', port: 9092, handler: other.handler })
  await assert.rejects(world.settle(giveUp), { code: 'ETIMEDOUT' })
  assert.equal(sink.bytes().length, 0)
  assert.deepEqual(sink.closings, [])
  world.network.heal()
  await world.run(world.nowMs + 1000)
  assert.equal(sink.bytes().toString(), 'held')
})

test('who gives up a connection has none, at whatever moment; the other side is told', async () => {
  const given: string[] = []
  for (let atMs = 0; atMs < 3; atMs += 0.1) {
    const world = makeWorld(5, { network: { delayMsMin: 1, delayMsMean: 0.1 } })
    const sides = makeSink()
    await world.env('b').network.listen({ host: 'b', port: 9092, accept: () => sides.handler })
    const { signal, abort } = giveUpAfter(world, atMs)
    const connecting = world.env('a').network.connect({ host: 'b', port: 9092, handler: makeSink().handler, signal })
    const outcome = world.settle(connecting.then(() => 'made')).catch((error: { code: string }) => error.code)
    const first = await outcome
    abort()
    await world.run(world.nowMs + 1000)
    given.push(`${first} ${sides.closings.length}`)
  }
  assert.deepEqual([...new Set(given)], ['ABORT_ERR 0', 'ABORT_ERR 1', 'made 0'])
})

test('a paused reader gets nothing until it resumes; a clog delays', async () => {
  const world = makeWorld(3)
  const sink = makeSink()
  const connection = await join(world, sink.handler)
  connection.pause()
  connection.write([Buffer.from('x')])
  await world.run(world.nowMs + 1000)
  assert.equal(sink.bytes().length, 0)
  connection.resume()
  await world.run(world.nowMs + 1000)
  assert.equal(sink.bytes().toString(), 'x')
  world.network.clog({ from: 'a', to: 'b', forMs: 500 })
  connection.write([Buffer.from('y')])
  await world.run(world.nowMs + 499)
  assert.equal(sink.bytes().toString(), 'x')
  await world.run(world.nowMs + 100)
  assert.equal(sink.bytes().toString(), 'xy')
})

test('a cut and a crash end connections with an error, once; who is not there refuses', async () => {
  const world = makeWorld(4)
  const first = makeSink()
  const connection = await join(world, first.handler)
  connection.write([Buffer.from('lost')])
  world.network.cut('a', 'b')
  await world.run(world.nowMs + 1000)
  assert.equal(first.closings.length, 1)
  assert.match(first.closings[0] ?? '', /ECONNRESET/)
  assert.equal(connection.write([Buffer.from('x')]), false)
  const { network, clock } = world.env('a')
  const second = makeSink()
  await world.settle(network.connect({ host: 'b', port: 9092, handler: second.handler }))
  const before = world.env('b')
  let fired = false
  before.clock.after(1, () => {
    fired = true
  })
  world.crash('b')
  await world.run(world.nowMs + 1000)
  assert.match(second.closings[0] ?? '', /ECONNRESET/)
  assert.equal(fired, false)
  assert.notEqual(world.env('b'), before)
  const refused = network.connect({ host: 'b', port: 9092, handler: makeSink().handler })
  await assert.rejects(world.settle(refused), { code: 'ECONNREFUSED' })
  const nowhere = network.connect({ host: 'z', port: 9092, handler: makeSink().handler })
  await assert.rejects(world.settle(nowhere), { code: 'ENOTFOUND' })
  const wasMs = clock.now()
  world.skew('a', -5000)
  assert.equal(clock.now(), wasMs - 5000)
})

test('the reads of a turn have an end, behind those of several connections at times; not of who is dead', async () => {
  const world = makeWorld(5)
  const { network } = world.env('a')
  let inTurn = 0
  const turns: number[] = []
  const received = (): void => {
    inTurn++
    if (inTurn > 1) return
    network.afterReads(() => {
      turns.push(inTurn)
      inTurn = 0
    })
  }
  const [one, other] = [makeSink(received), makeSink(received)]
  const connections = [await join(world, one.handler)]
  connections.push(await world.settle(network.connect({ host: 'b', port: 9092, handler: other.handler })))
  for (let i = 0; i < 20; i++) {
    for (const connection of connections) connection.write([Buffer.from('x')])
    await world.run(world.nowMs + 100)
  }
  assert.equal(
    turns.reduce((sum, count) => sum + count),
    40,
  )
  assert.deepEqual([...new Set(turns)].toSorted(), [1, 2])
  const { length } = turns
  network.afterReads(() => turns.push(0))
  world.crash('a')
  await world.run(world.nowMs + 100)
  assert.equal(turns.length, length)
})

/** Three nodes that echo to each other, write what they get, crash and are cut off: the hash of all that happened. */
async function workload(seed: number): Promise<{ readonly hash: string; readonly received: number }> {
  const world = makeWorld(seed, { network: { splitRate: 0.1 }, disk: { slowRate: 0.1, syncErrorRate: 0.02 } })
  const names = ['a', 'b', 'c']
  let received = 0
  const start = async (name: string): Promise<void> => {
    const { network, clock, disk, random } = world.env(name)
    const chance = random.stream('work')
    await network.listen({ host: name, port: 9092, accept: echo })
    const file = await disk.open('/log', { mode: 'create' })
    const call = async (): Promise<void> => {
      const peer = names[chance.below(3)] ?? name
      const sink = makeSink((total) => {
        received += total
        file.writeSync(Buffer.alloc(total), file.size())
      })
      const connection = await network.connect({ host: peer, port: 9092, handler: sink.handler })
      connection.write([Buffer.alloc(1 + chance.below(2000))])
      clock.after(20, () => connection.destroy())
      await file.sync()
    }
    const tick = (): void => {
      call().catch((error: Error) => world.env(name).logger.log('info', error.message))
      clock.after(5 + chance.below(20), tick)
    }
    tick()
  }
  const chance = world.random.stream('faults')
  const fault = (): void => {
    const name = names[chance.below(3)] ?? 'a'
    const kind = chance.below(4)
    world.network.heal()
    if (kind === 0) {
      world.crash(name)
      void start(name)
    } else if (kind === 1) {
      world.network.partition(
        [name],
        names.filter((other) => other !== name),
      )
    } else if (kind === 2) world.network.cut(name, 'b')
    else world.pause(name, 50)
    world.after(100, fault)
  }
  for (const name of names) void start(name)
  world.after(100, fault)
  await world.run(3000)
  return { hash: world.traceHash(), received }
}

test('a seed is a history: the same twice, another for another', async () => {
  const [one, again, other] = [await workload(11), await workload(11), await workload(12)]
  assert.ok(one.received > 10_000)
  assert.deepEqual(one, again)
  assert.notEqual(one.hash, other.hash)
})
