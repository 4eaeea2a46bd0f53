/** One seed: a cluster under faults and load, then healing; and what came of it. */
import assert from 'node:assert/strict'
import type { LogLine } from '../../../src/sim/index.ts'
import { ClientConsumer } from './client-consumer.ts'
import { ClientProducer } from './client-producer.ts'
import { brokerConfigs, Client } from './clients.ts'
import { ClusterWorld } from './cluster-world.ts'
import { Faults } from './faults.ts'
import { FleetingTopic } from './fleeting-topic.ts'
import { GroupMember } from './group-member.ts'
import { History } from './history.ts'
import { IdempotentProducer } from './idempotent-producer.ts'
import type { Invariant } from './invariant.ts'
import { CommittedLog } from './invariants/committed-log.ts'
import { HealedCluster } from './invariants/healed-cluster.ts'
import { InSyncLogs } from './invariants/in-sync-logs.ts'
import { OneActiveController } from './invariants/one-active-controller.ts'
import { OneLeader } from './invariants/one-leader.ts'
import { PartitionLeaders } from './invariants/partition-leaders.ts'
import { checkRecords, recordsTrouble } from './invariants/replicated-records.ts'
import { Rising } from './invariants/rising.ts'
import { SnapshotAtStart } from './invariants/snapshot-at-start.ts'
import { Operator } from './operator.ts'
import { hasOperator, healingMsMax, minIsr, replicationFactor } from './options.ts'
import { PartitionOperator } from './partition-operator.ts'
import { fleetingTopic, looseTopic, newCounts, RecordHistory, recordsTopic } from './record-history.ts'
import { RecordProducer } from './record-producer.ts'
import { RecordReader } from './record-reader.ts'

export interface ClusterOutcome {
  readonly hash: string
  readonly events: number
  readonly simulatedMs: number
  readonly counts: Readonly<Record<string, number>>
}

/** Says which seed, what it had drawn, and how to see it again. */
export class ClusterFailure extends Error {
  override readonly name = 'ClusterFailure'
}

/** Events between two samples of what is cheap to see. */
const sampleEvents = 40
const inspectMs = 400
/** Between two looks whether all is well. */
const pollMs = 100

/** Whole clients cost three times as much as all else. */
export const hasClients = (seed: number): boolean => seed % 20 === 4

class ClusterRun {
  readonly cluster: ClusterWorld
  readonly #faultMs: number
  readonly #faults: Faults
  readonly #history = new History()
  readonly #recordCounts = newCounts()
  readonly #records = new RecordHistory(recordsTopic, this.#recordCounts)
  readonly #loose = new RecordHistory(looseTopic, this.#recordCounts)
  readonly #fleeting = new RecordHistory(fleetingTopic, this.#recordCounts)
  readonly #member: GroupMember
  readonly #consumers: readonly ClientConsumer[]
  readonly #leaders = new OneLeader()
  readonly #log = new CommittedLog()
  readonly #snapshots = new SnapshotAtStart()
  readonly #invariants: readonly Invariant[] = [
    this.#leaders,
    new Rising(),
    new OneActiveController(),
    this.#log,
    this.#snapshots,
    new PartitionLeaders(),
    new InSyncLogs(),
    new HealedCluster(),
  ]
  readonly #operator: Operator
  readonly #partitionOperator: PartitionOperator
  readonly #told = { truncations: 0, fetchedSnapshots: 0, fencedBrokers: 0, logsCut: 0, fullDisks: 0 }
  #events = 0
  #isOver = false

  constructor(seed: number, faultMs: number) {
    this.#faultMs = faultMs
    this.cluster = new ClusterWorld(seed)
    this.#faults = new Faults(this.cluster)
    this.#operator = new Operator(this.cluster)
    this.#member = new GroupMember({ cluster: this.cluster, history: this.#records, name: 'group' })
    const consumer = { cluster: this.cluster, history: this.#records, name: 'consumers' }
    this.#consumers = hasClients(seed) ? [new ClientConsumer(consumer)] : []
    this.#partitionOperator = new PartitionOperator(this.cluster)
    this.cluster.onLine = (line) => {
      this.#tally(line)
      try {
        for (const invariant of this.#invariants) invariant.logged?.(line)
      } catch (error) {
        // Not the fault of the node that told it.
        this.cluster.fail(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  #tally({ message }: LogLine): void {
    if (message.startsWith('the metadata log was cut to where')) this.#told.truncations++
    else if (message.startsWith('the metadata log starts anew behind a snapshot')) this.#told.fetchedSnapshots++
    else if (message.startsWith('fenced a broker')) this.#told.fencedBrokers++
    else if (message.startsWith('the log is cut where')) this.#told.logsCut++
    else if (message.startsWith('the disk is full')) this.#told.fullDisks++
  }

  async run(): Promise<ClusterOutcome> {
    const { cluster } = this
    const { world } = cluster
    let isDone = false
    const work = this.#work().then(() => {
      isDone = true
    })
    work.catch((error: unknown) => cluster.fail(error instanceof Error ? error : new Error(String(error))))
    const isEnded = (): boolean => {
      if (++this.#events % sampleEvents === 0) this.#sample()
      return isDone || cluster.failure !== undefined
    }
    await world.run(this.#faultMs + 3_600_000, isEnded)
    if (cluster.failure !== undefined) throw cluster.failure
    assert.ok(isDone, 'a run comes to its end')
    return this.#outcome()
  }

  #outcome(): ClusterOutcome {
    const { world } = this.cluster
    const counts = {
      ...this.#faults.counts,
      ...this.#history.counts,
      ...this.#recordCounts,
      ...this.#member.counts,
      ...this.#consumers[0]?.counts,
      ...this.#told,
      ...this.#operator.counts,
      ...this.#partitionOperator.counts,
      leaders: this.#leaders.count,
      snapshots: this.#snapshots.count,
      records: this.#log.endOffset,
    }
    return { hash: world.traceHash(), events: world.events, simulatedMs: world.nowMs, counts }
  }

  async #work(): Promise<void> {
    const { cluster } = this
    this.#setClocks()
    for (const one of cluster.nodes) one.start()
    void this.#inspect()
    const clients = Array.from({ length: cluster.options.clients }, (_, index) => {
      const configs = brokerConfigs.filter((_, i) => i % cluster.options.clients === index)
      return this.#client(index, configs)
    })
    const load = clients.map((client) => client.run(() => this.#isOver))
    load.push(...this.#recordClients().map((client) => client.run(() => this.#isOver)))
    load.push(this.#partitionOperator.run(() => cluster.isHealed))
    if (hasOperator(cluster.options)) load.push(this.#operator.run(() => cluster.isHealed))
    // What fails in a client is told at once.
    await Promise.race([this.#faults.run(this.#faultMs), Promise.all(load)])
    this.#heal()
    await this.#untilWell()
    await this.#progress(this.#client(clients.length, []))
    this.#isOver = true
    await Promise.all(load)
    await this.#member.check()
    for (const consumer of this.#consumers) await consumer.learn()
    await this.#untilWell()
    cluster.look()
    for (const invariant of this.#invariants) invariant.end?.(cluster)
    const image = cluster.leader?.node?.quorum.image
    assert.ok(image !== undefined)
    this.#history.check(image)
    await checkRecords(cluster, [this.#records, this.#loose])
  }

  #setClocks(): void {
    const { world, nodes, options } = this.cluster
    const draw = world.random.stream('clocks')
    for (const { name } of nodes) world.skew(name, draw.below(2 * options.clockSkewMs + 1) - options.clockSkewMs)
  }

  #recordClients(): readonly { run(isOver: () => boolean): Promise<void> }[] {
    const shared = { cluster: this.cluster, history: this.#records }
    const loose = { cluster: this.cluster, history: this.#loose }
    return [
      new RecordProducer({ ...shared, name: 'producer-0' }),
      new RecordProducer({ ...shared, name: 'producer-1' }),
      // One that is told all, and the one that applications have.
      !hasClients(this.cluster.options.seed)
        ? new IdempotentProducer({ ...shared, name: 'idempotent' })
        : new ClientProducer({ ...shared, name: 'client' }),
      new RecordReader({ ...shared, name: 'reader' }),
      new RecordReader({ ...shared, name: 'roaming-reader', isRoaming: true }),
      new RecordProducer({ ...loose, name: 'loose-producer' }),
      new RecordReader({ ...loose, name: 'loose-reader' }),
      ...this.#consumers,
      new FleetingTopic({ cluster: this.cluster, history: this.#fleeting, name: 'fleeting' }),
      this.#member,
    ]
  }

  #client(index: number, configs: readonly string[]): Client {
    const client = new Client({ index, cluster: this.cluster, history: this.#history, configs })
    client.onQuorum = (epoch, leaderId) => this.#leaders.led(epoch, leaderId)
    return client
  }

  #sample(): void {
    this.cluster.look()
    for (const invariant of this.#invariants) invariant.sample?.(this.cluster)
  }

  async #inspect(): Promise<void> {
    const { cluster } = this
    while (cluster.failure === undefined && !this.#isOver) {
      try {
        this.#sample()
        for (const invariant of this.#invariants) invariant.inspect?.(cluster)
      } catch (error) {
        cluster.fail(error instanceof Error ? error : new Error(String(error)))
      }
      await cluster.sleep(inspectMs)
    }
  }

  /** Now and then somebody stays away: a broker, or a controller that the others do not need. */
  #heal(): void {
    const { cluster } = this
    const draw = cluster.world.random.stream('healing')
    const minority = Math.floor((cluster.options.controllers - 1) / 2)
    const away = new Set<number>()
    if (!hasOperator(cluster.options) && minority > 0 && draw.below(4) === 0)
      away.add(1 + draw.below(cluster.options.controllers))
    const [last] = cluster.brokers.slice(-1)
    if (last !== undefined && cluster.brokers.length > 1 && !last.isController && draw.below(4) === 0) away.add(last.id)
    // All that stay away may be replicas of one partition: where too few of it are left, nothing is committed any more.
    const spare = replicationFactor(cluster.options) - minIsr(cluster.options)
    if (cluster.brokers.filter(({ id }) => away.has(id)).length > spare) away.clear()
    this.#faults.heal(({ id }) => away.has(id))
  }

  async #untilWell(): Promise<void> {
    const { cluster } = this
    const untilMs = cluster.world.nowMs + healingMsMax(cluster.options)
    for (;;) {
      const trouble = HealedCluster.trouble(cluster) ?? (this.#isOver ? recordsTrouble(cluster) : undefined)
      if (trouble === undefined) return
      assert.ok(cluster.world.nowMs < untilMs, `${healingMsMax(cluster.options)} ms after the faults ${trouble}`)
      // Who was stopping when the faults ended comes back when it has.
      for (const one of cluster.nodes) if (one.state === 'down' && one.isWanted) one.start()
      await cluster.sleep(pollMs)
    }
  }

  /** A topic is made, and all see it. */
  async #progress(client: Client): Promise<void> {
    const { cluster } = this
    const untilMs = cluster.world.nowMs + healingMsMax(cluster.options)
    for (;;) {
      const topic = await client.createAnywhere()
      const seen = (): boolean =>
        cluster.nodes.every(({ node }) => node === undefined || node.quorum.image.topics.byName.has(topic?.name ?? ''))
      if (topic !== undefined) {
        while (!seen() && cluster.world.nowMs < untilMs) await cluster.sleep(50)
        assert.ok(seen(), `all see topic ${topic.name}`)
        return
      }
      assert.ok(cluster.world.nowMs < untilMs, 'a topic is made after the faults')
    }
  }
}

/** Throws ClusterFailure. */
export async function runCluster(seed: number, seconds: number): Promise<ClusterOutcome> {
  const run = new ClusterRun(seed, seconds * 1000)
  try {
    return await run.run()
  } catch (error) {
    const { options, world, lastLines } = run.cluster
    const lines = lastLines
      .slice(-40)
      .map(
        ({ atMs, node, level, message, fields }) =>
          `${atMs.toFixed(1)} ${node} ${level} ${message} ${JSON.stringify(fields)}`,
      )
    const text = [
      `seed ${seed}, ${seconds} seconds of faults, at ${world.nowMs.toFixed(1)} ms: ${error instanceof Error ? error.message : error}`,
      `options: ${JSON.stringify(options)}`,
      `again: npm run sim -- --cluster ${seed} --seconds ${seconds}`,
      ...lines,
    ]
    throw new ClusterFailure(text.join('\n'), { cause: error })
  }
}
