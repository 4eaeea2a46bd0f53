/** What each broker has to do for one producer: requests that it has not answered, and since when it takes no more. Pure. */
export class BrokerLoad {
  readonly #inFlight = new Map<number, number>()
  readonly #heldFromMs = new Map<number, number>()

  /** Requests that are not answered. */
  inFlight(brokerId: number): number {
    return this.#inFlight.get(brokerId) ?? 0
  }

  sent(brokerId: number): void {
    this.#inFlight.set(brokerId, this.inFlight(brokerId) + 1)
  }

  ended(brokerId: number): void {
    this.#inFlight.set(brokerId, this.inFlight(brokerId) - 1)
  }

  /** There is something for it that it does not take: it is not connected, or has enough to answer. */
  held(brokerId: number, nowMs: number): void {
    if (!this.#heldFromMs.has(brokerId)) this.#heldFromMs.set(brokerId, nowMs)
  }

  /** It takes requests. */
  taken(brokerId: number): void {
    this.#heldFromMs.delete(brokerId)
  }

  /** For so long it has taken nothing, though there was something. */
  heldMs(brokerId: number, nowMs: number): number {
    return nowMs - (this.#heldFromMs.get(brokerId) ?? nowMs)
  }
}
