/**
 * The active controller is killed, again and again, while topics are made: another one leads within the time-outs of
 * `controller.quorum.*` and a second, and no topic that was acknowledged is lost.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../src/env/index.ts'
import { createTopics, ErrorCode, metadata } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { Cluster, type ClusterNode } from './cluster.ts'
import { against, isShortRun, until } from './kit.ts'

const rounds = 20
/** Kafka's defaults, written down since they bound what is measured. */
const times = { 'controller.quorum.fetch.timeout.ms': '2000', 'controller.quorum.election.timeout.ms': '1000' }
const limitMs = 2000 + 1000 + 1000
const { network } = createEnv()

/** Makes topics through a broker, one after the other, as long as it is told to. */
class TopicMaker {
  readonly acknowledged: string[] = []
  readonly #broker: ClusterNode
  #count = 0
  #isOver = false

  constructor(broker: ClusterNode) {
    this.#broker = broker
  }

  async run(): Promise<void> {
    const wire = await Wire.connect(network, '127.0.0.1', this.#broker.ports.broker)
    try {
      while (!this.#isOver) await this.#make(wire, `made-${this.#count++}`)
    } catch (cause) {
      throw new Error(`no more topics can be made\n${this.#broker.logTail()}`, { cause })
    } finally {
      wire.destroy()
    }
  }

  end(): void {
    this.#isOver = true
  }

  async #make(wire: Wire, name: string): Promise<void> {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
    const reply = await wire.call(createTopics, { topics, timeoutMs: 30_000 })
    const code = reply.topics[0]?.errorCode
    // One that was made before its controller died, and not acknowledged, is made by the attempt that follows.
    if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) this.acknowledged.push(name)
    await delay(5)
  }

  /** All topics that the broker knows, once it has applied the last one. */
  async known(): Promise<ReadonlySet<string>> {
    const wire = await Wire.connect(network, '127.0.0.1', this.#broker.ports.broker)
    try {
      const last = this.acknowledged.at(-1)
      for (let i = 0; ; i++) {
        const { topics } = await wire.call(metadata, { topics: null })
        const names = new Set(topics.flatMap(({ name }) => name ?? []))
        if (last === undefined || names.has(last) || i > 200) return names
        await delay(50)
      }
    } finally {
      wire.destroy()
    }
  }
}

async function killed(cluster: Cluster): Promise<{ readonly leader: ClusterNode; readonly tookMs: number }> {
  const before = await cluster.leader()
  const atMs = Date.now()
  await before.kill()
  const leader = await cluster.leader({ except: before })
  const tookMs = Date.now() - atMs
  await before.start()
  return { leader, tookMs }
}

/** What it measures is nothing on a machine that does other things too. */
const skip = isShortRun ? 'in the full run only: it measures time' : false

test('the active controller is killed while topics are made', { timeout: 900_000, skip }, async (context) => {
  const kind = against === 'kafka' ? 'kafka' : 'odradek'
  await using cluster = await Cluster.make({
    name: `failover-${kind}`,
    nodes: [
      { id: 1, kind, roles: ['controller'] },
      { id: 2, kind, roles: ['controller'] },
      { id: 3, kind, roles: ['controller'] },
      { id: 11, kind, roles: ['broker'] },
    ],
    settings: times,
  })
  await cluster.start()
  await cluster.serving()
  const maker = new TopicMaker(cluster.node(11))
  const making = maker.run()
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const madeBefore = maker.acknowledged.length
    const { tookMs, leader } = await killed(cluster)
    took.push(tookMs)
    assert.ok(tookMs <= limitMs, `round ${round}: nobody led for ${tookMs} ms\n${leader.logTail()}`)
    // The new one answers, and the old one follows it: else the next kill would leave no majority.
    await cluster.inStep()
    await until({
      what: `round ${round}: topics are made under the new controller`,
      timeoutMs: 10_000,
      condition: () => maker.acknowledged.length > madeBefore,
      seen: () => cluster.node(11).logTail(),
    })
  }
  maker.end()
  await making
  const known = await maker.known()
  const lost = maker.acknowledged.filter((name) => !known.has(name))
  assert.deepEqual(lost, [])
  took.sort((a, b) => a - b)
  const [least = 0] = took
  const made = `${maker.acknowledged.length} topics acknowledged, none lost`
  context.diagnostic(`${rounds} kills: a new leader after ${least} to ${took.at(-1)} ms (at most ${limitMs}); ${made}`)
  await cluster.stop()
})
