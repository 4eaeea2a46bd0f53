/**
 * For property tests of groups: a coordinator over one partition, with what can happen around it: time passes, appends
 * wait, are lost or refused, another broker takes over.
 */
import { ErrorCode } from '../../../protocol/index.ts'
import { GroupBroker, ManualClock, MemoryPartition, turns } from './group-fixture.ts'
import { TranscriptTopics } from './transcript-topics.ts'

export type WorldAction =
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'hold' | 'commit' | 'lose' | 'refuse' | 'load' }
  | { readonly kind: 'topic'; readonly name: string; readonly partitionCount: number }

export class GroupWorld {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly topics = new TranscriptTopics()
  readonly #settings: Readonly<Record<string, string>>
  broker: GroupBroker
  #leaderEpoch = 0

  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings
    this.broker = this.#newBroker()
  }

  #newBroker(): GroupBroker {
    return new GroupBroker({ clock: this.clock, settings: this.#settings })
  }

  async start(): Promise<void> {
    await this.broker.lead(this.partition)
  }

  async act(action: WorldAction): Promise<void> {
    const { partition } = this
    switch (action.kind) {
      case 'advance':
        await this.#advance(action.ms)
        break
      case 'hold':
        partition.commitsAtOnce = false
        break
      case 'commit':
        partition.commitsAtOnce = true
        partition.commit()
        break
      case 'lose':
        this.#lose()
        break
      case 'refuse':
        partition.refuseOnce(ErrorCode.NOT_ENOUGH_REPLICAS)
        break
      case 'load':
        await this.#load()
        break
      case 'topic':
        this.topics.change(new Map([[action.name, action.partitionCount]]), this.broker.groups)
    }
    await turns()
  }

  async #advance(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms
    while ((this.clock.nextTimerMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
      this.clock.advance((this.clock.nextTimerMs ?? untilMs) - this.clock.now())
      await turns()
    }
    this.clock.advance(untilMs - this.clock.now())
  }

  /** All that waits: what is appended later is never committed earlier. */
  #lose(): void {
    this.partition.commitsAtOnce = true
    this.partition.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  /** Another broker; what was not committed is lost with the one before. */
  async #load(): Promise<void> {
    this.#lose()
    this.broker.groups.stop()
    this.broker = this.#newBroker()
    this.topics.tell(this.broker.groups)
    await this.broker.lead(this.partition, { leaderEpoch: ++this.#leaderEpoch })
  }
}
