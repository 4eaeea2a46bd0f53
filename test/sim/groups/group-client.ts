/** One process of a client of a group, of either protocol, as its slot runs it. */
import type { Uuid } from '../../../src/base/index.ts'
import type { Observation } from '../observation.ts'
import { keyOf, type Place, type TaskOptions } from '../producers.ts'
import { type CommitIds, PartitionReader } from './partition-reader.ts'

export const sessionTimeoutMs = 3000
export const rebalanceTimeoutMs = 4000

export interface ClientOptions {
  readonly task: TaskOptions
  readonly group: string
  readonly instanceId: string | null
  readonly ids: CommitIds
  readonly places: readonly Place[]
  readonly topicIdOf: (topic: string) => Uuid
  /** Nothing disturbs any more. */
  readonly isHealing: () => boolean
}

export type Ending = 'leaves' | 'crashes'

/** What both kinds share: when it ends, when it stands still, and what it takes for its own. */
export abstract class GroupClient {
  protected readonly options: ClientOptions
  protected readonly reader: PartitionReader
  protected ending: Ending | undefined
  protected memberId = ''
  protected epoch = 0
  #stalledUntilMs = 0
  #wake = Promise.withResolvers<void>()

  constructor(options: ClientOptions) {
    this.options = options
    const { task, group, ids, instanceId } = options
    const identity = () => ({ memberId: this.memberId, instanceId, epoch: this.epoch })
    this.reader = new PartitionReader({ task, group, ids, identity })
  }

  protected get nowMs(): number {
    return this.options.task.node.clientEnv.clock.monotonic()
  }

  end(how: Ending): void {
    this.ending = how
    this.wake()
  }

  async run(): Promise<void> {
    await Promise.all([this.live(), this.#readAll()])
    this.reader.end()
  }

  /** Until it has ended: the way of a member. */
  protected abstract live(): Promise<void>

  async #readAll(): Promise<void> {
    while (this.ending === undefined) {
      await this.stall()
      await this.reader.read()
      await this.options.task.node.sleep(this.options.task.draw.exponential(30))
    }
  }

  protected wake(): void {
    this.#wake.resolve()
  }

  /** Sleeps, but for what wakes it. */
  protected async pause(ms: number): Promise<void> {
    await Promise.race([this.options.task.node.sleep(ms), this.#wake.promise])
    this.#wake = Promise.withResolvers()
  }

  /** The whole process stands still now and then, also for longer than its session. */
  protected async stall(): Promise<void> {
    const { task, isHealing } = this.options
    if (!isHealing() && task.draw.below(300) === 0) {
      this.#stalledUntilMs = this.nowMs + task.draw.exponential(sessionTimeoutMs)
    }
    if (this.#stalledUntilMs > this.nowMs) await task.node.sleep(this.#stalledUntilMs - this.nowMs)
  }

  protected see(observation: Observation): void {
    this.options.task.see(observation)
  }

  protected own(isOver = false): void {
    const { group, task } = this.options
    const { epoch, nowMs } = this
    this.see({
      kind: 'member-owns',
      group,
      client: task.name,
      epoch,
      keys: this.reader.keys,
      atMs: nowMs,
      isOver,
    })
  }

  protected abandon(): void {
    this.reader.drop(this.reader.keys)
    this.own(true)
  }

  protected placesOf(keys: Iterable<string>): readonly Place[] {
    const wanted = new Set(keys)
    return this.options.places.filter((place) => wanted.has(keyOf(place)))
  }
}
