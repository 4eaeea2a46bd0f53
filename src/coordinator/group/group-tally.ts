/** What the groups of a broker have done since it started, of all shards: plain numbers, read by who makes metrics of them. */
import type { GroupEvent } from './group-event.ts'

/** How long a load counts among the last ones, as Kafka's samples. */
const loadWindowMs = 30_000

export class GroupTally {
  offsetCommits = 0
  offsetExpirations = 0
  /** By OffsetDelete alone: those of a group that is deleted are not counted (as Kafka). */
  offsetDeletions = 0
  /** Generations whose assignment was stored. */
  classicRebalances = 0
  /** Epochs of groups that their members or topics made grow; not those of members that are gone (as Kafka). */
  consumerRebalances = 0
  #loads: { readonly endMs: number; readonly tookMs: number }[] = []

  happened({ change, epoch, epochAfter }: GroupEvent): void {
    if (change.kind === 'assignment-stored') this.classicRebalances++
    // An epoch that follows is known in the consumer protocol alone.
    if (change.kind !== 'rebalance' || epochAfter === epoch) return
    if (change.cause.kind !== 'member-removed') this.consumerRebalances++
  }

  loaded(load: { readonly endMs: number; readonly tookMs: number }): void {
    this.#loads = this.#recentLoads(load.endMs)
    this.#loads.push(load)
  }

  #recentLoads(nowMs: number): { readonly endMs: number; readonly tookMs: number }[] {
    return this.#loads.filter(({ endMs }) => endMs > nowMs - loadWindowMs)
  }

  /** NaN where no partition was loaded lately. */
  loadTimesMs(nowMs: number): { readonly max: number; readonly average: number } {
    const times = this.#recentLoads(nowMs).map(({ tookMs }) => tookMs)
    if (times.length === 0) return { max: Number.NaN, average: Number.NaN }
    return { max: Math.max(...times), average: times.reduce((sum, ms) => sum + ms, 0) / times.length }
  }
}
