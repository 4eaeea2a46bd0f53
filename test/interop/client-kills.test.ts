/**
 * Our own producer and a group of our own consumers while their broker is killed, again and again, and a member with it now and then:
 * what was acknowledged is there once and in order, and the group reads all of it, in order, from where it has committed. The same
 * over the deaths of a leader among three is in `ride-through`.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { historyFaults } from '../history.ts'
import { untilBalanced, untilRead } from './group.ts'
import { assertOnce, partitions, readAll, untilProgress } from './kept.ts'
import { isShortRun, uniqueName } from './kit.ts'
import { Load } from './load.ts'
import { Member, type MemberKind, type Membership, memberKinds, tellsOf } from './member.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { createTopic } from './topics.ts'

const rounds = isShortRun ? 2 : 20
const kindName = 'odradek, classic'
/** Who lives must not be missed, however busy the machine is. */
const sessionTimeoutMs = 12_000

let broker: Broker

before(async () => {
  broker = await startOwnBroker({ name: 'client-kills', settings: quickGroups })
})
after(() => broker.stop())

/** One for each partition. */
class Members {
  readonly #kind: MemberKind
  readonly #membership: Membership
  readonly #all: Member[] = []
  #living: Member[] = []

  constructor(topic: string) {
    const kind = memberKinds[kindName]
    assert.ok(kind)
    this.#kind = kind
    this.#membership = { topic, group: uniqueName('killed'), sessionTimeoutMs }
  }

  async fill(): Promise<void> {
    while (this.#living.length < partitions) {
      const member = await Member.start(this.#kind, this.#membership)
      this.#all.push(member)
      this.#living.push(member)
    }
  }

  async killOne(): Promise<void> {
    await this.#living.shift()?.kill()
  }

  async untilWell(load: Load): Promise<void> {
    await untilBalanced(this.#living, partitions)
    await untilRead(this.#all, [...load.acknowledged.values()])
  }

  assertHistory(load: Load): void {
    for (const member of this.#living) assert.ok(member.isRunning, `${member}`)
    const events = this.#all.flatMap((member) => member.events)
    assert.deepEqual(historyFaults({ events, sent: load.sent, tells: tellsOf(kindName) }), [])
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((member) => member.kill()))
  }

  toString(): string {
    const given = this.#all.reduce((sum, { events }) => sum + events.filter(({ kind }) => kind === 'polled').length, 0)
    return `${this.#all.length} members were given ${given}`
  }
}

async function round(load: Load, members: Members, number: number): Promise<void> {
  await untilProgress([load])
  const killsMember = number % 2 === 1
  // Both are away at once: the broker has to notice when it is there again.
  await Promise.all([broker.process.kill(), killsMember ? members.killOne() : undefined])
  broker = await broker.again()
  await members.fill()
  await untilProgress([load])
  await members.untilWell(load)
}

test(`our own clients, their broker killed ${rounds} times`, { timeout: 1_800_000 }, async (context) => {
  const topic = await createTopic({ prefix: 'killed', partitions })
  const options = { topic, prefix: '0.', rate: 500, acks: -1, codec: 'lz4', idempotent: true } as const
  const load = await Load.start('odradek', options)
  const members = new Members(topic)
  try {
    await members.fill()
    for (let number = 0; number < rounds; number++) await round(load, members, number)
    await load.stop()
    const read = await readAll(topic)
    assertOnce(load, read)
    await members.untilWell(load)
    members.assertHistory(load)
    context.diagnostic(`${load.count} records acknowledged, each there once; ${members}`)
  } finally {
    await load.kill()
    await members.end()
  }
})
