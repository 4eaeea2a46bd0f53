import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRecords } from '../../records/index.ts'
import type { StoredGroup } from './group-record.ts'
import { decodeGroupRecord } from './group-record-codec.ts'
import type { GroupService } from './group-service.ts'
import { ClassicClient, type Owned, partitionCount } from './test-support/classic-client.ts'
import { turns } from './test-support/group-fixture.ts'
import { GroupWorld, type WorldAction } from './test-support/group-world.ts'

interface ClientKind {
  readonly isStatic: boolean
  readonly version: number
}

const clientKinds: readonly ClientKind[] = [
  { isStatic: false, version: 3 },
  { isStatic: false, version: 9 },
  { isStatic: false, version: 9 },
  { isStatic: true, version: 8 },
  { isStatic: true, version: 9 },
]

type OfClient = 'step' | 'rejoin' | 'resync' | 'leave' | 'crash' | 'restart'

type Action =
  | { readonly kind: OfClient; readonly client: number }
  /** Everybody does a step. */
  | { readonly kind: 'round' }
  | WorldAction

const ofClient = (kind: OfClient): fc.Arbitrary<Action> =>
  fc.nat({ max: clientKinds.length - 1 }).map((client) => ({ kind, client }))

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Action>({ kind: 'round' }) },
  { weight: 12, arbitrary: ofClient('step') },
  { weight: 2, arbitrary: ofClient('rejoin') },
  { weight: 2, arbitrary: ofClient('resync') },
  { weight: 1, arbitrary: ofClient('leave') },
  { weight: 1, arbitrary: ofClient('crash') },
  { weight: 2, arbitrary: ofClient('restart') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 500, 3000, 9999, 10_000, 25_000).map((ms): Action => ({ kind: 'advance', ms })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('hold', 'commit', 'commit', 'lose', 'refuse', 'load').map((kind): Action => ({ kind })),
  },
)

/** A group of clients, a coordinator that may be replaced, and what must hold whatever they do. */
class World {
  readonly #world: GroupWorld
  readonly #clients: ClassicClient[] = []
  /** By generation and partition: who was given it, under the name that outlives its ids. */
  readonly #owners = new Map<string, string>()
  readonly #violations: string[] = []
  #lives = 0
  #generationSeen = 0

  constructor(settings: Readonly<Record<string, string>>) {
    this.#world = new GroupWorld(settings)
    for (const index of clientKinds.keys()) this.#restart(index)
  }

  get #groups(): GroupService {
    return this.#world.broker.groups
  }

  async start(): Promise<void> {
    await this.#world.start()
  }

  #restart(index: number): void {
    const before = this.#clients[index]
    if (before !== undefined) before.isOver = true
    const kind = clientKinds[index]
    assert.ok(kind)
    this.#lives++
    this.#clients[index] = new ClassicClient({
      name: `c${index}`,
      groupInstanceId: kind.isStatic ? `i${index}` : null,
      version: kind.version,
      owns: (owned) => this.#noteOwner(owned),
    })
  }

  /** One partition, one owner: in one generation a partition is given to one member, or to its next life (KIP-345). */
  #noteOwner({ generationId, partitions, owner }: Owned): void {
    for (const partition of partitions) {
      const key = `generation ${generationId}, partition ${partition}`
      const other = this.#owners.get(key) ?? owner
      if (other !== owner) this.#violations.push(`${key}: ${other} and ${owner}`)
      this.#owners.set(key, owner)
    }
  }

  async run(action: Action): Promise<void> {
    if ('client' in action) this.#runClient(action)
    else if (action.kind === 'round') for (const client of this.#clients) client.step(this.#groups, this.#lives)
    else await this.#act(action)
    await turns()
    this.#check()
  }

  async #act(action: WorldAction): Promise<void> {
    if (action.kind === 'load') this.#generationSeen = 0
    await this.#world.act(action)
  }

  #runClient({ kind, client: index }: Extract<Action, { client: number }>): void {
    const client = this.#clients[index]
    assert.ok(client)
    const groups = this.#groups
    if (kind === 'step') client.step(groups, this.#lives)
    else if (kind === 'rejoin') client.rejoin(groups, this.#lives)
    else if (kind === 'resync') client.resync(groups)
    else if (kind === 'leave') client.leave(groups)
    else if (kind === 'crash') client.isOver = true
    else this.#restart(index)
  }

  #check(): void {
    assert.deepEqual(this.#violations, [])
    assert.deepEqual(this.#world.broker.faults, [])
    const { events } = this.#groups.historyOf('g')
    for (const event of events) {
      assert.ok(event.epochAfter >= event.epoch)
    }
    const generationId = events.at(-1)?.epochAfter ?? this.#generationSeen
    assert.ok(generationId >= this.#generationSeen, 'generations only grow')
    this.#generationSeen = generationId
    this.#checkStored()
  }

  /** What the next coordinator would know of the group. */
  #stored(): StoredGroup | undefined {
    const records = this.#world.partition.batches.flatMap((batch) => [...readRecords(batch, 0, 1 << 20)])
    let stored: StoredGroup | undefined
    for (const { key, value } of records) {
      const record = key === null ? undefined : decodeGroupRecord(key, value)
      if (record?.kind !== 'classic-group' || record.value === null) continue
      assert.ok(record.value.generationId >= (stored?.generationId ?? 0), 'stored generations only grow')
      stored = record.value
    }
    return stored
  }

  #checkStored(): void {
    if (this.#world.partition.isWaiting) return
    const stored = this.#stored()
    for (const { memberId, generationId, partitions, state } of this.#living) {
      if (state !== 'member' || generationId !== stored?.generationId) continue
      const member = stored.members.find((it) => it.memberId === memberId)
      if (member !== undefined)
        assert.deepEqual([...member.assignment], partitions, 'what is stored is what members have')
    }
  }

  /** From here on everybody behaves: soon whoever lives is a member, and each partition has one owner. */
  async settle(): Promise<void> {
    await this.run({ kind: 'commit' })
    for (let seconds = 0; seconds < 300 && this.#unsettled() !== undefined; seconds++) {
      for (let rounds = 0; rounds < 3; rounds++) await this.run({ kind: 'round' })
      await this.run({ kind: 'advance', ms: 1000 })
    }
    assert.equal(this.#unsettled(), undefined)
  }

  get #living(): readonly ClassicClient[] {
    return this.#clients.filter(({ isOver }) => !isOver)
  }

  #unsettled(): string | undefined {
    const living = this.#living
    const { state, members } = this.#groups.describe('g')
    const known = members.map(({ memberId }) => memberId).sort()
    const ids = living.map(({ memberId }) => memberId).sort()
    if (ids.join() !== known.join()) return `${ids} live, ${known} are known`
    const out = living.find((client) => client.state !== 'member')
    if (out !== undefined) return `${out.memberId} is ${out.state}`
    if (living.length === 0) return undefined
    const owned = living.flatMap(({ partitions }) => partitions).sort()
    const isWhole = owned.length === partitionCount && owned.every((partition, i) => partition === i)
    return state === 'Stable' && isWhole ? undefined : `${state}, ${owned} are owned`
  }
}

/** `ODRADEK_RUNS=n` tries more. */
const numRuns = Number(process.env['ODRADEK_RUNS'] ?? 100)

for (const delayMs of ['0', '3000']) {
  test(`whatever members do, a partition has one owner and generations grow; who behaves is served (delay ${delayMs} ms)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80, size: 'max' }), async (actions) => {
        const world = new World({ 'group.initial.rebalance.delay.ms': delayMs })
        await world.start()
        for (const action of actions) await world.run(action)
        await world.settle()
      }),
      { numRuns },
    )
  })
}
