/** What the broker holds while it is measured: topics, records, and a member of each kind of group. */
import { type Uuid, zeroUuid } from '../../src/base/index.ts'
import {
  consumerGroupHeartbeat,
  createTopics,
  findCoordinator,
  joinGroup,
  metadata,
  produce,
  syncGroup,
} from '../../src/protocol/index.ts'
import { buildBatch, CompressionType } from '../../src/records/index.ts'
import type { Ask, GuardedBroker } from './broker.ts'

export interface World {
  /** Produced to. */
  readonly topic: Topic
  /** Has 2 MB of batches of 64 KB. */
  readonly full: Topic
  /** Fetched at its end. */
  readonly end: Topic
  readonly hundred: readonly string[]
  readonly batches: Batches
  readonly classic: ClassicMember
  readonly consumer: ConsumerMember
}

export interface Topic {
  readonly name: string
  readonly id: Uuid
}

/** Record batches as a client sends them. */
interface Batches {
  /** One record of 100 bytes. */
  readonly small: Buffer
  /** 64 KB of records of 1 KB. */
  readonly large: Buffer
  /** The same, of text, as LZ4. */
  readonly lz4: Buffer
}

interface ClassicMember {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
}

interface ConsumerMember {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
}

const timeoutMs = 30_000
const timestampMs = 1_767_225_600_000
const recordsOfLarge = 63

export async function makeWorld(broker: GuardedBroker): Promise<World> {
  const { ask } = broker
  const hundred = Array.from({ length: 100 }, (_, i) => `guard-topic-${String(i).padStart(3, '0')}`)
  const names = ['guard-produce', 'guard-full', 'guard-end', ...hundred]
  const ids = await createAll(ask, names)
  await allLed(broker, names)
  const topic = (name: string): Topic => ({ name, id: ids.get(name) ?? zeroUuid })
  const batches = makeBatches()
  for (let i = 0; i < 32; i++) await append(ask, 'guard-full', batches.large)
  await coordinated(broker, ['guard-classic', 'guard-consumer'])
  return {
    topic: topic('guard-produce'),
    full: topic('guard-full'),
    end: topic('guard-end'),
    hundred,
    batches,
    classic: await joinClassic(ask),
    consumer: await joinConsumer(broker),
  }
}

function makeBatches(): Batches {
  const noise = Buffer.alloc(1024)
  let state = 1
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    noise[i] = state >>> 16
  }
  const many = (make: (i: number) => Buffer) =>
    Array.from({ length: recordsOfLarge }, (_, i) => ({ value: make(i), timestampMs }))
  const text = (i: number): Buffer => Buffer.from(textOf(noise.subarray(i * 8)))
  return {
    small: buildBatch([{ value: noise.subarray(0, 100), timestampMs }]),
    large: buildBatch(many(() => noise)),
    lz4: buildBatch(many(text), { codec: CompressionType.lz4 }),
  }
}

/** 1 KB as of a log of events: half of it is like all others. */
function textOf(noise: Buffer): string {
  const events = Array.from({ length: 16 }, (_, i) => `{"id":"${noise.toString('hex', i, i + 12)}","kind":"order"},`)
  return events.join('').slice(0, 1024).padEnd(1024, ' ')
}

function check(code: number | undefined, what: string): void {
  if (code !== 0) throw new Error(`${what} was answered with error ${code}`)
}

async function createAll(ask: Ask, names: readonly string[]): Promise<ReadonlyMap<string, Uuid>> {
  const wanted = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }))
  const { topics } = await ask(createTopics, { topics: wanted, timeoutMs, validateOnly: false })
  for (const { errorCode } of topics) check(errorCode, 'CreateTopics')
  return new Map(topics.map(({ name, topicId }) => [name, topicId]))
}

/** Asks again until `isDone`, at most so many times. */
async function until(broker: GuardedBroker, isDone: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await isDone()) return
    await new Promise<void>((resolve) => broker.clock.pass(10, resolve))
  }
  throw new Error('the broker was not ready within 10 s of its own time')
}

const allLed = (broker: GuardedBroker, names: readonly string[]): Promise<void> =>
  until(broker, async () => {
    const asked = names.map((name) => ({ name, topicId: zeroUuid }))
    const { topics } = await broker.ask(metadata, { topics: asked, allowAutoTopicCreation: false })
    return topics.every(({ partitions: [only] }) => only?.errorCode === 0 && only.leaderId > 0)
  })

const coordinated = (broker: GuardedBroker, coordinatorKeys: readonly string[]): Promise<void> =>
  until(broker, async () => {
    const { coordinators } = await broker.ask(findCoordinator, { keyType: 0, coordinatorKeys })
    return coordinators.every(({ errorCode }) => errorCode === 0)
  })

async function append(ask: Ask, name: string, records: Buffer): Promise<void> {
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  const { responses } = await ask(produce, { acks: 1, timeoutMs, topicData }, 11)
  check(responses[0]?.partitionResponses[0]?.errorCode, 'Produce')
}

async function joinClassic(ask: Ask): Promise<ClassicMember> {
  const groupId = 'guard-classic'
  const metadataBytes = Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
  const request = {
    groupId,
    sessionTimeoutMs: 1_800_000,
    rebalanceTimeoutMs: 1_800_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: metadataBytes }],
  }
  const { memberId } = await ask(joinGroup, { ...request, memberId: '' })
  const joined = await ask(joinGroup, { ...request, memberId })
  check(joined.errorCode, 'JoinGroup')
  const member = { groupId, memberId, generationId: joined.generationId }
  const assignments = [{ memberId, assignment: Buffer.from([0, 0, 0, 0, 0, 0]) }]
  const synced = await ask(syncGroup, { ...member, protocolType: 'consumer', protocolName: 'range', assignments })
  check(synced.errorCode, 'SyncGroup')
  return member
}

async function joinConsumer(broker: GuardedBroker): Promise<ConsumerMember> {
  const member = { groupId: 'guard-consumer', memberId: 'guardedmemberAAAAAAAAA' }
  const joining = { rebalanceTimeoutMs: 1_800_000, subscribedTopicNames: ['guard-produce'], topicPartitions: [] }
  let memberEpoch = 0
  await until(broker, async () => {
    const reply = await broker.ask(consumerGroupHeartbeat, {
      ...member,
      ...(memberEpoch === 0 && joining),
      memberEpoch,
    })
    check(reply.errorCode, 'ConsumerGroupHeartbeat')
    memberEpoch = reply.memberEpoch
    const assigned = reply.assignment?.topicPartitions
    if (assigned === undefined || assigned.length === 0) return false
    const owning = await broker.ask(consumerGroupHeartbeat, { ...member, memberEpoch, topicPartitions: assigned })
    check(owning.errorCode, 'ConsumerGroupHeartbeat')
    return true
  })
  return { ...member, memberEpoch }
}
