/**
 * The history that a seed makes: producers and the members of a group work with one node, which is killed, loses power,
 * stands still, has its clock set and its disk stalled. After every step the invariants are told what is to be seen.
 */
import assert from 'node:assert/strict'
import { ErrorCode, fetch } from '../../src/protocol/index.ts'
import { AcknowledgedRecords } from './invariants/acknowledged-records.ts'
import { AcknowledgedTopics } from './invariants/acknowledged-topics.ts'
import { CommittedOffsets } from './invariants/committed-offsets.ts'
import { GroupGenerations } from './invariants/group-generations.ts'
import { ProducerSequences } from './invariants/producer-sequences.ts'
import { RisingEnds } from './invariants/rising-ends.ts'
import { WholeBatches } from './invariants/whole-batches.ts'
import { Member } from './member.ts'
import { group, NodeWorld, nodeName } from './node-world.ts'
import { type Invariant, type Observation, type SeenBatch, seenBatches } from './observation.ts'
import { IdempotentProducer, keyOf, type Place, plainProducer, type TaskOptions } from './producers.ts'
import { topicMaker } from './topic-maker.ts'

export interface Outcome {
  readonly hash: string
  readonly events: number
  readonly acknowledged: number
  readonly lost: number
  readonly kills: number
  readonly powerCuts: number
  readonly rebalances: number
}

const numbers = 'numbers'
/** Each of its messages is on the disk before it is acknowledged. */
const durable = 'durable'
const topics = [
  { name: numbers, partitions: 2 },
  { name: durable, partitions: 1, configs: { 'flush.messages': '1' } },
]
const places: readonly Place[] = topics.flatMap(({ name, partitions }) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
)

const loadingCodes: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])

class Workload {
  readonly node: NodeWorld
  readonly #acknowledged = new AcknowledgedRecords((key) => key.startsWith(durable))
  readonly #generations = new GroupGenerations()
  readonly #invariants: readonly Invariant[] = [
    new WholeBatches(),
    new RisingEnds(),
    new ProducerSequences(),
    new CommittedOffsets(),
    new AcknowledgedTopics(),
    this.#acknowledged,
    this.#generations,
  ]
  readonly #steps: number
  #isOver = false

  constructor(seed: number, steps: number) {
    this.node = new NodeWorld(seed)
    this.node.onDown = (how) => this.#see({ kind: 'down', how })
    this.#steps = steps
  }

  readonly #see = (observation: Observation): void => {
    for (const invariant of this.#invariants) invariant.see(observation)
  }

  outcome(): Outcome {
    const { world, ends } = this.node
    return {
      hash: world.traceHash(),
      events: world.events,
      acknowledged: this.#acknowledged.acknowledged,
      lost: this.#acknowledged.lost,
      kills: ends.kill,
      powerCuts: ends.power,
      rebalances: this.#generations.rebalances,
    }
  }

  async run(): Promise<void> {
    const { node } = this
    await node.start()
    await node.createTopics(topics)
    const ids = { next: 0 }
    const tasks = [
      this.#disturb(),
      plainProducer(this.#task('plain'), places),
      topicMaker(this.#task('topics')),
      ...places.map((place, i) => new IdempotentProducer(this.#task(`idempotent-${i}`), place).run()),
      ...[1, 2, 3].map((i) => new Member(this.#task(`member-${i}`), places, ids).run()),
    ]
    await Promise.all(tasks)
    await this.#scanAll()
    await node.stop()
    await node.start()
    await this.#scanAll()
    await node.stop()
  }

  #task(name: string): TaskOptions {
    const { node } = this
    return { name, node, draw: node.world.random.stream(name), see: this.#see, isOver: () => this.#isOver }
  }

  async #disturb(): Promise<void> {
    const { node } = this
    const { world } = node
    const draw = world.random.stream('faults')
    for (let step = 0; step < this.#steps; step++) {
      await node.sleep(draw.exponential(100))
      const kind = draw.below(100)
      // Less than the hour that the timestamp of a record may be off.
      if (kind < 4) world.skew(nodeName, draw.below(3_000_000) - 1_500_000)
      else if (kind < 8) world.disk(nodeName).stall(draw.below(1500))
      else if (kind < 12) world.pause(nodeName, draw.below(2000))
      else if (kind < 17) await this.#end(draw.below(4))
      this.#peek()
    }
    this.#isOver = true
  }

  async #end(kind: number): Promise<void> {
    const { node } = this
    const draw = node.world.random.stream('ends')
    if (kind === 0) await node.stop()
    else if (kind === 1) node.kill()
    else if (kind === 2) node.crash()
    else await node.killInWrite(1 + draw.below(20))
    // Also while it recovers.
    while (draw.below(4) === 0) {
      const starting = node.start()
      await Promise.race([starting, node.sleep(draw.exponential(10))])
      if (draw.below(2) === 0) node.crash()
      else node.kill()
    }
    await node.start()
    this.#peek()
    await this.#scanAll()
  }

  /** What the node shows of itself. */
  #peek(): void {
    const { node } = this.node
    if (node === undefined) return
    for (const place of places) {
      const key = keyOf(place)
      const log = node.broker.replicas.get(place.topic, place.partition)?.log
      assert.ok(log, `${key} is there`)
      const { highWatermark, logEndOffset } = log
      this.#see({ kind: 'ends', key, highWatermark, logEndOffset })
    }
  }

  async #scanAll(): Promise<void> {
    for (const place of places) {
      const key = keyOf(place)
      this.#see({ kind: 'scan-begins', key })
      this.#see({ kind: 'scanned', key, batches: await this.#scan(place) })
    }
    await this.#askForPlaces()
    const { node } = this.node
    assert.ok(node)
    this.#see({ kind: 'topics', names: new Set(node.broker.image.topics.byName.keys()) })
  }

  /** Everything that a consumer gets of a partition. */
  async #scan({ topic, partition }: Place): Promise<SeenBatch[]> {
    const { wire } = await this.node.connect()
    const all: SeenBatch[] = []
    for (;;) {
      const fetchOffset = (all.at(-1)?.lastOffset ?? -1) + 1
      const asked = { partition, fetchOffset, partitionMaxBytes: 200_000 }
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 200_000, topics: [{ topic, partitions: [asked] }] }
      const reply = await wire.call(fetch, request, 12)
      const answer = reply.responses[0]?.partitions[0]
      assert.ok(answer)
      const { records, highWatermark } = answer
      const batches = seenBatches(records instanceof Uint8Array ? records : new Uint8Array(0))
      if (batches.length === 0) {
        assert.equal(fetchOffset, highWatermark, `${topic}-${partition}: a reader comes to the high watermark`)
        break
      }
      all.push(...batches)
    }
    wire.destroy()
    return all
  }

  async #askForPlaces(): Promise<void> {
    const { node } = this.node
    assert.ok(node)
    // The partition of the groups is read first.
    while (loadingCodes.has(node.broker.groups.describe(group).errorCode)) await this.node.sleep(10)
    const { byName } = node.broker.image.topics
    const keys = places.map(({ topic, partition }) => {
      const topicId = byName.get(topic)?.topicId
      assert.ok(topicId)
      return { topic, topicId, partition }
    })
    const found = node.broker.groups.fetchOffsets({
      groupId: group,
      memberId: null,
      memberEpoch: -1,
      keys,
    })
    for (const { topic, partition, value } of found) {
      const logEndOffset = node.broker.replicas.get(topic, partition)?.log.logEndOffset ?? 0
      const offset = Number(value?.offset ?? -1)
      this.#see({ kind: 'committed', key: keyOf({ topic, partition }), offset, logEndOffset })
    }
  }
}

/** The whole history that a seed makes. */
export async function runSeed(seed: number, steps: number): Promise<Outcome> {
  const workload = new Workload(seed, steps)
  const { world, lines } = workload.node
  await world.settle(workload.run(), 3_600_000)
  const faults = lines.filter(({ level, message }) => level === 'error' && /trusted|not clean/.test(message))
  assert.deepEqual(faults, [])
  return workload.outcome()
}
