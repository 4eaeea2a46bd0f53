/**
 * The peer's fault, or a state of the cluster that the peer must know: an error with Kafka's code. Handlers throw or
 * return it, the router puts it into the reply. The table of codes is `protocol/errors.ts`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number

  /** `code` as in Kafka's table; `message` is what a person can act on, and goes over the wire where the reply has room. */
  constructor(code: number, message: string) {
    super(shortened(message))
    this.code = code
  }
}

/** At most 30,000 bytes as UTF-8, with what the message is put into still a string of the protocol (32,767). */
const messageLengthMax = 10_000

/** Messages quote what the peer sent, which may fill a string by itself: together they would not fit into a reply. */
export function shortened(message: string): string {
  return message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax - 3)}...`
}
