/**
 * The peer's fault, or a state of the cluster that the peer must know: an error with Kafka's code. Handlers throw or
 * return it, the router puts it into the reply. The table of codes is `protocol/errors.ts`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number

  /** `code` as in Kafka's table; `message` is what a person can act on, and goes over the wire where the reply has room. */
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
