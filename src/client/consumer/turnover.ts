/** Partitions come from the group and go back to it: what that means for what is read, is done, and is told to the application. */
import type { Clock, Logger } from '../../base/index.ts'
import type { ClientTrace, RebalanceTrace } from '../client-trace.ts'
import { Deadline } from '../deadline.ts'
import type { MemberName } from '../group/committed-offsets.ts'
import type { Assignee } from '../group/membership.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { AssignedPartitions } from './assigned-partitions.ts'
import type { TopicPartition } from './assignors/assignor.ts'
import type { Beginnings } from './beginnings.ts'
import type { Commits } from './commits.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import type { Handout } from './handout.ts'
import { callHook } from './hook.ts'

export interface TurnoverOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: ConsumerSettings
  readonly assigned: AssignedPartitions
  readonly handout: Handout
  readonly beginnings: Beginnings
  readonly commits: Commits
  /** Told of each change. */
  readonly rebalances: ClientTrace['rebalance'] | undefined
  readonly member: () => MemberName
  /** A hook of the application that nobody waits for has thrown. */
  readonly hookFailed: (error: unknown) => void
}

export class Turnover implements Assignee {
  readonly #options: TurnoverOptions
  /** What `onRevoked` has thrown last. */
  #thrown: { readonly error: unknown } | undefined
  #revoking: Promise<unknown> = Promise.resolve()

  constructor(options: TurnoverOptions) {
    this.#options = options
  }

  get assigned(): readonly TopicPartition[] {
    return this.#options.assigned.names
  }

  get silentMs(): number {
    return this.#options.handout.silentMs
  }

  failed(error: unknown): void {
    const { handout, hookFailed } = this.#options
    if (this.#thrown?.error === error) hookFailed(error)
    else handout.fail(error)
  }

  /** What is being given up already is waited for: the application is told of it once. */
  async revoke(partitions: readonly TopicPartition[], member: MemberName): Promise<void> {
    const before = this.#revoking
    const work = this.#giveUp(this.#options.assigned.leave(partitions), member)
    this.#revoking = Promise.allSettled([before, work])
    await before
    await work
  }

  async #giveUp(leaving: ReadonlySet<AssignedPartition>, member: MemberName): Promise<void> {
    if (leaving.size === 0) return
    const { clock, logger, settings, assigned, handout, commits } = this.#options
    const { maxPollIntervalMs: afterMs } = settings
    const deadline = new Deadline(clock, { afterMs, what: 'the application has not asked for the next record' })
    const warn = (error: unknown): void =>
      logger.log('warn', 'partitions are given up all the same', { reason: String(error) })
    await deadline.within(handout.whenFree(leaving)).catch(warn)
    // What is done is done, also where something else is in hand for too long.
    await commits.commitDone(leaving, member).catch(warn)
    // Those that were lost meanwhile are somebody else's, or have been given again.
    const given = (): AssignedPartition[] => [...leaving].filter((each) => assigned.has(each))
    const told = given().map(({ topic, partition }) => ({ topic, partition }))
    try {
      // They can be asked about, and committed, as long as the application is told of it.
      if (told.length > 0) await settings.onRevoked?.(told)
    } catch (error) {
      this.#thrown = { error }
      throw error
    } finally {
      assigned.drop(given())
      this.#tell('revoked', told, member)
    }
  }

  lose(partitions: readonly TopicPartition[]): void {
    this.#options.assigned.drop(partitions)
    this.#tell('lost', partitions)
    const { settings, hookFailed } = this.#options
    if (partitions.length > 0) callHook(settings.onLost, partitions, hookFailed)
  }

  take(partitions: readonly TopicPartition[]): void {
    const { assigned, beginnings, commits, settings, hookFailed } = this.#options
    if (partitions.length > 0) {
      beginnings.find(assigned.add(partitions))
      this.#tell('assigned', partitions)
    }
    commits.begin()
    if (partitions.length > 0) callHook(settings.onAssigned, partitions, hookFailed)
  }

  #tell(
    kind: RebalanceTrace['kind'],
    partitions: readonly TopicPartition[],
    { memberId, epoch }: MemberName = this.#options.member(),
  ): void {
    const { rebalances, settings } = this.#options
    if (partitions.length === 0 || rebalances?.hasSubscribers !== true) return
    rebalances.publish({ groupId: settings.groupId ?? '', memberId, epoch, kind, partitions })
  }
}
