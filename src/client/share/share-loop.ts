/** Acquires records from the brokers that lead what is assigned, when the application waits for some and none are here. */
import type { Uuid } from '../../base/index.ts'
import { getOrInsert } from '../../base/index.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import type { Deadline } from '../deadline.ts'
import { isRefusal } from '../kafka-error.ts'
import { Pump } from '../pump.ts'
import type { Acknowledged, AcknowledgedPartition } from './pending-acknowledgement.ts'
import { ShareLine, type ShareLineOptions } from './share-line.ts'
import type { SharePartition } from './share-session.ts'

export interface ShareLoopOptions
  extends Omit<ShareLineOptions, 'brokerId' | 'changed' | 'askForLeaders' | 'nameOfTopic'> {
  /** Whether it is subscribed to: the coordinator may not have heard yet that it is not. */
  readonly reads: (topic: string) => boolean
  /** The application waits, and nothing is here. */
  readonly isHungry: () => boolean
  /** Records that it is soon through with: more are not acquired from a broker at a time. */
  readonly soonMax: () => number
  /** Takes care of what waits for the application. Returns when to look again. */
  readonly keep: () => number
}

type Leaders = ReadonlyMap<number, readonly AcknowledgedPartition[]>

interface Found {
  readonly view: ClusterView
  readonly assigned: readonly SharePartition[]
  readonly byLeader: Leaders
  /** Of some it is not known who leads them. */
  readonly isMissing: boolean
}

export class ShareLoop {
  readonly #options: ShareLoopOptions
  readonly #pump: Pump
  readonly #lines = new Map<number, ShareLine>()
  #assigned: readonly SharePartition[] = []
  /** Who leads what, as it was found out last. */
  #found: Found | undefined
  /** Whose turn it is, where one broker is asked at a time. */
  #turn = 0

  constructor(options: ShareLoopOptions) {
    this.#options = options
    this.#pump = new Pump(options.clock, () => this.#decide())
  }

  /** Something has changed: what is assigned, who leads it, whether records are waited for. */
  wake(): void {
    this.#pump.wake()
  }

  assign(partitions: readonly SharePartition[]): void {
    this.#assigned = partitions
    this.wake()
  }

  /** Other topics are read now. */
  subscribed(): void {
    this.#found = undefined
    this.wake()
  }

  /** Sends what was said of records. Resolves with what becomes of it. */
  async flush(): Promise<readonly Acknowledged[]> {
    const results = await Promise.all([...this.#lines.values()].map((line) => line.flush()))
    return results.flat().filter(({ ranges }) => ranges.length > 0)
  }

  /** Sends what was said of records, and gives back all others. */
  async close(deadline: Deadline): Promise<void> {
    this.#pump.close()
    await Promise.all([...this.#lines.values()].map((line) => line.close(deadline)))
  }

  /** Returns when to look again. */
  #decide(): number {
    const byLeader = this.#byLeader()
    for (const brokerId of byLeader.keys()) getOrInsert(this.#lines, brokerId, () => this.#line(brokerId))
    const { isHungry, settings, keep, soonMax } = this.#options
    const mayFetch = this.#fetching(byLeader)
    let wakeMs = keep()
    for (const [brokerId, line] of this.#lines) {
      const wanted = {
        partitions: byLeader.get(brokerId) ?? [],
        isHungry: isHungry() && mayFetch(brokerId),
        maxRecords: Math.min(settings.maxPollRecords, soonMax()),
      }
      wakeMs = Math.min(wakeMs, line.decide(wanted))
    }
    return wakeMs
  }

  /** With a limit on records one broker is asked at a time, or there would be more of them (KIP-1206). */
  #fetching(byLeader: ReadonlyMap<number, unknown>): (brokerId: number) => boolean {
    if (this.#options.settings.shareAcquireMode !== 'record_limit') return () => true
    const leaders = [...byLeader.keys()]
    if ([...this.#lines.values()].some(({ isFetching }) => isFetching) || leaders.length === 0) return () => false
    const chosen = leaders[this.#turn++ % leaders.length]
    return (brokerId) => brokerId === chosen
  }

  #byLeader(): Leaders {
    const { view } = this.#options.metadata
    const found = this.#found
    const isSame = found !== undefined && found.view === view && found.assigned === this.#assigned
    const { byLeader, isMissing } = isSame ? found : this.#find(view)
    if (isMissing) this.#askForLeaders()
    return byLeader
  }

  #find(view: ClusterView): Found {
    const names = new Map([...view.topics.values()].map(({ id, name }) => [id, name]))
    const byLeader = new Map<number, AcknowledgedPartition[]>()
    let isMissing = false
    for (const { topicId, partition } of this.#assigned) {
      const topic = names.get(topicId)
      if (topic !== undefined && !this.#options.reads(topic)) continue
      const leaderId = topic === undefined ? undefined : view.partition(topic, partition)?.leaderId
      if (topic === undefined || leaderId === undefined || !view.brokers.has(leaderId)) isMissing = true
      else getOrInsert(byLeader, leaderId, () => []).push({ topic, topicId, partition })
    }
    this.#found = { view, assigned: this.#assigned, byLeader, isMissing }
    return this.#found
  }

  #nameOfTopic(topicId: Uuid): string | undefined {
    return [...this.#options.metadata.view.topics.values()].find(({ id }) => id === topicId)?.name
  }

  #askForLeaders(): void {
    this.#options.metadata.update().then(
      () => this.wake(),
      (error: unknown) => {
        // Nobody asks again before the application does.
        if (isRefusal(error)) this.#options.failed(error)
      },
    )
  }

  #line(brokerId: number): ShareLine {
    return new ShareLine({
      ...this.#options,
      brokerId,
      nameOfTopic: (topicId) => this.#nameOfTopic(topicId),
      changed: () => this.wake(),
      askForLeaders: () => this.#askForLeaders(),
    })
  }
}
