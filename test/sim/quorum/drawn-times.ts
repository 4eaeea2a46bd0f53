import type { RandomStream } from '../../../src/base/index.ts'
import type { QuorumTimes } from '../../../src/raft/index.ts'

/** Time-outs of a quorum: short ones have more elections an hour, long ones are as Kafka's. */
export function drawnTimes(chance: RandomStream): QuorumTimes {
  const base = [60, 200, 1000][chance.below(3)] ?? 1000
  return {
    electionTimeoutMs: base,
    electionBackoffMaxMs: base,
    fetchTimeoutMs: 2 * base,
    requestTimeoutMs: 2 * base,
    retryBackoffMs: 20,
    fetchMaxWaitMs: Math.floor(base / 2),
  }
}
