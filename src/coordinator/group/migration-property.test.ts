import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../base/index.ts'
import { readAssignment } from './consumer-bytes.ts'
import { leavingEpoch, leavingStaticEpoch } from './consumer-member.ts'
import { ClassicClient, type ClientBytes, partitionCount } from './test-support/classic-client.ts'
import { ConsumerClient } from './test-support/consumer-client.ts'
import { turns } from './test-support/group-fixture.ts'
import { GroupWorld, type WorldAction } from './test-support/group-world.ts'
import { ownedOf, storedConsumers } from './test-support/stored-consumers.ts'
import { assignmentBytes, subscriptionBytes } from './test-support/transcript-bytes.ts'

const bytes: ClientBytes = {
  subscription: subscriptionBytes('@t'),
  assignment: (partitions) => assignmentBytes(partitions.length === 0 ? '@' : `@t-${partitions.join('/')}`),
  partitionsOf: (assignment) =>
    assignment.length === 0
      ? []
      : readAssignment(assignment).assignedPartitions.flatMap(({ partitions }) => partitions),
}

const kinds = [
  { speaks: 'classic', instanceId: null },
  { speaks: 'classic', instanceId: 'i1' },
  { speaks: 'consumer', instanceId: null },
  { speaks: 'consumer', instanceId: 'i1' },
] as const

type Action =
  | { readonly kind: 'step' | 'leave' | 'crash' | 'restart'; readonly client: number }
  /** Everybody does a step. */
  | { readonly kind: 'round' }
  | WorldAction

const ofClient = (kind: Extract<Action, { client: number }>['kind']): fc.Arbitrary<Action> =>
  fc.nat({ max: kinds.length - 1 }).map((client) => ({ kind, client }))

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Action>({ kind: 'round' }) },
  { weight: 10, arbitrary: ofClient('step') },
  { weight: 2, arbitrary: ofClient('leave') },
  { weight: 1, arbitrary: ofClient('crash') },
  { weight: 3, arbitrary: ofClient('restart') },
  { weight: 4, arbitrary: fc.constantFrom(1, 3000, 10_000, 45_000).map((ms): Action => ({ kind: 'advance', ms })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('hold', 'commit', 'commit', 'lose', 'refuse', 'load').map((kind): Action => ({ kind })),
  },
)

type Client = ClassicClient | ConsumerClient

/** Clients of both protocols in one group. */
class World {
  readonly #world: GroupWorld
  readonly #clients: Client[] = []
  #lives = 0

  constructor(initialDelayMs: number) {
    this.#world = new GroupWorld({
      'group.consumer.assignment.interval.ms': '0',
      'group.initial.rebalance.delay.ms': String(initialDelayMs),
    })
  }

  async start(): Promise<void> {
    await this.#world.start()
    await this.#world.act({ kind: 'topic', name: 't', partitionCount })
    for (const index of kinds.keys()) {
      this.#restart(index)
      // Who begins is drawn with the actions.
      this.#end(index)
    }
  }

  #end(index: number): void {
    const client = this.#clients[index]
    if (client !== undefined) client.isOver = true
  }

  #restart(index: number): void {
    const kind = kinds[index]
    assert.ok(kind)
    const { speaks, instanceId } = kind
    // An instance lives once, in one protocol or the other.
    for (const [other, it] of kinds.entries())
      if (other === index || it.instanceId === (instanceId ?? '')) this.#end(other)
    const name = `${speaks}${index}`
    this.#lives++
    this.#clients[index] =
      speaks === 'classic'
        ? new ClassicClient({ name, bytes, version: 9, groupInstanceId: instanceId, owns: () => undefined })
        : new ConsumerClient({
            memberId: `${name}-${this.#lives}`,
            instanceId,
            topicNames: ['t'],
            topicRegex: null,
          })
  }

  async run(action: Action): Promise<void> {
    if (action.kind === 'round') for (const client of this.#clients) this.#step(client)
    else if ('client' in action) this.#runClient(action)
    else await this.#world.act(action)
    await turns()
    this.#check()
  }

  #step(client: Client): void {
    const { groups } = this.#world.broker
    if (client instanceof ClassicClient) client.step(groups, this.#lives)
    else client.step(groups)
  }

  #runClient({ kind, client: index }: Extract<Action, { client: number }>): void {
    const client = this.#clients[index]
    assert.ok(client)
    if (kind === 'step') this.#step(client)
    else if (kind === 'crash') client.isOver = true
    else if (kind === 'restart') this.#restart(index)
    else if (!client.isOver) this.#leave(client)
  }

  /** A static member says that it comes back. */
  #leave(client: Client): void {
    const { groups } = this.#world.broker
    if (client instanceof ClassicClient) client.leave(groups)
    else client.leave(groups, client.options.instanceId === null ? leavingEpoch : leavingStaticEpoch)
  }

  #check(): void {
    assert.deepEqual(this.#world.broker.faults, [])
    const owned = [...storedConsumers(this.#world.partition.batches, 'g').members.values()].flatMap(ownedOf)
    assert.equal(new Set(owned).size, owned.length, `${owned}: something has two owners`)
  }

  /** From here on everybody behaves: soon whoever lives is a member, of one protocol or the other, and all is read once. */
  async settle(): Promise<void> {
    await this.run({ kind: 'commit' })
    for (let seconds = 0; seconds < 300 && this.#unsettled() !== undefined; seconds++) {
      for (let rounds = 0; rounds < 3; rounds++) await this.run({ kind: 'round' })
      await this.run({ kind: 'advance', ms: 1000 })
    }
    assert.equal(this.#unsettled(), undefined)
  }

  #unsettled(): string | undefined {
    const living = this.#clients.filter(({ isOver }) => !isOver)
    if (living.length === 0) return undefined
    const { state, size } = this.#shown()
    if (state !== 'Stable' || size !== living.length) return `${size} members are ${state}, ${living.length} live`
    const read = living.flatMap((client) =>
      client instanceof ClassicClient ? client.partitions : [...client.owned].map((key) => Number(key.slice(17))),
    )
    return read.sort().join() === Array.from({ length: partitionCount }, (_, i) => i).join()
      ? undefined
      : `${read} read`
  }

  #shown(): { readonly state: string; readonly size: number } {
    const { groups } = this.#world.broker
    try {
      const { state, members } = groups.describeConsumer('g')
      return { state, size: members.length }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const { state, members } = groups.describe('g')
      return { state, size: members.length }
    }
  }
}

/** `ODRADEK_RUNS=n` tries more. */
const numRuns = Number(process.env['ODRADEK_RUNS'] ?? 40)

test('a group of both protocols: whatever its members do, a partition has one owner, and who behaves is served', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 3000),
      fc.array(action, { maxLength: 60, size: 'max' }),
      async (delay, actions) => {
        const world = new World(delay)
        await world.start()
        for (const one of actions) await world.run(one)
        await world.settle()
      },
    ),
    { numRuns },
  )
})
