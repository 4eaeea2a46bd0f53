/** The clock of one process: virtual time, seen through its node's skew. */
import type { Clock, Timer } from '../base/index.ts'
import { CallEvent, type Life, type Scheduler } from './scheduler.ts'

/** How far a node's wall clock is off. Outlives its processes; may be changed at any time, either way. */
export interface Skew {
  ms: number
}

export class SimClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #life: Life
  readonly #skew: Skew
  readonly #epochMs: number
  readonly #timerId: number
  readonly #drainId: number

  constructor(options: { scheduler: Scheduler; node: string; life: Life; skew: Skew; epochMs: number }) {
    this.#scheduler = options.scheduler
    this.#life = options.life
    this.#skew = options.skew
    this.#epochMs = options.epochMs
    this.#timerId = options.scheduler.trace.id(`timer ${options.node}`)
    this.#drainId = options.scheduler.trace.id(`drain ${options.node}`)
  }

  now(): number {
    return Math.floor(this.#epochMs + this.#scheduler.nowMs + this.#skew.ms)
  }

  monotonic(): number {
    return this.#scheduler.nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    const event = new CallEvent({ traceId: this.#timerId, life: this.#life, call: fire })
    this.#scheduler.at(this.#scheduler.nowMs + delayMs, event)
    const cancel = (): void => {
      event.cancelled = true
    }
    return { cancel }
  }

  afterDrain(then: () => void): void {
    this.#scheduler.late(new CallEvent({ traceId: this.#drainId, life: this.#life, call: then }))
  }
}
