/** Peers over a network that cuts, blocks, clogs and splits, and servers that die: whole runs under a seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { saslAuthenticate } from '../protocol/index.ts'
import { World } from '../sim/index.ts'
import { type Peer, PeerError, Peers } from './index.ts'
import { answer, type ScriptedRequest, serve } from './scripted-server.ts'

const options = {
  clientId: 'tester',
  software: { name: 'odradek', version: '0' },
  limits: { replyBytesMax: 100_000, inFlightMax: 5, queuedBytesMax: 64 * 1024, waitingMax: 100 },
  reconnect: { initialMs: 50, maxMs: 1000 },
  setupTimeout: { initialMs: 1000, maxMs: 3000 },
  poison: true,
} as const

const requestCount = 150

interface Run {
  readonly hash: string
  /** Of all attempts, by how they ended. */
  readonly ends: ReadonlyMap<string, number>
}

const sizeOf = (id: number): number => (id % 7 === 0 ? 40_000 : 10 + (id % 50))

async function runFaults(seed: number): Promise<Run> {
  const world = new World({ seed, turn: setImmediate, network: { splitRate: 0.2 } })
  /** What has come to the server, by the text of the attempt. */
  const arrived = new Set<string>()
  const start = async (): Promise<void> => {
    await serve(world.env('b'), {
      host: 'b',
      port: 9092,
      script: (asked, socket) => {
        if (asked.key === saslAuthenticate.key) arrived.add(textOf(asked))
        answer(asked, socket)
      },
    })
  }
  await start()
  const { network, clock, random } = world.env('a')
  const peers = new Peers({ ...options, network, clock, random: random.stream('peers') })
  const peer = peers.to({ host: 'b', port: 9092 })
  const ends = new Map<string, number>()
  const settled: string[] = []
  const one = async (id: number): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const text = `${id} ${attempt}`
      const outcome = await attemptOnce(peer, text, sizeOf(id))
      settled.push(text)
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      if (outcome === 'done') return
      if (!outcome.endsWith('sent')) assert.ok(!arrived.has(text), `${text} ended with '${outcome}' and came`)
    }
  }
  const faults = world.random.stream('faults')
  let isOver = false
  const disturb = async (): Promise<void> => {
    if (isOver) return
    const kind = faults.below(6)
    if (kind < 2) world.network.cut('a', 'b')
    else if (kind === 2 && faults.below(2) === 0) world.network.block('a', 'b')
    else if (kind === 2) world.network.block('b', 'a')
    else if (kind === 3) world.network.clog({ from: 'b', to: 'a', forMs: faults.below(800) })
    else if (kind === 4) {
      world.kill('b')
      await new Promise<void>((resolve) => world.after(faults.below(300), resolve))
      await start()
    } else world.network.heal()
    world.after(faults.below(600), () => void disturb())
  }
  world.after(20, () => void disturb())
  world.after(20_000, () => {
    isOver = true
    world.network.heal()
  })
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let id = lane; id < requestCount; id += 8) await one(id)
  })
  await world.settle(Promise.all(lanes))
  assert.equal(new Set(settled).size, settled.length)
  assert.equal(ends.get('done'), requestCount)
  peer.close()
  return { hash: world.traceHash(), ends }
}

const textOf = (asked: ScriptedRequest): string => {
  const at = asked.reader.position
  const { authBytes } = saslAuthenticate.request.decode(asked.reader, asked.version)
  asked.reader.position = at
  return Buffer.from(authBytes).toString().trimEnd()
}

async function attemptOnce(peer: Peer, text: string, size: number): Promise<string> {
  const authBytes = Buffer.from(text.padEnd(size))
  try {
    const reply = await peer.send(saslAuthenticate, saslAuthenticate.request.create({ authBytes }), { timeoutMs: 700 })
    assert.ok(authBytes.equals(reply.authBytes), 'the echo is that of the request')
    return 'done'
  } catch (error) {
    assert.ok(error instanceof PeerError, String(error))
    return `${error.failure}${error.wasSent ? ', sent' : ''}`
  }
}

test('whatever the network does, each request is answered by its own reply or fails, and what was not sent has not come', async () => {
  const seen = new Set<string>()
  const first = Number(process.env.ODRADEK_SEED ?? 1)
  const count = process.env.ODRADEK_SEED === undefined ? 12 : 1
  for (let seed = first; seed < first + count; seed++) {
    try {
      const { hash, ends } = await runFaults(seed)
      for (const end of ends.keys()) seen.add(end)
      if (seed === first) assert.equal((await runFaults(seed)).hash, hash, 'the same seed gives the same trace')
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  if (count === 1) return
  const all = ['closed, sent', 'done', 'timed out', 'timed out, sent', 'unreachable']
  assert.deepEqual([...seen].filter((end) => all.includes(end)).sort(), all)
})
