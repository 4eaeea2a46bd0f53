/** Finds out where partitions begin that were just assigned: where the group has committed, else as `autoOffsetReset` says. */
import type { Clock, Logger } from '../../base/index.ts'
import type { ExponentialBackoff } from '../../peer/index.ts'
import type { Connections } from '../cluster/connections.ts'
import { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import type { AssignedPartition, Position } from './assigned-partition.ts'
import type { AssignedPartitions } from './assigned-partitions.ts'
import type { Commits } from './commits.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import type { Finding, Found, OffsetFinder, Spot, Wanted } from './offset-finder.ts'

export interface BeginningsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly connections: Connections
  readonly backoff: ExponentialBackoff
  readonly assigned: AssignedPartitions
  readonly finder: OffsetFinder
  /** Undefined: there is no group. */
  readonly commits: Commits | undefined
  readonly autoOffsetReset: ConsumerSettings['autoOffsetReset']
  /** For one attempt. */
  readonly timeoutMs: number
  /** Of some it is known now. */
  readonly found: () => void
  /** Nobody knows, and trying again does not help. */
  readonly failed: (error: unknown) => void
}

export class Beginnings {
  readonly #options: BeginningsOptions
  /** Given up, for what does not pass by itself; tried again when the application asks. */
  readonly #givenUp: (() => void)[] = []
  #isClosed = false

  constructor(options: BeginningsOptions) {
    this.#options = options
  }

  /** What goes wrong and may pass is tried again for as long as they are assigned. */
  find(partitions: readonly AssignedPartition[]): void {
    this.#start(partitions, true)
  }

  /** There is nothing where it was to go on: as `autoOffsetReset` says. */
  outOfRange(partition: AssignedPartition): void {
    const { topic, partition: index, fetchFrom } = partition
    this.#options.logger.log('warn', 'there is nothing at the offset of a partition', {
      partition: `${topic}-${index}`,
      offset: fetchFrom?.offset,
    })
    partition.jump(undefined)
    this.#start([partition], false)
  }

  /**
   * The log was cut, and may have other records now, from `end` on (KIP-320): what was fetched of those is not handed out; where the
   * application was beyond, it goes on there, if `autoOffsetReset` does not leave that to it.
   */
  diverged(partition: AssignedPartition, end: Position): void {
    const { logger, autoOffsetReset, failed, found } = this.#options
    const { topic, partition: index, position, fetchFrom } = partition
    if (position === undefined || fetchFrom === undefined) return
    if (end.offset >= fetchFrom.offset) partition.fetchFrom = { ...fetchFrom, leaderEpoch: end.leaderEpoch }
    else {
      const isBehind = position.offset > end.offset
      const text = `${topic}-${index} was cut at offset ${end.offset}, and ${position.offset} was the next to be handed out`
      if (isBehind && autoOffsetReset === 'none') {
        failed(new KafkaError('OFFSET_OUT_OF_RANGE', text))
        return
      }
      logger.log('warn', text)
      partition.cut(end)
    }
    found()
  }

  /** The application asks for records. */
  asked(): void {
    for (const again of this.#givenUp.splice(0)) again()
  }

  close(): void {
    this.#isClosed = true
  }

  #start(partitions: readonly AssignedPartition[], mayBeCommitted: boolean): void {
    if (partitions.length === 0) return
    this.#untilFound(partitions, mayBeCommitted).catch((error: unknown) => {
      // What is wrong with those that were given up meanwhile is nobody's business.
      if (this.#isClosed || !partitions.some((it) => isUnknown(it) && this.#options.assigned.has(it))) return
      // Those that have been moved meanwhile are known.
      this.#givenUp.push(() => this.#start(partitions.filter(isUnknown), mayBeCommitted))
      this.#options.failed(error)
    })
  }

  async #untilFound(partitions: readonly AssignedPartition[], mayBeCommitted: boolean): Promise<void> {
    const { connections, logger, backoff, assigned } = this.#options
    const jumps = partitions.map((it) => it.jumps)
    /** Neither taken away nor moved meanwhile. */
    const waiting = (): AssignedPartition[] => partitions.filter((it, i) => it.jumps === jumps[i] && assigned.has(it))
    for (let attempts = 0; waiting().length > 0 && !this.#isClosed; attempts++) {
      try {
        if (mayBeCommitted) await this.#findCommitted(waiting)
        await this.#reset(waiting())
      } catch (error) {
        if (!(error instanceof KafkaError && error.isRetriable)) throw error
        logger.log('warn', 'it is not known where to begin', { reason: error.message })
        await connections.rest(backoff.backoffMs(attempts))
      }
    }
  }

  async #findCommitted(waiting: () => readonly AssignedPartition[]): Promise<void> {
    const { commits, found } = this.#options
    if (commits === undefined) return
    const asked = waiting()
    const offsets = new Map((await commits.fetch(asked)).map((offset, i) => [asked[i], offset]))
    for (const partition of waiting()) {
      const offset = offsets.get(partition)
      if (offset === undefined) continue
      partition.jump(offset)
      partition.committed = offset.offset
    }
    found()
  }

  /** Each begins as soon as it is known where. */
  async #reset(partitions: readonly AssignedPartition[]): Promise<void> {
    const { clock, finder, autoOffsetReset: reset, timeoutMs, found: told, assigned } = this.#options
    if (partitions.length === 0) return
    if (reset === 'none') {
      const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`)
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `nobody has said where to begin in ${names.join(', ')}`)
    }
    const jumps = new Map(partitions.map((it) => [it, it.jumps]))
    const isNeeded = (it: AssignedPartition): boolean => it.jumps === jumps.get(it) && assigned.has(it)
    const begin: Begin = (partition, found) => {
      if (found === undefined || !isNeeded(partition)) return
      partition.jump(found)
      told()
    }
    const deadline = new Deadline(clock, { afterMs: timeoutMs, what: 'offsets were not told' })
    if (typeof reset !== 'string') await this.#findYoungerThan(partitions, reset.agoMs, { deadline, begin, isNeeded })
    else await finder.find(at(partitions, reset), deadline, eachOf(partitions, begin, isNeeded))
  }

  /**
   * Where nothing is young enough yet it is the end; that is asked for before, so that what comes in between is not left out. Kafka's
   * consumer asks again, each `request.timeout.ms`, until something is.
   */
  async #findYoungerThan(
    partitions: readonly AssignedPartition[],
    agoMs: number,
    { deadline, begin, isNeeded }: Attempt,
  ): Promise<void> {
    const { clock, finder } = this.#options
    const ends = new Map<AssignedPartition, Found | undefined>()
    let news: AssignedPartition[] = []
    let failure: { readonly error: unknown } | undefined
    const failed = (error: unknown): void => {
      failure ??= { error }
    }
    const askTime = async (): Promise<void> => {
      const those = news
      news = []
      // Times below 0 mean something else to a broker.
      const sinceMs = Math.max(0, clock.now() - agoMs)
      const tell: Begin = (partition, found) => begin(partition, found ?? ends.get(partition))
      await finder.find(at(those, sinceMs), deadline, eachOf(those, tell, isNeeded)).catch(failed)
    }
    const asking: Promise<void>[] = []
    // Those that one answer tells of are asked about together.
    const ended: Begin = (partition, end) => {
      ends.set(partition, end)
      if (news.push(partition) === 1) asking.push(Promise.resolve().then(askTime))
    }
    await finder.find(at(partitions, 'latest'), deadline, eachOf(partitions, ended, isNeeded)).catch(failed)
    await Promise.all(asking)
    if (failure !== undefined) throw failure.error
  }
}

type Begin = (partition: AssignedPartition, found: Found | undefined) => void

interface Attempt {
  readonly deadline: Deadline
  readonly begin: Begin
  /** It is assigned, and has not been moved meanwhile. */
  readonly isNeeded: (partition: AssignedPartition) => boolean
}

const at = (partitions: readonly AssignedPartition[], spot: Spot): readonly Wanted[] =>
  partitions.map(({ topic, partition }) => ({ topic, partition, spot }))

function eachOf(
  partitions: readonly AssignedPartition[],
  begin: Begin,
  isNeeded: (partition: AssignedPartition) => boolean,
): Finding {
  return {
    tell(i, found) {
      const partition = partitions[i]
      if (partition !== undefined) begin(partition, found)
    },
    isNeeded(i) {
      const partition = partitions[i]
      return partition !== undefined && isNeeded(partition)
    },
  }
}

const isUnknown = ({ fetchFrom }: AssignedPartition): boolean => fetchFrom === undefined
