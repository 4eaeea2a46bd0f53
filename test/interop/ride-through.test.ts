/**
 * Clients go on while the leader of all their partitions is killed, which is the coordinator of their groups too, and comes
 * back: what they were acknowledged is there once and in order, their groups read all of it, and no committed position goes back.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { findCoordinator } from '../../src/protocol/index.ts'
import { historyFaults, type Place } from '../history.ts'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { CommittedWatch } from './committed-watch.ts'
import { untilRead } from './group.ts'
import { assertOnce, partitions as partitionCount, readAll, untilProgress } from './kept.ts'
import { against, bootstrapVariable, isShortRun, uniqueName, until } from './kit.ts'
import { Load, type LoadName } from './load.ts'
import { Member, memberKinds, tellsOf } from './member.ts'
import { committedIn } from './offsets-log.ts'
import { quickGroups } from './own-broker.ts'
import { asked, partitionsOf, untilInSync } from './partitions-seen.ts'
import { electPreferred, makeReplicated, untilSameReplicas } from './replicated-topics.ts'

const ids = [1, 2, 3]
const membersEach = isShortRun ? 1 : 2
/** Who lives must not be missed, however busy the machine is. */
const groupSessionMs = isShortRun ? 6000 : 12_000
const offsetsTopic = '__consumer_offsets'
const settings = {
  ...quickGroups,
  'group.consumer.session.timeout.ms': `${groupSessionMs}`,
  'broker.session.timeout.ms': '4000',
  'broker.heartbeat.interval.ms': '500',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  // One coordinator for all groups.
  'offsets.topic.num.partitions': '1',
}

/** A producer, and a group that reads what it writes. */
class Rider {
  readonly load: Load
  readonly watch: CommittedWatch
  readonly #kind: string
  readonly #membership: { readonly topic: string; readonly group: string; readonly sessionTimeoutMs: number }
  readonly #members: Member[] = []
  /** Of the topic's partitions, when the load has ended. */
  #ends: readonly number[] = []

  private constructor(load: Load, kind: string, nodes: readonly ClusterNode[]) {
    this.load = load
    this.#kind = kind
    const { topic } = load.options
    this.#membership = { topic, group: uniqueName('riders'), sessionTimeoutMs: groupSessionMs }
    this.watch = new CommittedWatch({ nodes, partitionCount, ...this.#membership })
  }

  static async start(topic: string, kind: string, nodes: readonly ClusterNode[]): Promise<Rider> {
    const options = { topic, prefix: '0.', rate: 100, acks: -1, codec: 'none', idempotent: true } as const
    const load = await Load.start(loads[kind] ?? 'java', options)
    const rider = new Rider(load, kind, nodes)
    const member = memberKinds[kind]
    assert.ok(member, kind)
    for (let i = 0; i < membersEach; i++) rider.#members.push(await Member.start(member, rider.#membership))
    return rider
  }

  /** The members have read what was acknowledged until now. */
  untilRead(): Promise<void> {
    return untilRead(this.#members, [...this.load.acknowledged.values()])
  }

  /** The load has ended. */
  async assertAll(): Promise<void> {
    const { topic } = this.load.options
    const read = await readAll(topic)
    assertOnce(this.load, read)
    await this.untilRead()
    this.#ends = read.map(({ length }) => length)
    await until({
      what: `${this.#kind} has committed ${this.#ends}`,
      timeoutMs: 60_000,
      condition: () => this.#ends.every((end, partition) => this.#hasCommitted({ partition, offset: end })),
      seen: () => `${this.watch.positions}\n${this.#members.join('\n')}`,
    })
    const events = this.#members.flatMap((member) => member.events)
    assert.deepEqual(historyFaults({ events, sent: this.load.sent, tells: tellsOf(this.#kind) }), [], this.#kind)
  }

  /** By the coordinator, or by a member that it has answered: librdkafka may set its position back at once. */
  #hasCommitted({ partition, offset }: Place): boolean {
    // Of what was never written nothing is committed.
    if (offset === 0 || this.watch.positions[partition] === offset) return true
    const committed = this.#members.flatMap(({ events }) => events).filter((event) => event.kind === 'committed')
    return committed.some(({ positions }) => positions.some((it) => it.partition === partition && it.offset === offset))
  }

  /**
   * All was committed, the log ends with the positions that the coordinator tells, and none has gone back, but where the client has
   * committed a lower one behind it: librdkafka sends what was not answered again, behind newer commits. Then the log has both, in
   * that order.
   */
  assertCommitted(committed: ReadonlyMap<string, readonly number[]>): void {
    const { topic, group } = this.#membership
    const places = this.watch.positions.map((_, partition) => committed.get(`${group} ${topic}-${partition}`))
    assert.deepEqual(
      places.map((offsets) => offsets?.at(-1) ?? -1),
      this.watch.positions,
      this.#kind,
    )
    for (const [partition, end] of this.#ends.entries()) {
      assert.ok(end === 0 || places[partition]?.includes(end), `${this.#kind}, partition ${partition}: ${end}`)
    }
    for (const { partition, from, to } of this.watch.setBacks) {
      const offsets = places[partition] ?? []
      const isAskedFor = offsets.includes(from) && offsets.lastIndexOf(to) > offsets.indexOf(from)
      assert.ok(
        this.#kind.startsWith('librdkafka') && isAskedFor,
        `${this.#kind}, partition ${partition}: from ${from} back to ${to}`,
      )
    }
  }

  async end(): Promise<void> {
    await Promise.all([this.load.kill(), ...this.#members.map((member) => member.kill())])
    await this.watch.end()
  }

  toString(): string {
    return `${this.#kind}: ${this.load.count} records`
  }
}

const loads: Readonly<Record<string, LoadName>> = {
  'kafkajs, classic': 'kafkajs',
  'librdkafka, classic': 'librdkafka',
  'librdkafka, consumer': 'librdkafka',
  'java, classic': 'java',
  'java, consumer': 'java',
  'platformatic, classic': 'platformatic',
  'platformatic, consumer': 'platformatic',
  'odradek, classic': 'odradek',
}

interface Ride {
  readonly rounds: number
  /** Of those that ride side by side. */
  readonly kinds: readonly string[]
}

const rides: readonly Ride[] = isShortRun
  ? [
      {
        rounds: 1,
        kinds: [
          'kafkajs, classic',
          'librdkafka, consumer',
          'java, consumer',
          'platformatic, classic',
          'odradek, classic',
        ],
      },
    ]
  : [
      { rounds: 5, kinds: ['kafkajs, classic', 'librdkafka, classic', 'java, classic', 'platformatic, classic'] },
      { rounds: 5, kinds: ['librdkafka, consumer', 'java, consumer', 'platformatic, consumer'] },
      { rounds: 20, kinds: ['odradek, classic'] },
    ]

/** The coordinator of all groups, once there is one with replicas everywhere. */
async function coordinatorOf(cluster: Cluster): Promise<ClusterNode> {
  const [node] = cluster.nodes
  assert.ok(node)
  await until({
    what: 'groups have a coordinator',
    timeoutMs: 30_000,
    condition: async () => {
      const request = { keyType: 0, coordinatorKeys: ['any'] }
      const { coordinators } = await asked(node, (wire) => wire.call(findCoordinator, request))
      return coordinators[0]?.errorCode === 0
    },
  })
  await untilInSync(node, offsetsTopic, ids)
  const [partition] = await partitionsOf(node, offsetsTopic)
  return cluster.node(partition?.leader ?? 0)
}

/** It leads everything, is killed, and leads everything again. */
async function round(cluster: Cluster, victim: ClusterNode, riders: readonly Rider[]): Promise<void> {
  const topics = [offsetsTopic, ...riders.map(({ load }) => load.options.topic)]
  const loads = riders.map(({ load }) => load)
  await electPreferred(cluster, topics)
  await untilProgress(loads)
  await victim.kill()
  await untilProgress(loads)
  await Promise.all(riders.map((rider) => rider.untilRead()))
  await victim.start()
  const witness = cluster.nodes.find((node) => node !== victim) ?? victim
  for (const topic of topics) await untilInSync(witness, topic, ids)
  await electPreferred(cluster, topics)
  await untilProgress(loads)
}

async function ride(context: TestContext, { rounds, kinds }: Ride): Promise<void> {
  const kind: Kind = against === 'kafka' ? 'kafka' : 'odradek'
  const nodes = ids.map((id) => ({ id, kind, roles: ['controller', 'broker'] as const }))
  await using cluster = await Cluster.make({ name: `ride-through-${kind}`, nodes, settings })
  await cluster.start()
  await cluster.serving()
  process.env[bootstrapVariable] = cluster.bootstrap
  const victim = await coordinatorOf(cluster)
  const riders: Rider[] = []
  try {
    for (const [i, kind] of kinds.entries()) {
      const name = `ridden-${i}`
      await makeReplicated(cluster, { name, leaders: Array(partitionCount).fill(victim.id) })
      riders.push(await Rider.start(name, kind, cluster.nodes))
    }
    await Promise.all(riders.map(({ load }) => untilProgress([load])))
    await Promise.all(riders.map((rider) => rider.untilRead()))
    for (let i = 0; i < rounds; i++) await round(cluster, victim, riders)
    await Promise.all(riders.map(({ load }) => load.stop()))
    await Promise.all(riders.map((rider) => rider.assertAll()))
  } finally {
    await Promise.all(riders.map((rider) => rider.end()))
  }
  context.diagnostic(`${rounds} deaths of the leader of all; ${riders.join('; ')}`)
  await untilSameReplicas(cluster.nodes, offsetsTopic, 1)
  const committed = await committedIn(victim, 0)
  for (const rider of riders) rider.assertCommitted(committed)
}

for (const it of rides) {
  test(`over the death of the leader of all: ${it.kinds.join('; ')}`, { timeout: 1_800_000 }, (context) =>
    ride(context, it),
  )
}
