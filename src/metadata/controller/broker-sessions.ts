/**
 * When each broker was last heard of: of the active controller alone, in no log. A new one starts with every broker heard
 * of just now. Tells whose time is over; does not fence.
 */
interface Session {
  readonly brokerEpoch: number
  lastContactMs: number
  /** Up to where the broker has read the metadata log. */
  metadataOffset: number
  /** A broker that leaves may go when the others have read this far; undefined: it does not leave. */
  shutdownOffset: number | undefined
}

export interface SessionContact {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly nowMs: number
  readonly metadataOffset: number
}

export class BrokerSessions {
  readonly #timeoutMs: number
  readonly #sessions = new Map<number, Session>()

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  clear(): void {
    this.#sessions.clear()
  }

  /** Another epoch is another session. */
  touch({ brokerId, brokerEpoch, nowMs, metadataOffset }: SessionContact): void {
    const known = this.#sessions.get(brokerId)
    if (known?.brokerEpoch !== brokerEpoch) {
      this.#sessions.set(brokerId, { brokerEpoch, lastContactMs: nowMs, metadataOffset, shutdownOffset: undefined })
      return
    }
    known.lastContactMs = Math.max(known.lastContactMs, nowMs)
    known.metadataOffset = metadataOffset
  }

  remove(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  isValid(brokerId: number, brokerEpoch: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session?.brokerEpoch === brokerEpoch && nowMs < session.lastContactMs + this.#timeoutMs
  }

  /** Undefined: never heard of. */
  deadlineMs(brokerId: number): number | undefined {
    const session = this.#sessions.get(brokerId)
    return session === undefined ? undefined : session.lastContactMs + this.#timeoutMs
  }

  /** Fencing ends it too: a fenced broker just goes. */
  endShutdown(brokerId: number): void {
    const session = this.#sessions.get(brokerId)
    if (session !== undefined) session.shutdownOffset = undefined
  }

  /** Only the first call counts. */
  beginShutdown(brokerId: number, offset: number): void {
    const session = this.#sessions.get(brokerId)
    if (session !== undefined) session.shutdownOffset ??= offset
  }

  shutdownOffset(brokerId: number): number | undefined {
    return this.#sessions.get(brokerId)?.shutdownOffset
  }

  metadataOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.metadataOffset ?? -1
  }
}
