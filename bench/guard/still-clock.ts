/**
 * A clock that stands still until it is told to go on: what a broker does by the way, and what it decides by how long
 * something took, is the same on every machine.
 */
import type { Clock, Timer } from '../../src/base/index.ts'

/** Between two timers, so many turns at least: answers of one round wake who waits in the next. */
const turnsBetween = 4
/** The loop sleeps for so long where files are worked on: turns in which nothing happens would allocate. */
const fileWorkMs = 2
const sleeper = new Int32Array(new SharedArrayBuffer(4))
const fileWork = new Set(['CloseReq', 'FSReqCallback', 'FSReqPromise'])

/** What it needs of the machine. */
export interface ClockMachine {
  /** `setImmediate`, that nobody counts. */
  readonly later: (then: () => void) => void
  readonly afterDrain: Clock['afterDrain']
  /** Told of each timer. */
  readonly armed: () => void
}

class StillTimer implements Timer {
  readonly atMs: number
  readonly fire: () => void
  readonly #waiting: Set<StillTimer>

  constructor(atMs: number, fire: () => void, waiting: Set<StillTimer>) {
    this.atMs = atMs
    this.fire = fire
    this.#waiting = waiting
  }

  cancel(): void {
    this.#waiting.delete(this)
  }
}

export class StillClock implements Clock {
  readonly #machine: ClockMachine
  readonly #waiting = new Set<StillTimer>()
  #nowMs = 0

  constructor(machine: ClockMachine) {
    this.#machine = machine
  }

  now(): number {
    return epochMs + Math.floor(this.#nowMs)
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    this.#machine.armed()
    const timer = new StillTimer(this.#nowMs + Math.max(0, delayMs), fire, this.#waiting)
    this.#waiting.add(timer)
    return timer
  }

  afterDrain(then: () => void): void {
    this.#machine.afterDrain(then)
  }

  /** Goes on by so much, each timer in a turn of its own, its work on files done before the next; then calls `done`. */
  pass(ms: number, done: () => void): void {
    const endMs = this.#nowMs + ms
    const step = (): void => {
      const timer = this.#first(endMs)
      if (timer === undefined) {
        this.#nowMs = endMs
        done()
        return
      }
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      timer.cancel()
      timer.fire()
      this.#quiet(step)
    }
    this.#quiet(step)
  }

  /** Goes on until `work` is done; rejects where it is not within `limitMs`. */
  async during<T>(work: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    work.then(settled, settled)
    for (const endMs = this.#nowMs + limitMs; !isSettled; ) {
      if (this.#nowMs > endMs) throw new Error(`the broker was not done within ${limitMs} ms of its own time`)
      await new Promise<void>((resolve) => this.pass(1, resolve))
    }
    return work
  }

  /** Calls `then` when some turns have passed and no work on files is under way. */
  #quiet(then: () => void, turns = turnsBetween): void {
    this.#machine.later(() => {
      if (turns > 1) {
        this.#quiet(then, turns - 1)
      } else if (process.getActiveResourcesInfo().some((name) => fileWork.has(name))) {
        Atomics.wait(sleeper, 0, 0, fileWorkMs)
        this.#quiet(then)
      } else then()
    })
  }

  #first(untilMs: number): StillTimer | undefined {
    let first: StillTimer | undefined
    for (const timer of this.#waiting) {
      if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer
    }
    return first
  }
}

/** 2026-01-01. */
const epochMs = 1_767_225_600_000
