/**
 * Events in virtual time: a binary heap, ties in the order of scheduling. Between two events every promise job runs dry:
 * each event is fired from an immediate of its own, after each of which the runtime empties its job queues; immediates
 * are set many at a time, so that a turn of the real loop is paid once for many events. Touches no real time; the real
 * loop is handed in.
 */
import { assert } from '../base/index.ts'
import { Trace } from './trace.ts'

/** What an event belongs to: a process of a node. Once dead, nothing of it fires; while paused, it waits. */
export class Life {
  alive = true
  pausedUntilMs = 0
}

/** May be scheduled again once it has fired, which saves an allocation per network delivery. */
export abstract class SimEvent {
  atMs = 0
  rank = 0
  /** Whether it waits in the heap. */
  queued = false
  /** Set to have it pass in silence. */
  cancelled = false
  readonly traceId: number
  readonly life: Life | undefined

  constructor(traceId: number, life: Life | undefined) {
    this.traceId = traceId
    this.life = life
  }

  /** Returns a number for the trace: a size, or 0. */
  abstract fire(): number
}

export class CallEvent extends SimEvent {
  readonly #call: () => void

  constructor(options: { traceId: number; life: Life | undefined; call: () => void }) {
    super(options.traceId, options.life)
    this.#call = options.call
  }

  fire(): number {
    this.#call()
    return 0
  }
}

const before = (a: SimEvent, b: SimEvent): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.rank < b.rank)

/** Late events come behind all others of their instant. */
const lateRank = 2 ** 52
const eventsPerTurn = 256

/** `setImmediate` of the real loop, from whoever runs the world: calls `step` in a turn of its own. */
export type Turn = (step: () => void) => void

export class Scheduler {
  readonly trace = new Trace()
  readonly #turn: Turn
  readonly #heap: SimEvent[] = []
  #nowMs = 0
  #rank = 0
  #running = false

  constructor(turn: Turn) {
    this.#turn = turn
  }

  /** Milliseconds since the world began, with fractions. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Schedules `event`, which must not be waiting; the past counts as now. */
  at(atMs: number, event: SimEvent): void {
    assert(!event.queued, 'an event is scheduled once at a time')
    event.rank = this.#rank++
    this.#push(atMs, event)
  }

  /** Behind everything else of this instant, even what is scheduled for it later. */
  late(event: SimEvent): void {
    event.rank = lateRank + this.#rank++
    this.#push(this.#nowMs, event)
  }

  call(options: { name: string; delayMs: number; life?: Life; call: () => void }): SimEvent {
    const { name, delayMs, life, call } = options
    const event = new CallEvent({ traceId: this.trace.id(name), life, call })
    this.at(this.#nowMs + delayMs, event)
    return event
  }

  /** Runs every event up to `untilMs`, or until `done` says so (asked before each event). Rejects with what one throws. */
  run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    assert(!this.#running, 'the world runs once at a time')
    this.#running = true
    return new Promise((resolve, reject) => {
      let finished = false
      const finish = (then: () => void): void => {
        finished = true
        this.#running = false
        then()
      }
      const step = (): void => {
        if (finished) return
        try {
          if (done()) finish(resolve)
          else if (!this.#next(untilMs)) {
            this.#nowMs = Math.max(this.#nowMs, untilMs)
            finish(resolve)
          }
        } catch (error) {
          finish(() => reject(error))
        }
      }
      const turn = (): void => {
        if (finished) return
        for (let i = 0; i < eventsPerTurn; i++) this.#turn(step)
        this.#turn(turn)
      }
      turn()
    })
  }

  /** Fires the next event not after `untilMs`; false if there is none. */
  #next(untilMs: number): boolean {
    for (;;) {
      const event = this.#heap[0]
      if (event === undefined || event.atMs > untilMs) return false
      this.#pop()
      const { life } = event
      if (event.cancelled || (life !== undefined && !life.alive)) continue
      if (life !== undefined && life.pausedUntilMs > event.atMs) {
        this.at(life.pausedUntilMs, event)
        continue
      }
      this.#nowMs = event.atMs
      const detail = event.fire()
      this.trace.record(this.#nowMs, event.traceId, detail)
      return true
    }
  }

  #push(atMs: number, event: SimEvent): void {
    event.atMs = Math.max(atMs, this.#nowMs)
    event.queued = true
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || before(parent, event)) break
      heap[at] = parent
      at = up
    }
    heap[at] = event
  }

  /** Takes the first event off. */
  #pop(): void {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return
    first.queued = false
    const size = heap.length
    if (size === 0) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      let child = heap[down]
      if (child === undefined) break
      const right = heap[down + 1]
      if (right !== undefined && before(right, child)) {
        down++
        child = right
      }
      if (before(last, child)) break
      heap[at] = child
      at = down
    }
    heap[at] = last
  }
}
