/**
 * The timers of a shard, by key. A deadline that moves on, as with each heartbeat, costs a look-up: the clock's timer
 * stays where it was and waits for the rest when it comes.
 */
import type { Clock, Timer } from '../base/index.ts'
import type { ShardTimers } from './shard-context.ts'

interface Entry {
  deadlineMs: number
  fire: () => void
  /** Of the clock's timer: never behind the deadline. */
  armedForMs: number
  timer: Timer
}

export class DeadlineTimers implements ShardTimers {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  readonly #run: (fire: () => void) => void
  #ended = false

  /** `run` calls what is due. */
  constructor(clock: Clock, run: (fire: () => void) => void) {
    this.#clock = clock
    this.#run = run
  }

  schedule(key: string, delayMs: number, fire: () => void): void {
    if (this.#ended) return
    const deadlineMs = this.#clock.monotonic() + delayMs
    const known = this.#entries.get(key)
    if (known !== undefined && known.armedForMs <= deadlineMs) {
      known.deadlineMs = deadlineMs
      known.fire = fire
      return
    }
    known?.timer.cancel()
    const entry: Entry = { deadlineMs, fire, armedForMs: deadlineMs, timer: { cancel: () => undefined } }
    this.#entries.set(key, entry)
    this.#arm(key, entry, delayMs)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel()
    this.#entries.delete(key)
  }

  /** For good: what is told that the shard has ended may still ask for a timer. */
  end(): void {
    this.#ended = true
    for (const { timer } of this.#entries.values()) timer.cancel()
    this.#entries.clear()
  }

  #arm(key: string, entry: Entry, delayMs: number): void {
    entry.armedForMs = this.#clock.monotonic() + delayMs
    entry.timer = this.#clock.after(delayMs, () => {
      if (this.#rearm(key, entry)) return
      // What a timer takes away is decided only after the heartbeats that wait in the sockets have been read.
      this.#clock.afterDrain(() => {
        if (this.#entries.get(key) !== entry || this.#rearm(key, entry)) return
        this.#entries.delete(key)
        this.#run(entry.fire)
      })
    })
  }

  /** True if the deadline has moved on meanwhile. */
  #rearm(key: string, entry: Entry): boolean {
    // Clocks of fractions: a timer that comes a hair early is not sent away again.
    const leftMs = entry.deadlineMs - this.#clock.monotonic()
    if (leftMs < 1) return false
    this.#arm(key, entry, leftMs)
    return true
  }
}
