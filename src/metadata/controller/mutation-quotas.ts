/**
 * How many partitions a client may have created and deleted in a second (KIP-599): a bucket of tokens for each owner of a
 * quota, filled at its rate, which holds what the windows of the configuration hold. Of the active controller alone, in no
 * log: a new one begins with full buckets. Time is given.
 */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ClientLimit, QuotaClient } from '../client-quota.ts'
import type { Asker } from './controller-channel.ts'

interface Mutator {
  readonly user: string
  readonly clientId: string | null
  /** The asker's version knows error 89: what is beyond the quota is refused. Else it is done, and the asker throttled. */
  readonly isStrict: boolean
}

/** The version of each request that knows error 89. */
export const strictSince = { createTopics: 6, deleteTopics: 5, createPartitions: 3 } as const

/** Quotas are by the name of a principal, of whatever kind it is. */
export const mutatorOf = ({ principal, clientId, apiVersion }: Asker, strictSinceVersion: number): Mutator => ({
  user: principal.name,
  clientId,
  isStrict: apiVersion === undefined || apiVersion >= strictSinceVersion,
})

/** Of one request. */
export interface MutationQuota {
  /** Called before the mutation. Throws ApiError 89. */
  record(partitions: number): void
  /** For which the asker has to wait before it asks again; 0: not at all. */
  readonly throttleTimeMs: number
}

interface Bucket {
  tokens: number
  updatedMs: number
}

export interface MutationQuotasOptions {
  readonly limitOf: (client: QuotaClient) => ClientLimit | undefined
  /** For so many seconds of its rate a bucket has room. */
  readonly burstSeconds: number
}

/** Those who ask choose their client ids, as many and as long as they like: who was away for longest is forgotten. */
const bucketsMax = 10_000
const ownersCharactersMax = 2_000_000
/** What a timer, and the field of a reply, can hold. */
const throttleMsMax = 2 ** 31 - 1

const unlimited: MutationQuota = { record: () => undefined, throttleTimeMs: 0 }

export class MutationQuotas {
  readonly #options: MutationQuotasOptions
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>()
  #ownersCharacters = 0

  constructor(options: MutationQuotasOptions) {
    this.#options = options
  }

  get bucketCount(): number {
    return this.#buckets.size
  }

  /** Without a mutator it is the cluster itself that asks, which has no limit. */
  quotaFor(mutator: Mutator | undefined, nowMs: number): MutationQuota {
    if (mutator === undefined) return unlimited
    const found = this.#options.limitOf({ user: mutator.user, clientId: mutator.clientId ?? '' })
    if (found === undefined) return unlimited
    const { owner, limit } = found
    const bucket = this.#filled(owner, limit, nowMs)
    let throttleTimeMs = 0
    const exceeded = (): boolean => {
      if (!(bucket.tokens < 0)) return false
      throttleTimeMs = Math.min(Math.round((-bucket.tokens / limit) * 1000), throttleMsMax)
      return true
    }
    return {
      record: (partitions) => {
        if (mutator.isStrict && exceeded()) {
          // The time is what there is to say, and the reply says it.
          throw new ApiError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, '')
        }
        bucket.tokens -= partitions
        if (!mutator.isStrict) exceeded()
      },
      get throttleTimeMs() {
        return throttleTimeMs
      },
    }
  }

  /** As of now, under the limit that holds now. */
  #filled(owner: string, limit: number, nowMs: number): Bucket {
    const { tokens, updatedMs } = this.#take(owner) ?? { tokens: Number.POSITIVE_INFINITY, updatedMs: nowMs }
    const elapsedSeconds = Math.max(0, nowMs - updatedMs) / 1000
    const filled = Math.min(limit * this.#options.burstSeconds, tokens + limit * elapsedSeconds)
    const bucket = { tokens: filled, updatedMs: nowMs }
    this.#makeRoom(owner, nowMs)
    this.#buckets.set(owner, bucket)
    this.#ownersCharacters += owner.length
    return bucket
  }

  #take(owner: string): Bucket | undefined {
    const bucket = this.#buckets.get(owner)
    if (bucket === undefined) return undefined
    this.#buckets.delete(owner)
    this.#ownersCharacters -= owner.length
    return bucket
  }

  /** A bucket that nobody has taken from for the whole burst, and that was not in debt, is full: as one that is new. */
  #makeRoom(owner: string, nowMs: number): void {
    const fullSinceMs = nowMs - this.#options.burstSeconds * 1000
    for (const [oldest, { tokens, updatedMs }] of this.#buckets) {
      const isFull = tokens >= 0 && updatedMs <= fullSinceMs
      const hasRoom = this.#buckets.size < bucketsMax && this.#ownersCharacters + owner.length <= ownersCharactersMax
      if (hasRoom && !isFull) return
      this.#take(oldest)
    }
  }
}
