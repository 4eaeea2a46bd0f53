/**
 * The history that a seed makes of groups: one of the consumer protocol and one that is moved from the classic protocol to
 * it and back, client by client, over one node that is killed, loses power, stands still and has its clock set. Then
 * nothing disturbs any more, and the groups must come to rest.
 */
import assert from 'node:assert/strict'
import { ApiError } from '../../../src/base/index.ts'
import { CommittedOffsets } from '../invariants/committed-offsets.ts'
import { HealedGroups } from '../invariants/healed-groups.ts'
import { MemberEpochs } from '../invariants/member-epochs.ts'
import { PartitionOwners } from '../invariants/partition-owners.ts'
import { RisingCommits } from '../invariants/rising-commits.ts'
import { NodeWorld, nodeName } from '../node-world.ts'
import type { Invariant, Observation } from '../observation.ts'
import { keyOf, type Place, plainProducer, type TaskOptions } from '../producers.ts'
import { type Protocol, runSlot } from './slot.ts'

export interface GroupOutcome {
  readonly hash: string
  readonly events: number
  readonly kills: number
  readonly powerCuts: number
  readonly joins: number
  readonly handovers: number
  readonly commits: number
  readonly refused: number
}

const topic = 'numbers'
const partitions = 5
const places: readonly Place[] = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
const groups = ['consumers', 'movers'] as const
type Group = (typeof groups)[number]

/** Of any session or rebalance time-out, and of the slowest client, several times. */
const healingLimitMs = 60_000

const configs = {
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '300',
  // A stalled disk makes commits late.
  'offsets.commit.timeout.ms': '500',
}

class GroupWorkload {
  readonly node: NodeWorld
  readonly #owners = new PartitionOwners()
  readonly #epochs = new MemberEpochs()
  readonly #commits = new RisingCommits()
  readonly #healed = new HealedGroups({ groups, keys: places.map(keyOf), limitMs: healingLimitMs })
  readonly #invariants: readonly Invariant[] = [
    this.#owners,
    this.#epochs,
    this.#commits,
    this.#healed,
    new CommittedOffsets(),
  ]
  readonly #steps: number
  #step = 0
  #healingSinceMs: number | undefined
  #isOver = false

  constructor(seed: number, steps: number) {
    const draw = new NodeWorld(seed).world.random.stream('group options')
    this.node = new NodeWorld(seed, {
      ...configs,
      'group.consumer.assignment.interval.ms': `${[0, 0, 1000][draw.below(3)]}`,
      'group.coordinator.append.linger.ms': `${[-1, -1, 5][draw.below(3)]}`,
    })
    this.node.onDown = (how) => this.#see({ kind: 'down', how })
    this.#steps = steps
  }

  readonly #see = (observation: Observation): void => {
    for (const invariant of this.#invariants) invariant.see(observation)
  }

  outcome(): GroupOutcome {
    const { world, ends } = this.node
    return {
      hash: world.traceHash(),
      events: world.events,
      kills: ends.kill,
      powerCuts: ends.power,
      joins: this.#epochs.joins,
      handovers: this.#owners.handovers,
      commits: this.#commits.commits,
      refused: this.#commits.refused,
    }
  }

  async run(): Promise<void> {
    const { node } = this
    await node.start()
    await node.createTopics([{ name: topic, partitions, configs: { 'flush.messages': '1' } }])
    const topicId = node.node?.broker.image.topics.byName.get(topic)?.topicId
    assert.ok(topicId)
    const ids = { next: 0 }
    const isHealing = (): boolean => this.#healingSinceMs !== undefined
    const slot = (group: Group, i: number): Promise<void> =>
      runSlot({
        task: this.#task(`${group}-${i}`),
        group,
        // One of each group is static.
        instanceId: i === 0 ? `static-${i}` : null,
        ids,
        places,
        topicIdOf: () => topicId,
        isHealing,
        protocol: () => this.#protocolOf(group),
      })
    const producing = { ...this.#task('producer'), isOver: isHealing }
    await Promise.all([
      this.#disturbAndHeal(),
      plainProducer(producing, places),
      ...[0, 1, 2, 3].map((i) => slot('consumers', i)),
      ...[0, 1, 2].map((i) => slot('movers', i)),
    ])
    await node.stop()
  }

  #task(name: string): TaskOptions {
    const { node } = this
    return { name, node, draw: node.world.random.stream(name), see: this.#see, isOver: () => this.#isOver }
  }

  /** The middle third of the history is of the consumer protocol. */
  #protocolOf(group: Group): Protocol {
    const third = Math.floor((3 * this.#step) / this.#steps)
    return group === 'consumers' || third === 1 ? 'consumer' : 'classic'
  }

  async #disturbAndHeal(): Promise<void> {
    const { node } = this
    const { world } = node
    const draw = world.random.stream('faults')
    for (; this.#step < this.#steps; this.#step++) {
      await node.sleep(draw.exponential(300))
      const kind = draw.below(100)
      // Less than the hour that the timestamp of a record may be off.
      if (kind < 4) world.skew(nodeName, draw.below(3_000_000) - 1_500_000)
      else if (kind < 8) world.disk(nodeName).stall(draw.below(1500))
      else if (kind < 11) world.pause(nodeName, draw.below(5000))
      else if (kind < 16) await this.#end(draw.below(4))
    }
    const sinceMs = node.clientEnv.clock.monotonic()
    this.#healingSinceMs = sinceMs
    while (!this.#healed.areAtRest) {
      await node.sleep(200)
      for (const group of groups) this.#look(group, node.clientEnv.clock.monotonic() - sinceMs)
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
    if (draw.below(4) === 0) await node.sleep(draw.below(5000))
    await node.start()
    await this.#checkPlaces()
  }

  async #checkPlaces(): Promise<void> {
    for (const group of groups) {
      while (this.#placesOf(group) === undefined) await this.node.sleep(10)
      for (const [key, offset] of this.#placesOf(group) ?? []) {
        const logEndOffset = this.#ends().get(key) ?? 0
        this.#see({ kind: 'committed', key: `${group} ${key}`, offset, logEndOffset })
      }
    }
  }

  /** Undefined: they are being loaded. */
  #placesOf(groupId: string): ReadonlyMap<string, number> | undefined {
    const { node } = this.node
    const topicId = node?.broker.image.topics.byName.get(topic)?.topicId
    if (node === undefined || topicId === undefined) return undefined
    const keys = places.map((place) => ({ ...place, topicId }))
    try {
      const found = node.broker.groups.fetchOffsets({ groupId, memberId: null, memberEpoch: -1, keys })
      return new Map(found.map((offset) => [keyOf(offset), Number(offset.value?.offset ?? -1)]))
    } catch (error) {
      if (error instanceof ApiError) return undefined
      throw error
    }
  }

  #ends(): ReadonlyMap<string, number> {
    const replicas = this.node.node?.broker.replicas
    return new Map(places.map((place) => [keyOf(place), replicas?.get(topic, place.partition)?.log.logEndOffset ?? 0]))
  }

  #look(group: Group, healingForMs: number): void {
    const state = this.node.node?.broker.groups.list({ states: [], types: [] }).find(({ groupId }) => groupId === group)
    const committed = this.#placesOf(group) ?? new Map()
    this.#see({
      kind: 'group-state',
      group,
      state: state?.state ?? 'away',
      committed,
      ends: this.#ends(),
      healingForMs,
    })
  }
}

/** The whole history that a seed makes. */
export async function runGroups(seed: number, steps: number): Promise<GroupOutcome> {
  const workload = new GroupWorkload(seed, steps)
  const { world, lines } = workload.node
  await world.settle(workload.run(), 3_600_000)
  const faults = lines.filter(({ level }) => level === 'error')
  assert.deepEqual(faults, [])
  return workload.outcome()
}
