/**
 * Groups that live on while Apache Kafka and Odradek take turns on one directory: what `kafka-consumer-groups` tells of
 * them is the same after the turn, to the epoch, the assignment and the offset; nobody joins again, no position is lost.
 * Against Kafka both turns are its own.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { historyFaults, type Sent } from '../history.ts'
import { untilCommitted } from './committed.ts'
import { produceNumbers, untilBalanced, untilRead } from './group.ts'
import { groupsTool, groupTables } from './group-tables.ts'
import { partitions, readAll } from './kept.ts'
import { against, isShortRun, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { javaKinds, Member, type MemberKind, memberKinds, skipMember } from './member.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const turns = isShortRun ? 2 : 8
const perTurn = 60
/** Longer than any turn: nobody is missed meanwhile. */
const sessionTimeoutMs = 45_000
const settings = { ...quickGroups, 'group.consumer.session.timeout.ms': `${sessionTimeoutMs}` }

/**
 * Where its only broker does not answer, Java's client forgets all metadata and begins with its bootstrap servers: the
 * leader of a classic group may then take its topic for changed, and joins again, whoever the broker is.
 */
const javaConfigs = { 'metadata.recovery.strategy': 'none' }

interface Kind {
  readonly name: string
  /** Also in a short run. */
  readonly isShort?: true
  readonly kind: MemberKind | undefined
  readonly isStatic?: true
  readonly isPattern?: true
}

const kinds: readonly Kind[] = [
  { name: 'java, classic', kind: javaKinds['java, classic, range'] },
  {
    name: 'java, classic, static',
    isShort: true,
    kind: javaKinds['java, classic, cooperative-sticky'],
    isStatic: true,
  },
  { name: 'librdkafka, classic', kind: memberKinds['librdkafka, classic'] },
  { name: 'java, consumer', isShort: true, kind: javaKinds['java, consumer, uniform'] },
  { name: 'java, consumer, static', kind: javaKinds['java, consumer, range'], isStatic: true },
  {
    name: 'librdkafka, consumer, by a pattern',
    isShort: true,
    kind: memberKinds['librdkafka, consumer'],
    isPattern: true,
  },
]

class Group {
  readonly #kind: Kind
  readonly #topic: string
  readonly #group = uniqueName('exchanged')
  readonly all: Member[] = []
  readonly living: Member[] = []

  constructor(kind: Kind, topic: string) {
    this.#kind = kind
    this.#topic = topic
  }

  get name(): string {
    return this.#kind.name
  }

  get isStatic(): boolean {
    return this.#kind.isStatic === true
  }

  async add(i: number): Promise<void> {
    const { kind, isPattern } = this.#kind
    assert.ok(kind, this.name)
    const topic = isPattern ? `^${this.#topic.slice(0, -1)}.$` : this.#topic
    const instance = this.isStatic ? { instance: `instance-${i}` } : {}
    const group = this.#group
    const member = await Member.start(kind, { topic, group, sessionTimeoutMs, javaConfigs, ...instance })
    this.all.push(member)
    this.living[i] = member
  }

  async assertHistory(sent: readonly Sent[]): Promise<void> {
    for (const member of this.living) assert.ok(member.isRunning, `${this.name}: ${member}`)
    const events = this.all.flatMap((member) => member.events)
    assert.deepEqual(historyFaults({ events, sent, tells: 'all' }), [], this.name)
  }
}

let broker: Broker

/** The other one goes on, or Kafka itself where it is to prove this suite. */
async function nextTurn(end: 'stop' | 'kill'): Promise<void> {
  const { name, place } = broker
  if (end === 'kill') await broker.process.kill()
  else await broker.stop()
  const isKafkaNext = against === 'kafka' || name === 'odradek'
  broker = await (isKafkaNext ? takeOverByKafka(ping, place) : takeOverByOdradek(ping, place))
}

/** Groups without members: with offsets of a member that has left, and of nobody. */
async function leaveOffsets(topic: string, protocols: readonly string[]): Promise<void> {
  for (const protocol of protocols) {
    await librdkafka('consume', { topic, group: uniqueName(`empty-${protocol}`), count: 10, protocol })
  }
  const reset = ['--reset-offsets', '--to-offset', '3', '--execute', '--topic', topic]
  await groupsTool([...reset, '--group', uniqueName('offsets-alone')])
}

/** With members that come again the ids differ, and nothing else. */
const withoutIds = (rows: readonly string[]): string[] =>
  rows.map((row) => row.replaceAll(/[\w-]{22}(?=\s)|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID')).sort()

describe('groups that are handed on', () => {
  before(async () => {
    broker = await startOwnBroker({ name: 'groups-exchanged', settings })
  })
  after(() => broker.stop())

  test('the same members go on at their epochs', { timeout: 900_000 }, async (context) => {
    const topic = await createTopic({ prefix: 'exchanged', partitions })
    const wanted = kinds.filter(({ isShort }) => isShort || !isShortRun)
    const served = wanted.filter(({ name }) => skipMember(name) === false)
    const isClassicAlone = served.length < wanted.length
    if (isClassicAlone) context.diagnostic('no groups of the consumer protocol: the broker has none')
    const groups = served.map((kind) => new Group(kind, topic))
    const members = (): readonly Member[] => groups.flatMap(({ all }) => all)
    try {
      for (let i = 0; i < partitions; i++) await Promise.all(groups.map((group) => group.add(i)))
      await Promise.all(groups.map((group) => untilBalanced(group.living, partitions)))
      let count = 0
      const readMore = async (): Promise<void> => {
        const values = await produceNumbers(topic, { from: count, count: perTurn })
        count += perTurn
        for (const { all } of groups) await untilRead(all, values)
        for (const { all } of groups) await untilCommitted(all, { count })
      }
      await readMore()
      await leaveOffsets(topic, isClassicAlone ? ['classic'] : ['classic', 'consumer'])
      for (let turn = 0; turn < turns; turn++) {
        const isReplaced = turn % 2 === 1
        const replaced = groups.filter(({ isStatic }) => isStatic && isReplaced)
        const before = await groupTables()
        await Promise.all(replaced.map((group) => group.living[0]?.leave()))
        await nextTurn(turn % 4 < 2 ? 'stop' : 'kill')
        await Promise.all(replaced.map((group) => group.add(0)))
        await Promise.all(groups.map((group) => untilBalanced(group.living, partitions)))
        const after = await groupTables()
        for (const [what, rows] of Object.entries(before)) {
          const [found, expected] = [after[what] ?? [], rows]
          const message = `${what} in turn ${turn}, ${broker.name}`
          if (isReplaced) assert.deepEqual(withoutIds(found), withoutIds(expected), message)
          else assert.deepEqual(found, expected, message)
        }
        await readMore()
      }
      const values = await readAll(topic)
      const sent = values.flatMap((inPartition, partition) =>
        inPartition.map((value, offset) => ({ partition, offset, value })),
      )
      await Promise.all(groups.map((group) => group.assertHistory(sent)))
      context.diagnostic(`${turns} turns, ${groups.length} groups with ${members().length} members, ${count} records`)
    } finally {
      await Promise.all(members().map((member) => member.kill()))
    }
  })
})
