/** Our own clients against a broker behind a proxy, with one kind of fault on the way: what each kind is, and a round of it. */
import assert from 'node:assert/strict'
import type { CompressionName } from '../../src/records/index.ts'
import { SeededRandom } from '../../src/sim/index.ts'
import type { ProxyFaults } from './faulty-proxy.ts'
import { ProxiedBroker } from './proxied-broker.ts'
import { ProxiedProducer } from './proxied-producer.ts'
import { Group, ReaderByHand } from './proxied-readers.ts'

const partitionCount = 3
const codecs: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** What a busy machine takes for an answer is less. */
const calmRequestMs = 10_000
/** Of clients that do not wait for the end of a stall. */
const hastyRequestMs = 400
const stallMs = 600
/** Behind that a record would be given up: nothing here takes so long. */
const patientMs = 40_000

interface FaultKind {
  readonly faults: ProxyFaults
  /** Of each producer. */
  readonly records?: number
  readonly requestTimeoutMs?: number
  readonly deliveryTimeoutMs?: number
  /** What must have happened for the round to tell anything; by itself cuts. */
  readonly mustHave?: 'cuts' | 'stalls' | 'outages' | 'rejected' | 'nothing'
}

const split = { isSplit: true }
const late = { delayMsMax: 30 }
const between = { cutEvery: { frames: 25, where: 'between' } } as const
const within = { cutEvery: { frames: 25, where: 'within' } } as const
const stalls = { stallEvery: { frames: 40, ms: stallMs } }
const all = { ...within, stallEvery: { frames: 100, ms: stallMs }, delayMsMax: 5, isSplit: true }

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  'connections are cut between requests': { faults: { requests: between } },
  'connections are cut within requests': { faults: { requests: within } },
  'connections are cut between answers': { faults: { answers: between } },
  'connections are cut within answers': { faults: { answers: within } },
  'requests stall': { faults: { requests: stalls }, requestTimeoutMs: hastyRequestMs, mustHave: 'stalls' },
  'answers stall': { faults: { answers: stalls }, requestTimeoutMs: hastyRequestMs, mustHave: 'stalls' },
  'requests and answers come in pieces': {
    faults: { requests: split, answers: split },
    records: 40,
    mustHave: 'nothing',
  },
  'all is late': { faults: { requests: late, answers: late }, mustHave: 'nothing' },
  'nobody answers now and then': {
    faults: { requests: between, answers: within, outageEvery: { cuts: 4, ms: 200 } },
    mustHave: 'outages',
  },
  'all of it': {
    faults: { requests: all, answers: all, outageEvery: { cuts: 10, ms: 200 } },
    records: 60,
    requestTimeoutMs: hastyRequestMs,
  },
  'records are given up': {
    faults: { requests: { stallEvery: { frames: 15, ms: stallMs } }, answers: within },
    records: 80,
    requestTimeoutMs: hastyRequestMs,
    deliveryTimeoutMs: hastyRequestMs + 10,
    mustHave: 'rejected',
  },
}

/** How often what happened. */
export type RoundOutcome = Readonly<Record<string, number>>

/** Throws where a record is lost, there twice, or out of order. */
export async function faultyRound(name: string, seed: number): Promise<RoundOutcome> {
  const kind = faultKinds[name]
  assert.ok(kind, name)
  const { faults, records = 100, mustHave = 'cuts' } = kind
  const { requestTimeoutMs = calmRequestMs, deliveryTimeoutMs = patientMs } = kind
  const random = new SeededRandom(`${name} ${seed}`)
  await using broker = await ProxiedBroker.start(seed)
  const { proxy, bootstrap } = broker
  const topic = 'rough'
  await broker.createTopic(topic, partitionCount)
  proxy.faults = faults
  const shared = { bootstrap, topic, partitionCount, requestTimeoutMs }
  const producers = codecs.map(
    (codec) => new ProxiedProducer({ ...shared, codec, draw: random.stream(codec), deliveryTimeoutMs }),
  )
  const draw = random.stream('group')
  await using byHand = new ReaderByHand(shared)
  await using group = new Group({
    ...shared,
    draw,
    groupId: 'readers',
    strategy: draw.below(2) === 0 ? 'range' : 'cooperative-sticky',
    commits: draw.below(2) === 0 ? 'by itself' : 'by hand',
    cutOffMax: 1,
    sever: (clientId) => proxy.sever(clientId),
  })
  // What is under way ends sooner where all is well.
  using _ = { [Symbol.dispose]: () => proxy.heal() }
  await Promise.all(producers.map((producer) => producer.run(records)))
  const logs = await Promise.all(Array.from({ length: partitionCount }, (_, i) => broker.read(topic, i)))
  for (const producer of producers) producer.check(logs)
  await byHand.finish(logs)
  await group.finish(logs, () => proxy.heal())
  const committed = await broker.committed('readers', topic, partitionCount)
  group.check(committed)
  const sum = (of: (producer: ProxiedProducer) => number): number =>
    producers.reduce((total, producer) => total + of(producer), 0)
  const rejected = sum((producer) => producer.rejected.size)
  const counts = { ...proxy.counts, ...group.counts, rejected }
  if (mustHave !== 'nothing') assert.ok(counts[mustHave] > 0, `no ${mustHave}: nothing is shown`)
  if (deliveryTimeoutMs === patientMs) {
    const reasons = producers.flatMap((producer) => [...producer.rejected.values()])
    assert.deepEqual(reasons, [], 'nothing was given up')
    assert.ok(Math.max(...committed) > 0, 'something was committed')
  }
  return { acknowledged: sum((producer) => producer.acknowledged.size), ...counts }
}
