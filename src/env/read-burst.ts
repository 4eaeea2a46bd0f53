/**
 * Whether sockets are read right behind each other. What waits for the other sockets of a turn costs the loop a round of its own: two
 * system calls, and a wake more. Where a socket comes alone there is nothing to wait for. A hint from the clock: the runtime does
 * not tell which sockets have bytes.
 */

/** Between two reads of one turn there is a system call, between two turns the loop, and mostly a sleep. */
const gapMsMax = 0.01

export class ReadBurst {
  readonly #nowMs: () => number
  #endedMs = Number.NEGATIVE_INFINITY
  #isOn = false

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** What is read now was read right behind another. */
  get isOn(): boolean {
    return this.#isOn
  }

  begin(): void {
    this.#isOn = this.#nowMs() - this.#endedMs < gapMsMax
  }

  /** Of what was done with what was read, or with what followed from it. */
  end(): void {
    this.#endedMs = this.#nowMs()
  }
}
