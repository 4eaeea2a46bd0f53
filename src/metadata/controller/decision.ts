/** What the controller answers to a request: records to append, and the reply that waits until they are committed. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { MetadataRecord } from '../record.ts'

export interface Decision<R> {
  readonly records: readonly MetadataRecord[]
  readonly reply: R
  /** The records are appended in one batch, or not at all. */
  readonly atomic: boolean
  /** To which kraft.version the quorum is raised, before the records are appended; absent: it stays. */
  readonly kraftVersion?: number
}

/** What the quorum says of its own version (KIP-853): no metadata record has it. */
export interface KRaftVersion {
  /** The newest in the log, committed or not. */
  level(): number
  /** Whether it can be raised, or stays where it is. Throws ApiError 95. */
  check(level: number): void
}

/** When and where a decision is made. */
export interface DecisionContext {
  /** By the monotonic clock: sessions do not end because somebody set the other one. */
  readonly nowMs: number
  /** Of the first record that the decision appends. */
  readonly nextOffset: number
}

/** Kafka's bound on the records of one request of a user. */
export const recordsPerRequestMax = 10_000

export const tooManyRecords = (): ApiError =>
  new ApiError(ErrorCode.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')

/** Throws ApiError POLICY_VIOLATION, for the request as a whole, where `records` would be more than one may make. */
export function addRecords(records: MetadataRecord[], more: readonly MetadataRecord[]): void {
  if (records.length + more.length > recordsPerRequestMax) throw tooManyRecords()
  records.push(...more)
}

export const atomically = <R>(records: readonly MetadataRecord[], reply: R): Decision<R> => ({
  records,
  reply,
  atomic: true,
})

/** Records that stand for themselves: a batch may end between any two. */
export const oneByOne = <R>(records: readonly MetadataRecord[], reply: R): Decision<R> => ({
  records,
  reply,
  atomic: false,
})
