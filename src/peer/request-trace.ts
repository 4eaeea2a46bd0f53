/** What is told of a request to whoever listens. */
import type { TraceChannel } from '../base/index.ts'

export interface RequestTrace {
  /** As Kafka names it: `Produce`, `ApiVersions` ... */
  readonly api: string
  readonly version: number
  /** `host:port`. */
  readonly broker: string
  readonly correlationId: number
  readonly sentBytes: number
  /** 0: no answer came, or none is given. */
  readonly receivedBytes: number
  /** From when it was sent until it was answered, or failed; with fractions. */
  readonly ms: number
  /** The connection was lost, or the answer could not be read. What a broker refuses is told in its answer, and not here. */
  readonly error: Error | undefined
}

export type RequestChannel = TraceChannel<RequestTrace>
