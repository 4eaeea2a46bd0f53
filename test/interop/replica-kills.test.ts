/**
 * Three nodes, each a controller and a broker, whose processes are killed or held up under load: what was acknowledged is what is
 * read, by value; and how long a partition takes no record is measured.
 *
 * Of three voters and three replicas with two that must be in sync, one may die at a time: who is the active controller and a leader
 * at once is one node. Where only the leader is to die, it is a node that is not the active controller. Who has just come back leads
 * nothing until the next election of preferred leaders: it is killed again as a follower.
 */
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sent } from '../history.ts'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { assertOnce, partitions as partitionCount } from './kept.ts'
import { against, bootstrapVariable, isShortRun, until } from './kit.ts'
import { LeaderWatch } from './leader-watch.ts'
import { Load } from './load.ts'
import { partitionsOf, untilInSync } from './partitions-seen.ts'
import { electPreferred, makeReplicated, readReplicated, untilSameReplicas } from './replicated-topics.ts'
import { SteadyProducer } from './steady-producer.ts'

const ids = [1, 2, 3]
/** Of Kafka's own producer, and of ours. */
const loadedTopic = 'loaded'
const steadyTopic = 'steady'
const topics = [loadedTopic, steadyTopic]
const rounds = isShortRun ? 1 : 10
/** Kafka's defaults but in the short form, written down since they bound what is measured. */
const sessionMs = isShortRun ? 4000 : 9000
const settings = {
  'broker.session.timeout.ms': `${sessionMs}`,
  'broker.heartbeat.interval.ms': isShortRun ? '500' : '2000',
  'controller.quorum.fetch.timeout.ms': '2000',
  'controller.quorum.election.timeout.ms': '1000',
}
/** The bound of `failover.test.ts`. */
const quorumMs = 2000 + 1000 + 1000
const brokerLimitMs = sessionMs + 1000
/** A new active controller gives each broker a session anew. */
const bothLimitMs = quorumMs + brokerLimitMs

const ofBrokers = ['leader killed', 'follower killed', 'leader stopped'] as const
/** Where the active controller is held up, it finds when it goes on that no heartbeat has come for longer than a session. */
const ofControllers = ['controller and leader killed', 'controller and leader stopped'] as const
type FaultName = (typeof ofBrokers | typeof ofControllers)[number]
/** The limit of each. */
const limitsMs: ReadonlyMap<FaultName, number> = new Map<FaultName, number>([
  ...ofBrokers.map((name) => [name, brokerLimitMs] as const),
  ...ofControllers.map((name) => [name, bothLimitMs] as const),
])

interface Measured {
  readonly fault: FaultName
  /** The longest time without an acknowledgement on a partition that the victim led, and on those that it followed. */
  readonly ledGapMs: number
  readonly followedGapMs: number
  /** Until Metadata named another leader; 0 where the victim led nothing. */
  readonly namedMs: number
}

class Faults {
  readonly #cluster: Cluster
  readonly #watch: LeaderWatch
  readonly #producers: readonly SteadyProducer[]
  readonly measured: Measured[] = []

  constructor(cluster: Cluster, watch: LeaderWatch, producers: readonly SteadyProducer[]) {
    this.#cluster = cluster
    this.#watch = watch
    this.#producers = producers
  }

  async round(): Promise<void> {
    await this.#elect()
    const killed = await this.#otherThanController()
    await this.#fault('leader killed', killed)
    await this.#fault('follower killed', killed)
    await this.#elect()
    await this.#fault('leader stopped', await this.#otherThanController())
    for (const fault of ofControllers.slice(0, isShortRun ? 1 : undefined)) {
      await this.#elect()
      await this.#fault(fault, await this.#cluster.leader())
    }
  }

  async #otherThanController(): Promise<ClusterNode> {
    const controller = await this.#cluster.leader()
    return this.#cluster.node(ids.find((id) => id !== controller.id) ?? 0)
  }

  #elect(): Promise<void> {
    return electPreferred(this.#cluster, topics)
  }

  /** From what is done to the victim until it is in sync again. */
  async #fault(fault: FaultName, victim: ClusterNode): Promise<void> {
    const others = ids.filter((id) => id !== victim.id)
    const witness = this.#cluster.node(others[0] ?? 0)
    const led = (await partitionsOf(witness, steadyTopic)).map(({ leader }) => leader === victim.id)
    assert.equal(
      led.filter((is) => is).length,
      fault === 'follower killed' ? 0 : 1,
      `${fault}: node ${victim.id} leads`,
    )
    const sinceMs = performance.now()
    const isStopped = fault.endsWith('stopped')
    if (isStopped) victim.signal('SIGSTOP')
    else await victim.kill()
    await this.#untilInSync(witness, others)
    if (isStopped) {
      await delay(Math.max(0, sinceMs + sessionMs + 3000 - performance.now()))
      victim.signal('SIGCONT')
    } else {
      await victim.start()
    }
    await this.#untilInSync(witness, ids)
    await this.#cluster.inStep()
    const gap = (wanted: boolean): number =>
      Math.max(0, ...this.#producers.filter((_, i) => led[i] === wanted).map((it) => it.longestGapMs(sinceMs)))
    const named = led.flatMap((is, i) =>
      is ? [this.#watch.namedAtMs(steadyTopic, i, { sinceMs, before: victim.id }) - sinceMs] : [],
    )
    this.measured.push({ fault, ledGapMs: gap(true), followedGapMs: gap(false), namedMs: Math.max(0, ...named) })
  }

  async #untilInSync(witness: ClusterNode, ids: readonly number[]): Promise<void> {
    for (const topic of topics) await untilInSync(witness, topic, ids)
  }
}

const worst = (measured: readonly Measured[], key: 'ledGapMs' | 'followedGapMs' | 'namedMs'): number =>
  Math.round(Math.max(...measured.map((it) => it[key])))

function report(context: TestContext, measured: readonly Measured[]): void {
  for (const [fault, limitMs] of limitsMs) {
    const of = measured.filter((it) => it.fault === fault)
    if (of.length === 0) continue
    const [led, followed, named] = [worst(of, 'ledGapMs'), worst(of, 'followedGapMs'), worst(of, 'namedMs')]
    const gaps = `no acknowledgement for ${led} ms where it led, for ${followed} ms where it followed`
    context.diagnostic(
      `${fault}, ${of.length} rounds, worst: ${gaps}; a new leader named after ${named} ms (${limitMs})`,
    )
    if (isShortRun) continue
    const rounds = of.map(({ ledGapMs, followedGapMs, namedMs }) => [ledGapMs, followedGapMs, namedMs].map(Math.round))
    assert.ok(Math.max(led, followed, named) <= limitMs, `${fault}: at most ${limitMs} ms: ${rounds.join('; ')}`)
  }
}

/** What was acknowledged is at its offset. */
function assertThere(sent: readonly Sent[], read: readonly (readonly string[])[]): void {
  for (const { partition, offset, value } of sent) {
    assert.equal(read[partition]?.[offset], value, `${steadyTopic}-${partition}, offset ${offset}`)
  }
}

test('leaders, followers and controllers are killed and held up under load', {
  timeout: 1_800_000,
}, async (context) => {
  const kind: Kind = against === 'kafka' ? 'kafka' : 'odradek'
  const nodes = ids.map((id) => ({ id, kind, roles: ['controller', 'broker'] as const }))
  await using cluster = await Cluster.make({ name: `replica-kills-${kind}`, nodes, settings })
  await cluster.start()
  await cluster.serving()
  for (const name of topics) await makeReplicated(cluster, { name, leaders: ids })
  process.env[bootstrapVariable] = cluster.bootstrap
  const options = { topic: loadedTopic, prefix: '0.', rate: 500, acks: -1, codec: 'none', idempotent: true } as const
  const load = await Load.start('java', options)
  const watch = new LeaderWatch(cluster.nodes, topics)
  const producers = ids.map(
    (_, partition) => new SteadyProducer({ nodes: cluster.nodes, watch, topic: steadyTopic, partition }),
  )
  const faults = new Faults(cluster, watch, producers)
  try {
    await until({
      what: 'all producers are acknowledged',
      timeoutMs: 30_000,
      condition: () => load.count > 0 && producers.every(({ acknowledged }) => acknowledged.length > 0),
      seen: () => [load, ...producers].join('\n'),
    })
    for (let round = 0; round < rounds; round++) await faults.round()
    await load.stop()
  } finally {
    await load.kill()
    for (const producer of producers) await producer.end()
    await watch.end()
  }
  const [loaded = [], steady = []] = await Promise.all(topics.map((topic) => readReplicated(cluster, topic)))
  assertOnce(load, loaded)
  const sent = producers.flatMap(({ acknowledged }) => acknowledged)
  assertThere(sent, steady)
  const counts = `${load.count} records of Kafka's producer and ${sent.length} of ours acknowledged, all read`
  context.diagnostic(`${counts}; ${producers.join('; ')}`)
  report(context, faults.measured)
  for (const topic of topics) await untilSameReplicas(cluster.nodes, topic, partitionCount)
})
