/** What brokers and controllers that are not real ask about themselves (KIP-631), of Kafka and of the controller under test. */
import { type Uuid, uuidFromLatin1 } from '../../src/base/index.ts'
import { supportedFeatures } from '../../src/metadata/index.ts'
import {
  brokerHeartbeat,
  brokerRegistration,
  controllerRegistration,
  createTopics,
  unregisterBroker,
} from '../../src/protocol/index.ts'
import type { Wire } from '../wire.ts'
import type { Question } from './questions.ts'

type Registration = NonNullable<Parameters<typeof brokerRegistration.request.create>[0]>
type Heartbeat = NonNullable<Parameters<typeof brokerHeartbeat.request.create>[0]>

const id = (text: string): Uuid => uuidFromLatin1(text.padEnd(16, '-'))
const listeners = [{ name: 'PLAINTEXT', host: 'nowhere', port: 9, securityProtocol: 0 }]
const features = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
  name,
  minSupportedVersion: minLevel,
  maxSupportedVersion: maxLevel,
}))
const reservedId = uuidFromLatin1(`${'\0'.repeat(15)}\x05`)
/** Whoever has read so far has read its own registration. */
const farOffset = 2 ** 40
const without = (name: string) => features.filter((it) => it.name !== name)

const ask = (label: string, run: (wire: Wire) => Promise<unknown>): Question => ({ label, of: 'controller', ask: run })

/** Makes questions, and knows which epoch each broker was given. */
class Asker {
  readonly #clusterId: string
  /** Epochs are told by their order of appearance: each controller numbers by itself. */
  readonly #known: number[] = []
  readonly #newest = new Map<number, number>()

  constructor(clusterId: string) {
    this.#clusterId = clusterId
  }

  #masked(epoch: number): string {
    if (epoch < 0) return `${epoch}`
    if (!this.#known.includes(epoch)) this.#known.push(epoch)
    return `epoch ${this.#known.indexOf(epoch)}`
  }

  register(label: string, brokerId: number, given: Registration = {}, version?: number): Question {
    return ask(`${brokerId} registers ${label}`, async (wire) => {
      const incarnationId = id(`i${brokerId}`)
      const clusterId = this.#clusterId
      const base = { brokerId, clusterId, incarnationId, listeners, features, logDirs: [id(`d${brokerId}`)] }
      const reply = await wire.call(brokerRegistration, { ...base, ...given }, version)
      if (reply.errorCode === 0) this.#newest.set(brokerId, reply.brokerEpoch)
      return { ...reply, brokerEpoch: this.#masked(reply.brokerEpoch) }
    })
  }

  heartbeat(label: string, brokerId: number, given: Heartbeat = {}): Question {
    return ask(`${brokerId} sends a heartbeat ${label}`, async (wire) => {
      const brokerEpoch = this.#newest.get(brokerId) ?? 12_345
      return wire.call(brokerHeartbeat, { brokerId, brokerEpoch, currentMetadataOffset: farOffset, ...given })
    })
  }
}

const unregister = (brokerId: number): Question =>
  ask(`${brokerId} is unregistered`, async (wire) => wire.call(unregisterBroker, { brokerId }))

const topic = (name: string, brokerIds: number[]): Question =>
  ask(`a topic on ${brokerIds}`, async (wire) => {
    const asked = { name, numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds }] }
    const { topics } = await wire.call(createTopics, { topics: [asked], timeoutMs: 10_000 })
    return topics.map(({ errorCode }) => errorCode)
  })

const controller = (label: string, given: Parameters<typeof controllerRegistration.request.create>[0]): Question =>
  ask(`a controller registers ${label}`, async (wire) => wire.call(controllerRegistration, given))

const other = { incarnationId: id('other') }

const refused = (asker: Asker): readonly Question[] => [
  asker.register('with another cluster', 101, { clusterId: 'another' }),
  asker.register('without directories', 101, { logDirs: [] }),
  asker.register('with a reserved directory', 101, { logDirs: [reservedId] }),
  asker.register('with a directory twice', 101, { logDirs: [id('x'), id('x')] }),
  asker.register('without features', 101, { features: [] }),
  asker.register('without a feature that is on', 101, { features: without('group.version') }),
  asker.register('without metadata.version', 101, { features: without('metadata.version') }),
  asker.register('with too old a feature', 101, {
    features: [
      ...without('metadata.version'),
      { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 29 },
    ],
  }),
  asker.register('with a feature that nobody knows', 102, {
    features: [...features, { name: 'new.feature', minSupportedVersion: 0, maxSupportedVersion: 3 }],
  }),
  asker.register('with a feature that nobody knows, and must have', 103, {
    features: [...features, { name: 'new.feature', minSupportedVersion: 1, maxSupportedVersion: 3 }],
  }),
  asker.register('with a range that is none', 103, {
    features: [...without('group.version'), { name: 'group.version', minSupportedVersion: 2, maxSupportedVersion: 1 }],
  }),
  asker.register('as one of ZooKeeper', 103, { isMigratingZkBroker: true }),
  asker.register('with a directory of another', 103, { logDirs: [id('d102')] }),
  asker.register('without listeners', 104, { listeners: [] }),
]

const lives = (asker: Asker): readonly Question[] => [
  asker.register('at first', 101),
  asker.register('again, as the same', 101),
  asker.register('again, as another, in its session', 101, other),
  asker.heartbeat('', 101),
  asker.register('again, as the same, unfenced', 101, { rack: 'r' }),
  asker.register('again, as another, unfenced', 101, other),
  asker.register('at first', 106),
  asker.heartbeat('', 106),
  topic('led', [101, 106]),
  asker.heartbeat('that wants to shut down', 101, { wantShutDown: true }),
  asker.register('again, as the same, on its way out', 101),
  asker.register('again, as another, on its way out', 101, other),
  asker.heartbeat('after that', 101),
  asker.register('again, as another, once more', 101, { incarnationId: id('third') }),
  topic('only', [106]),
  asker.heartbeat('that wants to shut down, and leads', 106, { wantShutDown: true }),
  asker.register('again, as another, while it leads', 106, { incarnationId: id('fourth') }),
  asker.heartbeat('after that', 106),
  asker.heartbeat('of an old epoch', 106, { brokerEpoch: 3 }),
  asker.heartbeat('of nobody', 199),
  asker.heartbeat('that wants a fence', 106, { wantFence: true }),
  asker.register('again, as another, fenced', 106, { incarnationId: id('fifth') }),
  asker.heartbeat('with both wishes', 106, { wantFence: true, wantShutDown: true }),
  asker.register('again, as another, after that', 106, { incarnationId: id('sixth') }),
  asker.register('at first', 108),
  asker.heartbeat('that wants a fence', 108, { wantFence: true }),
  asker.register('again, as another, fenced and heard of', 108, other),
  asker.register('at first', 109),
  asker.heartbeat('', 109),
  asker.heartbeat('that wants to shut down, and leads nothing', 109, { wantShutDown: true }),
  asker.register('again, as another, after it was let go', 109, other),
  asker.heartbeat('as such', 109),
  asker.register('at first', 110),
  asker.heartbeat('', 110),
  asker.heartbeat('that wants a fence', 110, { wantFence: true }),
  asker.register('again, as another, fenced after it was not', 110, other),
]

const others = (asker: Asker): readonly Question[] => [
  asker.register('in version 0', 107, {}, 0),
  asker.register('in version 2', 107, {}, 2),
  asker.register('in version 3, with an old epoch', 107, { previousBrokerEpoch: 5 }, 3),
  unregister(107),
  unregister(107),
  unregister(-1),
  asker.heartbeat('once unregistered', 107),
  asker.register('once unregistered, as another', 107, { incarnationId: id('seventh') }),
  unregister(106),
  topic('on nobody', [106]),
  controller('well', { controllerId: 201, incarnationId: id('c'), listeners, features }),
  controller('again', { controllerId: 201, incarnationId: id('c2'), listeners, features }),
  controller('with nothing', { controllerId: 202, incarnationId: id('d'), listeners: [], features: [] }),
  controller('of ZooKeeper', {
    controllerId: 204,
    incarnationId: id('f'),
    zkMigrationReady: true,
    listeners,
    features,
  }),
]

export function registrationQuestions(clusterId: string): readonly Question[] {
  const asker = new Asker(clusterId)
  return [...refused(asker), ...lives(asker), ...others(asker)]
}
