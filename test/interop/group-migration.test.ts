/**
 * A group that is rolled from the classic to the consumer protocol and back, one member at a time, while records come:
 * each partition keeps one owner, and no position is lost.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { historyFaults } from '../history.ts'
import { untilBalanced, untilRead } from './group.ts'
import { groupsTool } from './group-tables.ts'
import { untilProgress } from './kept.ts'
import { isShortRun, uniqueName } from './kit.ts'
import { Load } from './load.ts'
import { javaKinds, Member, type MemberKind, memberKinds, skipMember } from './member.ts'
import { createTopic } from './topics.ts'

const partitions = 6
const size = 3
const timeoutMs = 600_000
const skip = skipMember('java, consumer')

/** From, to, and back. */
const migrations = [
  ['java, classic, range', 'java, consumer, uniform'],
  ['odradek, classic', 'odradek, consumer'],
  ['java, classic, cooperative-sticky', 'java, consumer, range'],
  ['java, classic, roundrobin', 'java, consumer, range'],
  ['java, classic, sticky', 'java, consumer, uniform'],
  ['librdkafka, classic', 'java, consumer, uniform'],
  ['java, classic, cooperative-sticky', 'odradek, consumer'],
  ['odradek, classic', 'java, consumer, range'],
] as const
const chosen = isShortRun ? migrations.slice(0, 2) : migrations

function kindOf(name: string): MemberKind {
  const kind = javaKinds[name] ?? memberKinds[name]
  assert.ok(kind, name)
  return kind
}

class RollingGroup {
  readonly #group = uniqueName('migration')
  readonly #topic: string
  readonly #load: Load
  readonly #all: Member[] = []
  #living: Member[] = []

  constructor(topic: string, load: Load) {
    this.#topic = topic
    this.#load = load
  }

  async start(name: string): Promise<void> {
    for (let i = 0; i < size; i++) await this.#add(name)
    await this.#settle()
  }

  /** One leaves, one comes, until all are of the other kind. */
  async roll(name: string): Promise<void> {
    for (let i = 0; i < size; i++) {
      const [oldest, ...rest] = this.#living
      this.#living = rest
      await oldest?.leave()
      await this.#add(name)
      await this.#settle()
    }
  }

  async assertType(type: 'Classic' | 'Consumer'): Promise<void> {
    assert.match(await groupsTool(['--list', '--type']), new RegExp(`^${this.#group}\\s+${type}\\s*$`, 'm'))
  }

  async assertHistory(): Promise<void> {
    const { acknowledged } = this.#load
    await untilRead(this.#all, [...acknowledged.values()])
    const events = this.#all.flatMap((member) => member.events)
    assert.deepEqual(historyFaults({ events, sent: this.#load.sent, tells: 'all' }), [])
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((member) => member.kill()))
  }

  async #add(name: string): Promise<void> {
    const member = await Member.start(kindOf(name), { topic: this.#topic, group: this.#group })
    this.#all.push(member)
    this.#living.push(member)
  }

  async #settle(): Promise<void> {
    await untilBalanced(this.#living, partitions)
    await untilProgress([this.#load])
  }
}

describe('rolled to the other protocol and back', { skip }, () => {
  for (const [classic, consumer] of chosen) {
    test(`${classic} and ${consumer}`, { timeout: timeoutMs }, async (context) => {
      const topic = await createTopic({ prefix: 'migration', partitions })
      const options = { topic, prefix: '0.', rate: 100, acks: -1, codec: 'none', idempotent: true } as const
      const load = await Load.start('librdkafka', options)
      const group = new RollingGroup(topic, load)
      try {
        await group.start(classic)
        await group.assertType('Classic')
        await group.roll(consumer)
        await group.assertType('Consumer')
        await group.roll(classic)
        await group.assertType('Classic')
        await load.stop()
        await group.assertHistory()
      } finally {
        await load.kill()
        await group.end()
      }
      context.diagnostic(`${load.count} records`)
    })
  }
})
