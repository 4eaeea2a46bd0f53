/**
 * What the brokers of a partition and its operators ask of our controller in a life under a seed, asked of another controller as
 * it is: its replies beside ours. Brokers are not real; they register at its listener, under ids of their own in each life.
 */
import assert from 'node:assert/strict'
import { present, type Uuid, uuidToString } from '../../src/base/index.ts'
import type { Call } from '../../src/metadata/controller/controller-fixture.ts'
import type { PartitionLife } from '../../src/metadata/controller/partition-life.ts'
import {
  alterPartition,
  alterPartitionReassignments,
  brokerHeartbeat,
  brokerRegistration,
  createTopics,
  electLeaders,
} from '../../src/protocol/index.ts'
import type { Wire } from '../wire.ts'

/** Whoever has read so far has read its own registration. */
const farOffset = 2 ** 40

export interface ReplayOptions {
  readonly wire: Wire
  readonly life: PartitionLife
  readonly clusterId: string
  readonly topic: string
}

export class Replay {
  readonly #options: ReplayOptions
  /** Ours, by broker and epoch, to theirs. */
  readonly #epochs = new Map<string, number>()
  #topicId: Uuid | undefined

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  /** As Kafka's tools print it. */
  get topicId(): string {
    return uuidToString(present(this.#topicId, 'the topic of a replay'))
  }

  /** Returns how many calls were answered alike. */
  async run(): Promise<number> {
    const { calls } = this.#options.life.fixture
    for (const [i, call] of calls.entries()) {
      const answer = await this.#ask(call)
      const ours = { ...call.reply, ...maskOf(call) }
      assert.deepEqual(
        this.#plain(answer),
        this.#plain(ours),
        `call ${i}, ${call.kind} ${JSON.stringify(call.request)}`,
      )
      // A registration and a heartbeat of each broker come first.
      if (i + 1 === 2 * this.#options.life.brokerIds.length) await this.#makeTopic()
    }
    return calls.length
  }

  /** Without what is not said, and with our name of the topic. */
  #plain(reply: object): unknown {
    return JSON.parse(JSON.stringify(reply).replaceAll(this.#options.topic, 't'))
  }

  async #makeTopic(): Promise<void> {
    const { wire, life, topic } = this.#options
    const configs = Object.entries(life.topicConfigs).map(([name, value]) => ({ name, value }))
    const assignments = [{ partitionIndex: 0, brokerIds: life.brokerIds.slice(0, 3) }]
    const asked = { name: topic, numPartitions: -1, replicationFactor: -1, assignments, configs }
    const reply = await wire.call(createTopics, { topics: [asked], timeoutMs: 10_000 })
    const made = present(reply.topics[0], 'a topic')
    assert.equal(made.errorCode, 0, `${made.errorMessage}`)
    this.#topicId = made.topicId
  }

  #epoch(brokerId: number, ours: number): number {
    return this.#epochs.get(`${brokerId} ${ours}`) ?? -1
  }

  async #ask(call: Call): Promise<object> {
    const { wire, clusterId, topic } = this.#options
    const topicId = this.#topicId ?? this.#options.life.fixture.topicId
    switch (call.kind) {
      case 'register': {
        const { brokerId, previousBrokerEpoch } = call.request
        const known = this.#epoch(brokerId, previousBrokerEpoch)
        const reply = await wire.call(brokerRegistration, { ...call.request, clusterId, previousBrokerEpoch: known })
        this.#epochs.set(`${brokerId} ${call.reply.brokerEpoch}`, reply.brokerEpoch)
        return { ...reply, brokerEpoch: 0 }
      }
      case 'heartbeat': {
        const { brokerId, brokerEpoch } = call.request
        const mapped = { brokerEpoch: this.#epoch(brokerId, brokerEpoch), currentMetadataOffset: farOffset }
        return { ...(await wire.call(brokerHeartbeat, { ...call.request, ...mapped })), isCaughtUp: true }
      }
      case 'alterPartition': {
        const { brokerId, brokerEpoch } = call.request
        const topics = call.request.topics.map((it) => ({
          topicId,
          partitions: it.partitions.map((partition) => ({
            ...partition,
            newIsrWithEpochs: partition.newIsrWithEpochs.map((member) => ({
              ...member,
              brokerEpoch: this.#epoch(member.brokerId, member.brokerEpoch),
            })),
          })),
        }))
        const request = { brokerId, brokerEpoch: this.#epoch(brokerId, brokerEpoch), topics }
        const reply = await wire.call(alterPartition, request)
        return { ...reply, topics: reply.topics.map((it) => ({ ...it, topicId: this.#options.life.fixture.topicId })) }
      }
      case 'electLeaders': {
        const topicPartitions = call.request.topicPartitions?.map((it) => ({ ...it, topic })) ?? null
        return wire.call(electLeaders, { ...call.request, topicPartitions })
      }
      case 'reassign': {
        const topics = call.request.topics.map((it) => ({ ...it, name: topic }))
        return wire.call(alterPartitionReassignments, { ...call.request, topics })
      }
    }
  }
}

/** What each controller numbers by itself. */
function maskOf({ kind }: Call): object {
  if (kind === 'register') return { brokerEpoch: 0 }
  return kind === 'heartbeat' ? { isCaughtUp: true } : {}
}
