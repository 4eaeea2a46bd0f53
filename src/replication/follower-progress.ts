/**
 * What the leader of a partition knows of one follower, by its fetches: how far it has come, and when it last had all that
 * there was. Pure; on the path of each fetch of a follower. Times are of a clock that never goes back, in milliseconds.
 */

const unknownOffset = -1
const never = Number.NEGATIVE_INFINITY

export interface FollowerFetch {
  /** Where it fetches: it has all before. */
  readonly fetchOffset: number
  /** Of its log; -1 from a version that does not say. */
  readonly logStartOffset: number
  /** Of the broker, in the request; -1 from a version that does not say (KIP-903). */
  readonly brokerEpoch: number
}

export class FollowerProgress {
  /** -1 before its first fetch. */
  #logEndOffset = unknownOffset
  #logStartOffset = unknownOffset
  /** Of its last fetch; undefined before the first. */
  #brokerEpoch: number | undefined
  #lastFetchMs = never
  /** Where the leader's log ended at its last fetch. */
  #leaderEndOffset = unknownOffset
  #lastCaughtUpMs = never

  get logEndOffset(): number {
    return this.#logEndOffset
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** When it last had all that there was; -Infinity: never. */
  get lastCaughtUpMs(): number {
    return this.#lastCaughtUpMs
  }

  get brokerEpoch(): number | undefined {
    return this.#brokerEpoch
  }

  /**
   * A leader's epoch begins: whoever is in sync by then has as long to fetch as one that had just caught up, and nobody waits
   * for who is not.
   */
  leaderBegins(leaderEndOffset: number, nowMs: number, { isInSync }: { readonly isInSync: boolean }): void {
    this.#lastFetchMs = isInSync ? nowMs : never
    this.#leaderEndOffset = leaderEndOffset
    this.#lastCaughtUpMs = isInSync ? nowMs : never
  }

  /**
   * It has caught up now, if it fetches at the end of the leader's log; or as of its last fetch, if it has all that the leader
   * had then: under load it never reaches the end (KAFKA-2143).
   */
  fetched({ fetchOffset, logStartOffset, brokerEpoch }: FollowerFetch, leaderEndOffset: number, nowMs: number): void {
    if (fetchOffset >= leaderEndOffset) this.#lastCaughtUpMs = nowMs
    else if (fetchOffset >= this.#leaderEndOffset) {
      this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, this.#lastFetchMs)
    }
    this.#logEndOffset = fetchOffset
    this.#logStartOffset = logStartOffset
    this.#brokerEpoch = brokerEpoch
    this.#leaderEndOffset = leaderEndOffset
    this.#lastFetchMs = nowMs
  }

  /** Within `lagMsMax` (`replica.lag.time.max.ms`), or with all that there is. */
  isCaughtUp(leaderEndOffset: number, nowMs: number, lagMsMax: number): boolean {
    return this.#logEndOffset === leaderEndOffset || nowMs - this.#lastCaughtUpMs <= lagMsMax
  }
}
