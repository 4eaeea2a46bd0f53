/** Any sequence of what may happen to a partition, under a seed: what always holds, and that replay gives the same again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionImage } from '../image/partition-image.ts'
import { Controller } from './controller.ts'
import { id } from './controller-fixture.ts'
import { ElectionFixture } from './election-fixture.ts'

const seeds = 60
const steps = 120
const brokerIds = [1, 2, 3, 4]

/** Small and good enough: xorshift. */
function generator(seed: number) {
  let state = seed * 2_654_435_761 + 1
  return (bound: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

class Life {
  readonly fixture: ElectionFixture
  readonly #below: (bound: number) => number
  #incarnations = 0

  constructor(seed: number) {
    this.#below = generator(seed)
    const allows = (one: number): string => `${this.#below(3) < one}`
    this.fixture = new ElectionFixture([[1, 2, 3]], {
      'min.insync.replicas': `${1 + this.#below(3)}`,
      'unclean.leader.election.enable': allows(1),
    })
    this.fixture.start(4)
  }

  #some(): readonly number[] {
    const shuffled = brokerIds.map((it) => [this.#below(1000), it] as const).sort(([a], [b]) => a - b)
    return shuffled.slice(0, 1 + this.#below(brokerIds.length)).map(([, it]) => it)
  }

  #broker(): number {
    return 1 + this.#below(brokerIds.length)
  }

  #start(brokerId: number): void {
    const { fixture } = this
    if (fixture.controller.state.isActive(brokerId)) return
    const wasClean = this.#below(2) === 0
    const given = {
      incarnationId: id(`i${brokerId}.${this.#incarnations++}`),
      previousBrokerEpoch: wasClean ? fixture.epochOf(brokerId) : -1,
    }
    fixture.register(brokerId, given, true)
    fixture.heartbeat(brokerId)
  }

  /** Says what happened. */
  step(): string {
    const { fixture } = this
    const brokerId = this.#broker()
    const some = this.#some()
    const { leader, isr, replicas, leaderRecoveryState } = fixture.partition()
    switch (this.#below(9)) {
      case 0:
        if (fixture.controller.state.isActive(brokerId)) fixture.kill(brokerId)
        return `kill ${brokerId}`
      case 1:
      case 2:
        this.#start(brokerId)
        return `start ${brokerId}`
      case 3:
        if (fixture.controller.state.isActive(brokerId)) fixture.heartbeat(brokerId, { wantShutDown: true })
        return `shut down ${brokerId}`
      case 4: {
        const members = [leader, ...isr.filter((it) => it !== leader && this.#below(2) === 0)]
        if (leader >= 0)
          fixture.alterIsr(members, { leaderRecoveryState: members.length > 1 ? 0 : leaderRecoveryState })
        return `ISR ${members}`
      }
      case 5: {
        const members = [...new Set([leader, ...isr, ...some.filter((it) => replicas.includes(it))])]
        if (leader >= 0) fixture.alterIsr(members)
        return `ISR ${members}`
      }
      case 6:
        fixture.elect(this.#below(2))
        return 'elect'
      case 7:
        fixture.reassign(some)
        return `reassign ${some}`
      default:
        fixture.reassign(null)
        return 'call off'
    }
  }
}

function check(before: PartitionImage, after: PartitionImage, life: Life): void {
  const { replicas, isr, leader, eligibleLeaderReplicas: elr, addingReplicas, removingReplicas } = after
  const { state } = life.fixture.controller
  assert.ok(replicas.length > 0 && new Set(replicas).size === replicas.length, 'replicas')
  assert.equal(after.directories.length, replicas.length, 'a directory for each')
  assert.equal(new Set([...isr, ...elr]).size, isr.length + elr.length, 'nobody is in ISR and ELR')
  for (const all of [isr, elr, addingReplicas, removingReplicas]) {
    assert.deepEqual(
      all.filter((it) => !replicas.includes(it)),
      [],
      'all of them are replicas',
    )
  }
  assert.ok(leader === -1 || isr.includes(leader), 'who leads is in the ISR')
  assert.ok(leader === -1 || state.isActive(leader), 'who leads is there')
  assert.ok(leader === -1 || isr.every((it) => state.isActive(it)), 'nobody who is away is in the ISR of a leader')
  assert.ok(
    addingReplicas.every((it) => !removingReplicas.includes(it)),
    'nobody comes and goes',
  )
  assert.ok(after.leaderEpoch >= before.leaderEpoch && after.partitionEpoch >= before.partitionEpoch, 'epochs grow')
  if (leader !== before.leader) assert.ok(after.leaderEpoch > before.leaderEpoch, 'a new leader, a new epoch')
  const changed = JSON.stringify(after) !== JSON.stringify(before)
  assert.equal(after.partitionEpoch > before.partitionEpoch, changed, 'a change, and no other, has a new epoch')
}

test('seed: whatever happens to a partition', () => {
  const first = Number(process.env.ODRADEK_SEED ?? 1)
  for (let seed = first; seed < first + seeds; seed++) {
    const life = new Life(seed)
    const { fixture } = life
    const told: string[] = []
    try {
      for (let i = 0; i < steps; i++) {
        const before = fixture.partition()
        told.push(life.step())
        check(before, fixture.partition(), life)
      }
    } catch (error) {
      throw new Error(`ODRADEK_SEED=${seed}: ${told.slice(-8).join(', ')}`, { cause: error })
    }
    const again = new Controller(fixture.options)
    for (const [offset, record] of fixture.written.entries()) again.replay(record, offset)
    assert.deepEqual(again.state.partition(fixture.topicId, 0), fixture.partition())
    for (const kind of ['preferred', 'unclean'] as const) {
      assert.deepEqual(again.wantingElection(kind), fixture.controller.wantingElection(kind))
    }
  }
})
