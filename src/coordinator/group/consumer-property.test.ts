import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leavingEpoch, leavingStaticEpoch } from './consumer-member.ts'
import { ConsumerClient } from './test-support/consumer-client.ts'
import { turns } from './test-support/group-fixture.ts'
import { GroupWorld, type WorldAction } from './test-support/group-world.ts'

interface ClientKind {
  readonly isStatic: boolean
  readonly topicNames: readonly string[]
  readonly topicRegex: string | null
}

const clientKinds: readonly ClientKind[] = [
  { isStatic: false, topicNames: ['t'], topicRegex: null },
  { isStatic: false, topicNames: ['t', 'u'], topicRegex: null },
  { isStatic: false, topicNames: [], topicRegex: '[tu]' },
  { isStatic: true, topicNames: ['t', 'u'], topicRegex: null },
  { isStatic: true, topicNames: ['u'], topicRegex: null },
]

type OfClient = 'step' | 'lazy' | 'leave' | 'leave-for-now' | 'crash' | 'restart'

type Action =
  | { readonly kind: OfClient; readonly client: number }
  /** Everybody does a step. */
  | { readonly kind: 'round' }
  | WorldAction

const ofClient = (kind: OfClient): fc.Arbitrary<Action> =>
  fc.nat({ max: clientKinds.length - 1 }).map((client) => ({ kind, client }))

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Action>({ kind: 'round' }) },
  { weight: 16, arbitrary: ofClient('step') },
  { weight: 3, arbitrary: ofClient('lazy') },
  { weight: 1, arbitrary: ofClient('leave') },
  { weight: 1, arbitrary: ofClient('leave-for-now') },
  { weight: 1, arbitrary: ofClient('crash') },
  { weight: 3, arbitrary: ofClient('restart') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 500, 5000, 19_999, 20_000, 50_000).map((ms): Action => ({ kind: 'advance', ms })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('hold', 'commit', 'commit', 'lose', 'refuse', 'load').map((kind): Action => ({ kind })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('t', 'u', 'v'), fc.integer({ min: 1, max: 6 }))
      .map(([name, partitionCount]): Action => ({ kind: 'topic', name, partitionCount })),
  },
)

/** A group of consumers, a coordinator that may be replaced, and what must hold whatever they do. */
class World {
  readonly #world: GroupWorld
  readonly #clients: ConsumerClient[] = []
  #lives = 0
  #epochSeen = 0

  constructor(settings: Readonly<Record<string, string>>) {
    this.#world = new GroupWorld(settings)
    for (const index of clientKinds.keys()) this.#restart(index)
  }

  async start(): Promise<void> {
    await this.#world.start()
    await this.run({ kind: 'topic', name: 't', partitionCount: 3 })
  }

  #restart(index: number): void {
    const before = this.#clients[index]
    if (before !== undefined) before.isOver = true
    const kind = clientKinds[index]
    assert.ok(kind)
    this.#clients[index] = new ConsumerClient({
      memberId: `c${index}-${++this.#lives}`,
      instanceId: kind.isStatic ? `i${index}` : null,
      topicNames: kind.topicNames,
      topicRegex: kind.topicRegex,
    })
  }

  async run(action: Action): Promise<void> {
    if ('client' in action) this.#runClient(action)
    else if (action.kind === 'round') for (const client of this.#clients) client.step(this.#world.broker.groups)
    else await this.#world.act(action)
    await turns()
    this.#check()
  }

  #runClient({ kind, client: index }: Extract<Action, { client: number }>): void {
    const client = this.#clients[index]
    assert.ok(client)
    const { groups } = this.#world.broker
    if (kind === 'step') client.step(groups)
    else if (kind === 'lazy') client.step(groups, true)
    else if (kind === 'leave') client.leave(groups, leavingEpoch)
    else if (kind === 'leave-for-now')
      client.leave(groups, clientKinds[index]?.isStatic ? leavingStaticEpoch : leavingEpoch)
    else if (kind === 'crash') client.isOver = true
    else this.#restart(index)
  }

  get #living(): readonly ConsumerClient[] {
    return this.#clients.filter(({ isOver }) => !isOver)
  }

  #describe() {
    const { groups } = this.#world.broker
    const isKnown = groups.list({ states: [], types: [] }).some(({ groupId }) => groupId === 'g')
    return isKnown ? groups.describeConsumer('g') : undefined
  }

  #check(): void {
    assert.deepEqual(this.#world.broker.faults, [])
    const description = this.#describe()
    if (description === undefined) return
    const { epoch, assignmentEpoch, members } = description
    assert.ok(epoch >= this.#epochSeen, 'epochs of the group only grow')
    assert.ok(assignmentEpoch <= epoch)
    this.#epochSeen = epoch
    const known = new Map(members.map(({ member }) => [member.memberId, member.memberEpoch]))
    const owners = new Map<string, string>()
    for (const client of this.#living) {
      const { memberId } = client.options
      // Who has been taken out owns nothing in this group, and learns it with its next heartbeat.
      if (known.get(memberId) !== client.memberEpoch) continue
      for (const partition of client.owned) {
        assert.equal(owners.get(partition), undefined, `${memberId} owns ${partition}, and so does another`)
        owners.set(partition, memberId)
      }
    }
  }

  /** From here on everybody behaves: soon the group is stable, and each partition has one owner. */
  async settle(): Promise<void> {
    await this.run({ kind: 'commit' })
    for (let seconds = 0; seconds < 300 && this.#unsettled() !== undefined; seconds += 5) {
      for (let rounds = 0; rounds < 3; rounds++) await this.run({ kind: 'round' })
      await this.run({ kind: 'advance', ms: 5000 })
    }
    assert.equal(this.#unsettled(), undefined)
  }

  #unsettled(): string | undefined {
    const living = this.#living
    const description = this.#describe()
    const members = description?.members.map(({ member }) => member.memberId).sort() ?? []
    const ids = living.map(({ options }) => options.memberId).sort()
    if (ids.join() !== members.join()) return `${ids} live, ${members} are known`
    if (living.length === 0) return undefined
    if (!living.every(({ isSettled }) => isSettled)) return 'some are not settled'
    if (description?.state !== 'Stable') return description?.state ?? 'no group'
    const owned = living.reduce((sum, client) => sum + client.owned.size, 0)
    const wanted = this.#subscribedCount(living)
    return owned === wanted ? undefined : `${owned} partitions of ${wanted} are owned`
  }

  #subscribedCount(living: readonly ConsumerClient[]): number {
    const names = new Set(
      living.flatMap(({ options }) => (options.topicRegex === null ? options.topicNames : ['t', 'u'])),
    )
    return [...names].reduce((sum, name) => sum + this.#world.topics.partitionCount(name), 0)
  }
}

/** `ODRADEK_RUNS=n` tries more. */
const numRuns = Number(process.env['ODRADEK_RUNS'] ?? 100)

for (const intervalMs of ['0', '1000']) {
  test(`whatever consumers do, a partition has one owner and epochs grow; who behaves is served (interval ${intervalMs} ms)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80, size: 'max' }), async (actions) => {
        const world = new World({ 'group.consumer.assignment.interval.ms': intervalMs })
        await world.start()
        for (const action of actions) await world.run(action)
        await world.settle()
      }),
      { numRuns },
    )
  })
}
