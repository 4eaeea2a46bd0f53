/**
 * How fast throttled replicas of this broker may be sent, or may fetch, all of them together (KIP-73). It is looked at before, and
 * told of the bytes after: a fetch that goes beyond it is followed by none until the rate is below. Pure.
 */
import type { BrokerConfig } from '../config/index.ts'
import { SampledRate } from './sampled-rate.ts'

export interface ReplicationQuotaOptions {
  /** `replication.quota.window.num` and `replication.quota.window.size.seconds`. */
  readonly sampleCount: number
  readonly sampleSeconds: number
  /** As it is configured now; infinite without a bound. */
  readonly bytesPerSecond: () => number
  /** Of a clock that never goes back. */
  readonly nowMs: () => number
}

export class ReplicationQuota {
  readonly #options: ReplicationQuotaOptions
  readonly #rate: SampledRate

  constructor(options: ReplicationQuotaOptions) {
    const { sampleCount, sampleSeconds } = options
    this.#options = options
    this.#rate = new SampledRate({ sampleCount, sampleMs: sampleSeconds * 1000 })
  }

  get byteRate(): number {
    return this.#rate.perSecond(this.#options.nowMs())
  }

  get isExceeded(): boolean {
    return this.byteRate > this.#options.bytesPerSecond()
  }

  /** Of an answer without records nothing: the window would be open, and a throttle begin with all that has room in it. */
  record(bytes: number): void {
    if (bytes > 0) this.#rate.record(bytes, this.#options.nowMs())
  }
}

/** That of leaders, and that of followers. */
export interface ReplicationQuotas {
  readonly leader: ReplicationQuota
  readonly follower: ReplicationQuota
}

export function replicationQuotas(config: () => BrokerConfig, nowMs: () => number): ReplicationQuotas {
  const shared = {
    sampleCount: config().number('replication.quota.window.num'),
    sampleSeconds: config().number('replication.quota.window.size.seconds'),
    nowMs,
  }
  return {
    leader: new ReplicationQuota({ ...shared, bytesPerSecond: () => config().leaderReplicationBytesPerSecond }),
    follower: new ReplicationQuota({ ...shared, bytesPerSecond: () => config().followerReplicationBytesPerSecond }),
  }
}
