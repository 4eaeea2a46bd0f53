/**
 * What is asked about quotas on mutations (KIP-599) of Kafka and of the broker under test: requests beyond a rate of ten
 * partitions a second, for which a bucket has room for one second. Times are told as about what they must be.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Api,
  alterClientQuotas,
  createPartitions,
  createTopics,
  deleteTopics,
  describeCluster,
  type Fields,
  type Infer,
} from '../../src/protocol/index.ts'
import type { Wire } from '../wire.ts'
import type { Question } from './questions.ts'

/** With `quota.window.*` as in these settings a bucket of 10 a second holds 10. */
export const mutationSettings = { 'controller.quota.window.num': '1', 'controller.quota.window.size.seconds': '1' }

const rate = 10
/** What machines take for a request, at most. */
const slackMs = 500
const timeoutMs = 10_000

interface Throttled {
  readonly throttleTimeMs: number
}

/** The reply with about how long it throttles, and whether the connection was held for that long. */
async function throttled<S extends Throttled>(wire: Wire, expectedMs: number, reply: Promise<S>) {
  const { throttleTimeMs, ...rest } = await reply
  const sinceMs = performance.now()
  await wire.call(describeCluster, {})
  const heldMs = performance.now() - sinceMs
  const told = Math.abs(throttleTimeMs - expectedMs) <= slackMs ? `about ${expectedMs}` : `${throttleTimeMs}`
  // Beyond what it was told nobody is held.
  const isHeld = heldMs > throttleTimeMs - slackMs && heldMs < throttleTimeMs + slackMs
  return { ...rest, throttledMs: told, held: isHeld ? 'as told' : `${heldMs} ms` }
}

interface Asked<Q extends Fields, S extends Fields> {
  readonly api: Api<Q, S>
  readonly request: Parameters<Api<Q, S>['request']['create']>[0]
  readonly version: number
  readonly of: Question['of']
  readonly expectedMs: number
}

const masked = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, it: unknown) => (key === 'topicId' ? 'an id' : it)))

function asked<Q extends Fields, S extends Fields>(label: string, given: Asked<Q, S>): Question {
  const { api, request, version, of, expectedMs } = given
  const call = async (wire: Wire): Promise<Infer<S> & Throttled> => {
    const reply = await wire.call(api, request, version)
    return { throttleTimeMs: 0, ...reply }
  }
  const ask = async (wire: Wire) => masked(await throttled(wire, expectedMs, call(wire)))
  return { label: `${label} (${of}, ${api.name} ${version})`, of, ask }
}

const topic = (name: string, numPartitions: number) => ({ name, numPartitions, replicationFactor: 1 })

/** The bucket is full again. */
const wait: Question = { label: 'some time', of: 'broker', ask: () => delay(1500, 'waited') }

const setRate = (entityType: string, entityName: string | null, value: number | null): Question => ({
  label: `${entityType} ${entityName} has ${value}`,
  of: 'broker',
  ask: async (wire) => {
    const op = { key: 'controller_mutation_rate', value: value ?? 0, remove: value === null }
    const reply = await wire.call(alterClientQuotas, { entries: [{ entity: [{ entityType, entityName }], ops: [op] }] })
    // The controller of Kafka reads its own records a moment later.
    await delay(500)
    return reply
  },
})

function story(of: Question['of']): readonly Question[] {
  const create = (label: string, topics: ReturnType<typeof topic>[], expectedMs: number, version = 7) =>
    asked(label, {
      api: createTopics,
      request: { topics: topics.map((it) => ({ ...it, name: `${of}-${it.name}` })), timeoutMs },
      version,
      of,
      expectedMs,
    })
  const grow = (label: string, name: string, count: number, expectedMs: number, version = 3) =>
    asked(label, {
      api: createPartitions,
      request: { topics: [{ name: `${of}-${name}`, count, assignments: null }], timeoutMs },
      version,
      of,
      expectedMs,
    })
  const remove = (label: string, name: string, expectedMs: number, version = 6) => {
    const named = version >= 6 ? { topics: [{ name: `${of}-${name}` }] } : { topicNames: [`${of}-${name}`] }
    return asked(label, { api: deleteTopics, request: { ...named, timeoutMs }, version, of, expectedMs })
  }
  return [
    create('as many as there is room for', [topic('a', 10)], 0),
    wait,
    create('once more than there is room for', [topic('b', 25)], 0),
    create('what is beyond it', [topic('c', 1)], 1500),
    wait,
    wait,
    create('the first of two', [topic('d', 30), topic('e', 1), topic('d/', 1)], 2000),
    wait,
    wait,
    wait,
    create('a try', [topic('f', 1)], 0),
    asked('a try counts', {
      api: createTopics,
      request: { topics: [topic(`${of}-try`, 30)], timeoutMs, validateOnly: true },
      version: 7,
      of,
      expectedMs: 0,
    }),
    create('behind a try', [topic('g', 1)], 2000),
    wait,
    wait,
    create('by an old client', [topic('h', 25)], 1500, 5),
    wait,
    create('by an old client in debt', [topic('i', 15), topic('j', 15)], 2000, 5),
    wait,
    wait,
    grow('partitions', 'c', 2, 0),
    grow('partitions', 'i', 35, 0),
    grow('partitions beyond it', 'i', 36, 1100),
    wait,
    grow('partitions by an old client', 'i', 55, 1000, 2),
    wait,
    wait,
    remove('a topic', 'b', 0),
    remove('a topic beyond it', 'a', 1500),
    wait,
    remove('a topic by an old client', 'a', 0, 4),
    remove('another by an old client', 'h', 2500, 4),
    wait,
    wait,
    remove('a topic that is none', 'none', 0),
  ]
}

export const mutationQuestions: readonly Question[] = [
  setRate('client-id', null, rate),
  ...story('broker'),
  setRate('client-id', null, null),
  ...['user', 'client-id'].flatMap((type) => [
    setRate(type, type === 'user' ? 'ANONYMOUS' : 'wire', rate),
    asked(`of a ${type}`, {
      api: createTopics,
      request: { topics: [topic(`${type}-1`, 20)], timeoutMs },
      version: 7,
      of: 'broker',
      expectedMs: 0,
    }),
    asked(`of a ${type}, beyond it`, {
      api: createTopics,
      request: { topics: [topic(`${type}-2`, 20)], timeoutMs },
      version: 7,
      of: 'broker',
      expectedMs: 1000,
    }),
    setRate(type, type === 'user' ? 'ANONYMOUS' : 'wire', null),
  ]),
  setRate('client-id', 'another', rate),
  asked('of another client', {
    api: createTopics,
    request: { topics: [topic('other-1', 50)], timeoutMs },
    version: 7,
    of: 'broker',
    expectedMs: 0,
  }),
  asked('of another client', {
    api: createTopics,
    request: { topics: [topic('other-2', 1)], timeoutMs },
    version: 7,
    of: 'broker',
    expectedMs: 0,
  }),
  setRate('client-id', null, rate),
  ...story('controller').slice(0, 6),
]
