/**
 * Many deadlines behind one timer of the clock: waiting fetches and produces, sessions, throttled connections. Adding and
 * cancelling is O(1) and touches no clock timer unless the new deadline is the earliest. Deadlines are rounded up to
 * ticks: nothing fires early, at most one tick late.
 */
import { assert } from './assert.ts'
import type { Clock, Timer } from './env.ts'

export interface TimerWheelOptions {
  readonly clock: Clock
  /** How late a deadline may fire. */
  readonly tickMs?: number
  /** A power of two. Deadlines further away than `slots` ticks are passed over once per turn of the wheel. */
  readonly slots?: number
  /**
   * For deadlines that take something away from a peer: they fire only after the sockets have been drained once since
   * they passed, and not at all if what was read there cancels them.
   */
  readonly drainFirst?: boolean
  /**
   * The clock's timer stays when nothing waits any more: for waits that come one after the other, and are over long before their time.
   * Who ends it calls `clear`.
   */
  readonly lingers?: boolean
}

/** Intrusive member of its slot's list; a ring through the slot's head, so that unlinking needs no look at the slot. */
class Entry implements Timer {
  before: Entry = this
  behind: Entry = this
  readonly tick: number
  readonly sequence: number
  #wheel: TimerWheel | undefined
  #fire: (() => void) | undefined

  constructor(tick: number, sequence: number) {
    this.tick = tick
    this.sequence = sequence
  }

  start(wheel: TimerWheel, fire: () => void): void {
    this.#wheel = wheel
    this.#fire = fire
  }

  cancel(): void {
    this.take()
  }

  /** Leaves the wheel; what was to be fired, unless that was done or cancelled. */
  take(): (() => void) | undefined {
    const fire = this.#fire
    if (fire === undefined) return undefined
    this.before.behind = this.behind
    this.behind.before = this.before
    this.#wheel?.left()
    this.#wheel = undefined
    this.#fire = undefined
    return fire
  }
}

const inOrder = (a: Entry, b: Entry): number => a.tick - b.tick || a.sequence - b.sequence

export class TimerWheel {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #mask: number
  readonly #drainFirst: boolean
  readonly #lingers: boolean
  readonly #heads: readonly Entry[]
  readonly #startMs: number
  /** Every deadline of this tick or before has fired. */
  #firedTick = 0
  #size = 0
  #sequence = 0
  #timer: Timer | undefined
  #timerTick = Number.POSITIVE_INFINITY
  #draining = false

  constructor({ clock, tickMs = 10, slots = 4096, drainFirst = false, lingers = false }: TimerWheelOptions) {
    assert(tickMs > 0, 'a tick takes time')
    assert(slots > 0 && (slots & (slots - 1)) === 0, 'the number of slots is a power of two')
    this.#clock = clock
    this.#tickMs = tickMs
    this.#mask = slots - 1
    this.#drainFirst = drainFirst
    this.#lingers = lingers
    this.#heads = Array.from({ length: slots }, () => new Entry(-1, -1))
    this.#startMs = clock.monotonic()
  }

  /** Deadlines that have neither fired nor been cancelled. */
  get size(): number {
    return this.#size
  }

  after(delayMs: number, fire: () => void): Timer {
    const deadlineMs = this.#clock.monotonic() + Math.max(0, delayMs) - this.#startMs
    const entry = new Entry(Math.max(this.#firedTick + 1, Math.ceil(deadlineMs / this.#tickMs)), this.#sequence++)
    entry.start(this, fire)
    const head = this.#head(entry.tick)
    entry.before = head.before
    entry.behind = head
    head.before.behind = entry
    head.before = entry
    this.#size++
    if (!this.#draining && entry.tick < this.#timerTick) this.#arm(entry.tick)
    return entry
  }

  /** Fires everything now, in the order of the deadlines: nobody is to wait any longer. The wheel may be used again. */
  fireAll(): void {
    const all: Entry[] = []
    for (const head of this.#heads) for (let at = head.behind; at !== head; at = at.behind) all.push(at)
    const failures: unknown[] = []
    for (const entry of all.sort(inOrder)) {
      try {
        // One that is cancelled by another before its turn has nothing left to fire.
        entry.take()?.()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Cancels everything. The wheel may be used again. */
  clear(): void {
    for (const head of this.#heads) while (head.behind !== head) head.behind.cancel()
    this.#disarm()
  }

  /** For entries alone: one of them is no longer waiting. */
  left(): void {
    this.#size--
    if (this.#size === 0 && !this.#draining && !this.#lingers) this.#disarm()
  }

  #head(tick: number): Entry {
    const head = this.#heads[tick & this.#mask]
    assert(head !== undefined, 'every tick has a slot')
    return head
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerTick = Number.POSITIVE_INFINITY
  }

  #arm(tick: number): void {
    this.#timer?.cancel()
    this.#timerTick = tick
    const delayMs = this.#beginMs(tick) - this.#clock.monotonic()
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(delayMs)), () => this.#wake())
  }

  #beginMs(tick: number): number {
    return this.#startMs + tick * this.#tickMs
  }

  #tickNow(): number {
    const nowMs = this.#clock.monotonic()
    const tick = Math.floor((nowMs - this.#startMs) / this.#tickMs)
    // By the sum that the timer was set by: of two that are rounded otherwise, one could say that it is time, and the other never.
    return this.#beginMs(tick + 1) <= nowMs ? tick + 1 : tick
  }

  #wake(): void {
    this.#timer = undefined
    this.#timerTick = Number.POSITIVE_INFINITY
    const tick = this.#tickNow()
    if (!this.#drainFirst) {
      this.#fireUntil(tick)
      return
    }
    this.#draining = true
    this.#clock.afterDrain(() => {
      this.#draining = false
      this.#fireUntil(tick)
    })
  }

  #fireUntil(tick: number): void {
    const due = this.#due(tick)
    this.#firedTick = Math.max(this.#firedTick, tick)
    try {
      // One that is cancelled by another before its turn has nothing left to fire.
      for (const entry of due) entry.take()?.()
    } finally {
      this.#armNext()
    }
  }

  #due(tick: number): Entry[] {
    const due: Entry[] = []
    const first = Math.max(this.#firedTick + 1, tick - this.#mask)
    for (let at = first; at <= tick; at++) {
      const head = this.#head(at)
      for (let entry = head.behind; entry !== head; entry = entry.behind) if (entry.tick <= tick) due.push(entry)
    }
    return due.sort(inOrder)
  }

  /** Waits for the next slot that holds anything: at worst one wake for nothing per slot and turn. */
  #armNext(): void {
    if (this.#size === 0) return
    for (let at = this.#firedTick + 1; at <= this.#firedTick + this.#mask + 1; at++) {
      const head = this.#head(at)
      if (head.behind === head) continue
      if (at < this.#timerTick) this.#arm(at)
      return
    }
  }
}
