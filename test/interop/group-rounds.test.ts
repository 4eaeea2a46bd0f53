/**
 * Groups of three that live on: in each round one member is killed, one comes, and the broker starts again, while records
 * come. In the end the whole history of each group is looked at (`../history.ts`).
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { historyFaults } from '../history.ts'
import { untilBalanced, untilRead } from './group.ts'
import { untilProgress } from './kept.ts'
import { isShortRun, uniqueName } from './kit.ts'
import { Load } from './load.ts'
import { javaKinds, Member, type MemberKind, type Membership, memberKinds, skipMember, tellsOf } from './member.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { createTopic } from './topics.ts'

const partitions = 6
const size = 3
const rounds = isShortRun ? 1 : 10
const timeoutMs = 900_000
/** Who lives must not be missed, however busy the machine is: it would not know that it owns nothing. */
const sessionTimeoutMs = 12_000
const settings = { ...quickGroups, 'group.consumer.session.timeout.ms': `${sessionTimeoutMs}` }

const kinds: Readonly<Record<string, MemberKind>> = {
  ...javaKinds,
  ...Object.fromEntries(Object.entries(memberKinds).filter(([name]) => !name.startsWith('java'))),
}
/**
 * Kinds whose members share one group, of both protocols: who is killed comes again as the kind that it was. One of the consumer protocol
 * comes first: Kafka fails where it joins a classic group that still waits for its first members (docs/parity.md).
 */
const mixed = [
  'odradek, consumer + java, classic, cooperative-sticky + java, consumer, uniform',
  'java, consumer, uniform + odradek, classic + odradek, consumer',
]
/** Groups that go through the rounds side by side. */
const besides = isShortRun
  ? [
      ['java, classic, cooperative-sticky', 'java, consumer, uniform', 'kafkajs, classic', 'librdkafka, consumer'],
      mixed,
    ]
  : [
      mixed,
      ['odradek, classic', 'odradek, consumer', 'java, classic, range + odradek, classic'],
      ['java, classic, range', 'java, classic, roundrobin', 'kafkajs, classic'],
      ['java, classic, sticky', 'java, classic, cooperative-sticky', 'librdkafka, classic'],
      ['java, consumer, uniform', 'java, consumer, range', 'librdkafka, consumer'],
      ['platformatic, classic', 'platformatic, consumer', 'franz-go, classic', 'franz-go, consumer'],
    ]

const kindsOf = (name: string): string[] => name.split(' + ')
const skipGroup = (name: string): string | false =>
  kindsOf(name)
    .map(skipMember)
    .find((skip) => skip !== false) ?? false

let broker: Broker

class Group {
  readonly name: string
  readonly #membership: Membership
  readonly #all: Member[] = []
  #living: { readonly member: Member; readonly kind: string }[] = []
  /** Of the members that are to come, in turn. */
  readonly #comers: string[]

  constructor(name: string, topic: string) {
    this.name = name
    const kinds = kindsOf(name)
    this.#comers = Array.from({ length: size }, (_, i) => kinds[i % kinds.length] ?? name)
    this.#membership = { topic, group: uniqueName('rounds'), sessionTimeoutMs }
  }

  get living(): readonly Member[] {
    return this.#living.map(({ member }) => member)
  }

  get readCount(): number {
    return new Set(this.#all.flatMap(({ values }) => [...values])).size
  }

  async add(): Promise<void> {
    const name = this.#comers.shift() ?? ''
    const kind = kinds[name]
    assert.ok(kind, name)
    const member = await Member.start(kind, this.#membership)
    this.#all.push(member)
    this.#living.push({ member, kind: name })
  }

  async killOne(): Promise<void> {
    const [first, ...rest] = this.#living
    this.#living = rest
    if (first === undefined) return
    this.#comers.push(first.kind)
    await first.member.kill()
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((member) => member.kill()))
  }

  async assertHistory(load: Load): Promise<void> {
    await untilRead(this.#all, [...load.acknowledged.values()])
    for (const member of this.living) assert.ok(member.isRunning, `${this.name}: ${member}`)
    const events = this.#all.flatMap((member) => member.events)
    assert.deepEqual(historyFaults({ events, sent: load.sent, tells: tellsOf(this.name) }), [], this.name)
  }
}

async function round(groups: readonly Group[], load: Load, end: 'stop' | 'kill'): Promise<void> {
  await Promise.all(groups.map((group) => untilBalanced(group.living, partitions)))
  await untilProgress([load])
  await Promise.all(groups.map((group) => group.killOne()))
  await Promise.all(groups.map((group) => group.add()))
  await untilProgress([load])
  if (end === 'stop') await broker.stop()
  else await broker.process.kill()
  broker = await broker.again()
}

describe('groups that live through rounds', () => {
  before(async () => {
    broker = await startOwnBroker({ name: 'group-rounds', settings })
  })
  after(() => broker.stop())

  for (const names of besides) {
    const served = names.filter((name) => skipGroup(name) === false)
    const skip = served.length > 0 ? false : skipGroup(names[0] ?? '')
    test(`three each of ${served.join('; ')}`, { skip, timeout: timeoutMs }, async (context) => {
      const topic = await createTopic({ prefix: 'rounds', partitions })
      const options = { topic, prefix: '0.', rate: 100, acks: -1, codec: 'none', idempotent: true } as const
      const load = await Load.start('librdkafka', options)
      const groups = served.map((name) => new Group(name, topic))
      try {
        for (let i = 0; i < size; i++) await Promise.all(groups.map((group) => group.add()))
        for (let i = 0; i < rounds; i++) await round(groups, load, i % 2 === 0 ? 'kill' : 'stop')
        await Promise.all(groups.map((group) => untilBalanced(group.living, partitions)))
        await untilProgress([load])
        await load.stop()
        await Promise.all(groups.map((group) => group.assertHistory(load)))
      } finally {
        await load.kill()
        await Promise.all(groups.map((group) => group.end()))
      }
      context.diagnostic(`${rounds} rounds, ${load.count} records, read by ${groups.map((g) => g.readCount)}`)
    })
  }
})
