/** What a client's promise is rejected with: one class, told apart by `code`. */
import { AuthenticationError } from '../peer/index.ts'
import { ErrorCode, errorName, retriableErrors } from '../protocol/index.ts'
import type { ConsumedRecord } from './consumer/consumed-record.ts'
import type { ShareRecord } from './share/delivery.ts'

/** What goes wrong on this side; all other codes are those of Kafka's table (`protocol`, `ErrorCode`). */
type OwnCode =
  /** An option, or a call, that makes no sense; asking again does not help. */
  | 'INVALID_ARGUMENT'
  /** The client was closed. */
  | 'CLOSED'
  /** Something took longer than the option that is named in the message allows. */
  | 'TIMED_OUT'
  /** No broker could be reached, or a connection was lost and what became of the request is not known. */
  | 'NETWORK'
  /** The two sides do not agree on TLS, or do not believe each other's certificate. */
  | 'SSL_AUTHENTICATION_FAILED'
  /** The broker does not know the API in any version that is needed. */
  | 'NOT_SERVED'
  /** A serializer, or a deserializer, has thrown what is the `cause`. */
  | 'SERIALIZATION'

export type KafkaErrorCode = OwnCode | keyof typeof ErrorCode

type UnreadRecord = ConsumedRecord<Buffer | null, Buffer | null>
type UnreadShareRecord = ShareRecord<Buffer | null, Buffer | null>

interface KafkaErrorOptions {
  readonly cause?: unknown
  readonly record?: UnreadRecord
  readonly shareRecord?: UnreadShareRecord
}

export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly code: KafkaErrorCode
  /** The same may succeed later. */
  readonly isRetriable: boolean
  /** The record that could not be deserialized: it is not done, and comes again unless the consumer seeks behind it. */
  declare readonly record?: UnreadRecord
  /** Of a share consumer the same: it is released when its loop is asked for records again, unless something else is said before. */
  declare readonly shareRecord?: UnreadShareRecord

  constructor(code: KafkaErrorCode, message: string, options: KafkaErrorOptions = {}) {
    super(message, options)
    if (options.record !== undefined) this.record = options.record
    if (options.shareRecord !== undefined) this.shareRecord = options.shareRecord
    this.code = code
    this.isRetriable = code === 'NETWORK' || code === 'TIMED_OUT' || isRetriableCode(code)
  }

  /** Of a code in a response; `what` says what was asked, `told` what the broker says of it. */
  static of(errorCode: number, what: string, told: string | null = null): KafkaError {
    const code = nameOf(errorCode)
    return new KafkaError(code, told === null || told === '' ? `${what}: ${code}` : `${what}: ${code}: ${told}`)
  }

  /** Of a connection on which one side does not believe the other. */
  static ofRefusal(cause: AuthenticationError): KafkaError {
    const code = cause.errorCode === undefined ? 'SSL_AUTHENTICATION_FAILED' : nameOf(cause.errorCode)
    return new KafkaError(code, cause.message, { cause })
  }
}

/** Whether a connection could not be used because one side does not believe the other: to try again would not change that. */
export const isRefusal = (error: unknown): error is KafkaError =>
  error instanceof KafkaError && error.cause instanceof AuthenticationError

const codes: Readonly<Record<string, number>> = ErrorCode

const isRetriableCode = (code: KafkaErrorCode): boolean => retriableErrors.has(codes[code] ?? ErrorCode.NONE)

const isCode = (name: string): name is keyof typeof ErrorCode => name in ErrorCode

function nameOf(errorCode: number): keyof typeof ErrorCode {
  const name = errorName(errorCode)
  return isCode(name) ? name : 'UNKNOWN_SERVER_ERROR'
}
