/** Why a request has no reply, and whether it may have been done all the same. */

export type PeerFailure =
  | 'unreachable'
  | 'closed'
  | 'timed out'
  | 'protocol'
  | 'busy'
  | 'unsupported version'
  | 'authentication'

export interface PeerErrorOptions {
  readonly failure: PeerFailure
  readonly wasSent: boolean
  readonly cause?: unknown
}

export class PeerError extends Error {
  override readonly name: string = 'PeerError'
  readonly failure: PeerFailure
  /** False: nothing of the request has left. True: what became of it is not known. */
  readonly wasSent: boolean

  constructor(message: string, { failure, wasSent, cause }: PeerErrorOptions) {
    super(message, cause === undefined ? {} : { cause })
    this.failure = failure
    this.wasSent = wasSent
  }

  /** The same of a request that has left, or has not. */
  ofRequest(wasSent: boolean): PeerError {
    return new PeerError(this.message, { failure: this.failure, wasSent, cause: this.cause })
  }
}

/** No version of the API is known to both sides and to the caller's liking: asking again does not help. */
export class UnsupportedVersionError extends PeerError {
  override readonly name = 'UnsupportedVersionError'

  constructor(message: string) {
    super(message, { failure: 'unsupported version', wasSent: false })
  }
}

/** The two sides do not believe each other, by TLS or by SASL: the next attempt ends in the same way, unless somebody does something. */
export class AuthenticationError extends PeerError {
  override readonly name = 'AuthenticationError'
  /** What the server says, by Kafka's table; undefined where TLS has failed. */
  readonly errorCode: number | undefined

  constructor(message: string, { errorCode, cause }: { readonly errorCode?: number; readonly cause?: unknown }) {
    super(message, { failure: 'authentication', wasSent: false, cause })
    this.errorCode = errorCode
  }
}
