/** Who is over a quota is answered at once, is told how long to ask nothing more, and asks nothing for as long (KIP-219). */
import type { Clock, Timer, TimerWheel } from '../base/index.ts'

/**
 * From which version on the time is still to come: before, the server has waited itself before it answered. By key of API; those that
 * Kafka's clients wait behind, and no others.
 */
const sinceVersion: ReadonlyMap<number, number> = new Map(
  (
    [
      [8, [1]],
      [6, [0, 3]],
      [4, [8, 9]],
      [3, [2, 11, 19]],
      [2, [10, 12, 13, 14, 15, 16, 18, 20, 32]],
      [1, [21, 22, 24, 25, 26, 28, 29, 30, 31, 33, 34, 35, 37, 38, 39, 40, 41, 42]],
      [0, [43, 44, 45, 46, 47, 50, 51, 62, 63, 64, 75]],
    ] as const
  ).flatMap(([version, keys]) => keys.map((key) => [key, version] as const)),
)

export class ClientThrottle {
  readonly #timeouts: TimerWheel
  readonly #clock: Clock
  readonly #ended: () => void
  #untilMs = 0
  #timer: Timer | undefined

  /** `ended` is called each time that it is over. */
  constructor(timeouts: TimerWheel, clock: Clock, ended: () => void) {
    this.#timeouts = timeouts
    this.#clock = clock
    this.#ended = ended
  }

  /** Nothing is to be sent. */
  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** What an answer says. The longest of several holds. */
  answered(apiKey: number, version: number, throttleTimeMs: number): void {
    if (throttleTimeMs <= 0) return
    const untilMs = this.#clock.monotonic() + throttleTimeMs
    if (untilMs <= this.#untilMs || version < (sinceVersion.get(apiKey) ?? Number.POSITIVE_INFINITY)) return
    this.#untilMs = untilMs
    this.#timer?.cancel()
    this.#timer = this.#timeouts.after(throttleTimeMs, () => {
      this.#timer = undefined
      this.#ended()
    })
  }

  /** For good. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#untilMs = Number.POSITIVE_INFINITY
  }
}
