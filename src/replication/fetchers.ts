/**
 * What this broker follows, and from whom: some fetchers for each other broker (`num.replica.fetchers`), which come and go with
 * what there is to fetch.
 */
import { type Clock, getOrInsert, type Logger } from '../base/index.ts'
import type { PeerAddress, Peers } from '../peer/index.ts'
import { Fetcher, type FetcherSettings } from './fetcher.ts'
import { FollowedPartition } from './followed-partition.ts'
import type { Partition } from './partition.ts'

export interface FetchersOptions {
  readonly nodeId: number
  readonly ownEpoch: () => number
  /** Of a broker, for other brokers; undefined where it is not known. */
  readonly addressOf: (brokerId: number) => PeerAddress | undefined
  readonly peers: Peers
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: () => FetcherSettings
  /** `num.replica.fetchers`. */
  readonly perBroker: () => number
  readonly onFault: (error: unknown) => void
}

interface Line {
  readonly followed: FollowedPartition
  readonly fetcher: Fetcher
}

export class Fetchers {
  readonly #options: FetchersOptions
  /** By broker, and the number of the fetcher among its. */
  readonly #fetchers = new Map<string, Fetcher>()
  readonly #lines = new Map<Partition, Line>()
  #isStopped = false

  constructor(options: FetchersOptions) {
    this.#options = options
  }

  /** How many partitions are followed. */
  get size(): number {
    return this.#lines.size
  }

  /** Nothing changes where that is done already. The partition is not followed elsewhere, or `unfollow` was waited for. */
  follow(partition: Partition, { leaderId, leaderEpoch }: { readonly leaderId: number; readonly leaderEpoch: number }) {
    if (this.#isStopped || this.isFollowing(partition, leaderEpoch)) return
    const { clock, logger, settings, perBroker } = this.#options
    const followed = new FollowedPartition({
      ...{ partition, leaderId, leaderEpoch, logger },
      nowMs: () => clock.monotonic(),
      backoffMs: () => settings().backoffMs,
    })
    const key = `${leaderId} ${slotOf(partition, perBroker())}`
    const fetcher = getOrInsert(this.#fetchers, key, () => this.#fetcherOf(leaderId))
    this.#lines.set(partition, { followed, fetcher })
    fetcher.add(followed)
  }

  /** Configs have changed: what was held back may be fetched now. */
  wake(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.wake()
  }

  isFollowing(partition: Partition, leaderEpoch: number): boolean {
    return this.#lines.get(partition)?.followed.leaderEpoch === leaderEpoch
  }

  #fetcherOf(leaderId: number): Fetcher {
    const { addressOf } = this.#options
    return new Fetcher({ ...this.#options, leaderId, address: () => addressOf(leaderId) })
  }

  /** Resolves when nothing is appended to it, or cut from it, any more. */
  async unfollow(partition: Partition): Promise<void> {
    const line = this.#lines.get(partition)
    if (line === undefined) return
    this.#lines.delete(partition)
    await line.fetcher.remove(line.followed)
  }

  /** Those that nobody needs any more end. To be called when all changes of an image were made. */
  closeIdle(): void {
    for (const [key, fetcher] of this.#fetchers) {
      if (fetcher.size > 0) continue
      this.#fetchers.delete(key)
      fetcher.close().catch(this.#options.onFault)
    }
  }

  /** Resolves when nothing is appended any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#lines.clear()
    await Promise.all([...this.#fetchers.values()].map((fetcher) => fetcher.close()))
    this.#fetchers.clear()
  }
}

/** Partitions of one topic spread over the fetchers of their leader. */
function slotOf({ topic, partitionId }: Partition, count: number): number {
  let hash = partitionId
  for (let i = 0; i < topic.length; i++) hash = (Math.imul(hash, 31) + topic.charCodeAt(i)) >>> 0
  return hash % count
}
