/** For tests: a life of a partition under a seed, made of all that may happen to it and to the brokers that have it. */
import { id } from './controller-fixture.ts'
import { ElectionFixture } from './election-fixture.ts'

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

export interface LifeOptions {
  readonly seed: number
  /** Four of them; three have the partition at first. */
  readonly brokerIds: readonly number[]
  /** Only what Kafka decides alike (`docs/parity.md`), and at once: there a broker that went begins anew when its session is over. */
  readonly isKafkas: boolean
}

export class PartitionLife {
  readonly fixture: ElectionFixture
  readonly topicConfigs: Readonly<Record<string, string>>
  readonly #options: LifeOptions
  readonly #below: (bound: number) => number
  readonly #minInSyncReplicas: number
  #incarnations = 0

  constructor(options: LifeOptions) {
    this.#options = options
    this.#below = generator(options.seed)
    this.#minInSyncReplicas = 1 + this.#below(3)
    this.topicConfigs = {
      'min.insync.replicas': `${this.#minInSyncReplicas}`,
      'unclean.leader.election.enable': `${this.#below(3) === 0}`,
    }
    this.fixture = new ElectionFixture([options.brokerIds.slice(0, 3)], this.topicConfigs)
    this.fixture.start(...options.brokerIds.slice(3))
  }

  get brokerIds(): readonly number[] {
    return this.#options.brokerIds
  }

  #some(): readonly number[] {
    const { brokerIds } = this.#options
    const shuffled = brokerIds.map((it) => [this.#below(1000), it] as const).sort(([a], [b]) => a - b)
    return shuffled.slice(0, 1 + this.#below(brokerIds.length)).map(([, it]) => it)
  }

  #broker(): number {
    const { brokerIds } = this.#options
    return brokerIds[this.#below(brokerIds.length)] ?? -1
  }

  /** Who went under control begins anew, and has lost what it had or not; who was fenced beats again. */
  #start(brokerId: number): void {
    const { fixture } = this
    if (fixture.controller.state.isActive(brokerId)) return
    const wasClean = this.#below(2) === 0
    if (fixture.controller.state.brokers.get(brokerId)?.registration.inControlledShutdown) {
      const given = {
        incarnationId: id(`i${brokerId}.${this.#incarnations++}`),
        previousBrokerEpoch: wasClean ? fixture.epochOf(brokerId) : -1,
      }
      fixture.register(brokerId, given, true)
    }
    fixture.heartbeat(brokerId)
  }

  #reassign(target: readonly number[]): void {
    const { fixture } = this
    const { addingReplicas, removingReplicas } = fixture.partition()
    const isUnderWay = addingReplicas.length + removingReplicas.length > 0
    if (this.#options.isKafkas && (isUnderWay || this.#minInSyncReplicas > 1)) return
    fixture.reassign(target)
  }

  /** Says what happened. */
  step(): string {
    const { fixture } = this
    const brokerId = this.#broker()
    const some = this.#some()
    const { leader, isr, replicas, leaderRecoveryState } = fixture.partition()
    switch (this.#below(9)) {
      case 0:
        if (fixture.controller.state.isActive(brokerId)) fixture.heartbeat(brokerId, { wantFence: true })
        return `fence ${brokerId}`
      case 1:
      case 2:
        this.#start(brokerId)
        return `start ${brokerId}`
      case 3:
        if (!this.#options.isKafkas && fixture.controller.state.isActive(brokerId)) {
          fixture.heartbeat(brokerId, { wantShutDown: true })
        }
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
        this.#reassign(some)
        return `reassign ${some}`
      default:
        fixture.reassign(null)
        return 'call off'
    }
  }
}
