/** Runs the steps of a scenario one behind the other, with as little work of its own as may be. */
import { type GuardedBroker, replies } from './broker.ts'
import type { Scenario } from './scenarios.ts'

export class Stretch {
  readonly #scenario: Scenario
  readonly #later: (then: () => void) => void
  readonly #wanted: number
  #left = 0
  #waiting = 0
  #next = 0
  #done: () => void = () => undefined

  /** `later`: the machine's `setImmediate`, that nobody counts. */
  constructor(scenario: Scenario, later: (then: () => void) => void) {
    this.#scenario = scenario
    this.#later = later
    this.#wanted = scenario.requests * scenario.deliveries.length
    for (const { connection } of scenario.deliveries) connection.replied = this.#replied
  }

  run(steps: number, done: () => void): void {
    this.#left = steps
    this.#done = done
    this.#step()
  }

  readonly #step = (): void => {
    if (this.#left-- === 0) {
      this.#done()
      return
    }
    this.#scenario.prepare?.()
    this.#waiting = this.#wanted
    this.#next = 0
    this.#deliver()
  }

  readonly #deliver = (): void => {
    const delivery = this.#scenario.deliveries[this.#next++]
    if (delivery === undefined) return
    if (this.#next < this.#scenario.deliveries.length) this.#later(this.#deliver)
    delivery.connection.deliver(delivery.bytes)
  }

  readonly #replied = (): void => {
    if (--this.#waiting === 0) this.#later(this.#step)
  }
}

/** One step, whose replies are looked into. */
export async function tryOut(broker: GuardedBroker, { deliveries, prepare, check }: Scenario): Promise<void> {
  prepare?.()
  const waiting = deliveries.map(({ connection, bytes, requests }) => replies(connection, bytes, requests))
  check((await broker.clock.during(Promise.all(waiting))).flat())
}
