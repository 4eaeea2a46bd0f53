/**
 * The timers of a shard. A deadline that moves on, as with each heartbeat, costs an addition: the clock's timer stays
 * where it was and waits for the rest when it comes.
 */
import type { Clock, Timer } from '../base/index.ts'
import type { ShardTimer, ShardTimers } from './shard-context.ts'

/** What the timers of a shard share. */
interface Shared {
  readonly clock: Clock
  /** Calls what is due. */
  readonly run: (fire: () => void) => void
  readonly running: Set<Deadline>
  ended: boolean
}

class Deadline implements ShardTimer {
  readonly #shared: Shared
  readonly #fire: () => void
  startedMs = 0
  #delayMs = 0
  /** Of the clock's timer: never behind the deadline. */
  #armedForMs = 0
  /** Undefined: not running. */
  #timer: Timer | undefined
  /** What an earlier timer of the clock has left in the drain is of another time. */
  #armings = 0

  constructor(shared: Shared, fire: () => void) {
    this.#shared = shared
    this.#fire = fire
  }

  start(delayMs: number): void {
    const { clock, running, ended } = this.#shared
    if (ended) return
    this.startedMs = clock.monotonic()
    this.#delayMs = delayMs
    if (this.#timer !== undefined && this.#armedForMs <= this.startedMs + delayMs) return
    this.cancel()
    running.add(this)
    this.#arm(delayMs)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#armings++
    this.#shared.running.delete(this)
  }

  #arm(delayMs: number): void {
    const { clock, run } = this.#shared
    const arming = ++this.#armings
    this.#armedForMs = clock.monotonic() + delayMs
    this.#timer = clock.after(delayMs, () => {
      if (this.#rearm()) return
      // What a timer takes away is decided only after the heartbeats that wait in the sockets have been read.
      clock.afterDrain(() => {
        if (arming !== this.#armings || this.#rearm()) return
        this.cancel()
        run(this.#fire)
      })
    })
  }

  /** True if the deadline has moved on meanwhile. */
  #rearm(): boolean {
    // Clocks of fractions: a timer that comes a hair early is not sent away again.
    const leftMs = this.startedMs + this.#delayMs - this.#shared.clock.monotonic()
    if (leftMs < 1) return false
    this.#arm(leftMs)
    return true
  }
}

interface Keyed {
  readonly timer: Deadline
  fire: () => void
}

export class DeadlineTimers implements ShardTimers {
  readonly #shared: Shared
  readonly #byKey = new Map<string, Keyed>()

  /** `run` calls what is due. */
  constructor(clock: Clock, run: (fire: () => void) => void) {
    this.#shared = { clock, run, running: new Set(), ended: false }
  }

  timer(fire: () => void): ShardTimer {
    return new Deadline(this.#shared, fire)
  }

  schedule(key: string, delayMs: number, fire: () => void): void {
    if (this.#shared.ended) return
    let keyed = this.#byKey.get(key)
    if (keyed === undefined) {
      keyed = { timer: new Deadline(this.#shared, () => this.#due(key)), fire }
      this.#byKey.set(key, keyed)
    }
    keyed.fire = fire
    keyed.timer.start(delayMs)
  }

  #due(key: string): void {
    const fire = this.#byKey.get(key)?.fire
    this.#byKey.delete(key)
    fire?.()
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  cancel(key: string): void {
    this.#byKey.get(key)?.timer.cancel()
    this.#byKey.delete(key)
  }

  /** For good: what is told that the shard has ended may still ask for a timer. */
  end(): void {
    this.#shared.ended = true
    for (const timer of [...this.#shared.running]) timer.cancel()
    this.#byKey.clear()
  }
}
