/** What a client tells of itself to whoever listens: by channels, which cost nothing where nobody does. */
import type { TraceChannel } from '../base/index.ts'
import type { RequestTrace } from '../peer/index.ts'

export type { RequestTrace } from '../peer/index.ts'

/** A batch of a producer is done: it was acknowledged, refused or given up. */
export interface BatchTrace {
  readonly topic: string
  readonly partition: number
  readonly records: number
  /** Compressed, as sent. */
  readonly bytes: number
  /** From its first record until now. */
  readonly ms: number
  /** How often it was sent. */
  readonly attempts: number
  /** Of its first record; undefined where it is not known. */
  readonly baseOffset: number | undefined
  readonly error: Error | undefined
}

/** A consumer's fetch was answered, or failed. */
export interface FetchTrace {
  readonly brokerId: number
  /** That were asked for. */
  readonly partitions: number
  /** Of records, of all partitions. */
  readonly bytes: number
  readonly ms: number
  readonly error: Error | undefined
}

/** A group has given partitions to a consumer, asks for them back, or has gone on without it. */
export interface RebalanceTrace {
  readonly groupId: string
  readonly memberId: string
  /** Of the group, or the member's (KIP-848). */
  readonly epoch: number
  readonly kind: 'assigned' | 'revoked' | 'lost'
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

export interface ClientTrace {
  /** `odradek:client:request` */
  readonly request: TraceChannel<RequestTrace>
  /** `odradek:producer:batch` */
  readonly batch: TraceChannel<BatchTrace>
  /** `odradek:consumer:fetch` */
  readonly fetch: TraceChannel<FetchTrace>
  /** `odradek:consumer:rebalance` */
  readonly rebalance: TraceChannel<RebalanceTrace>
}
