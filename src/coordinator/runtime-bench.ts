/** For tests of the runtime: a log in memory that commits, loses and refuses as told, and a state that checks what it is told. */
import { ApiError, assert, type Clock, type Timer } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { ShardRuntime, type ShardState } from './runtime.ts'
import type { Append } from './shard-context.ts'
import type { ShardBatch, ShardLog } from './shard-log.ts'
import { Turns } from './turns.ts'

/** Stands until it is moved; what waits for the sockets runs when they are said to be drained. */
export class BenchClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []
  #afterDrain: (() => void)[] = []
  /** Made, whether they fired or not. */
  timerCount = 0

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    this.timerCount++
    const timer = { atMs: this.#nowMs + delayMs, fire }
    this.#timers.push(timer)
    const cancel = (): void => {
      this.#timers = this.#timers.filter((it) => it !== timer)
    }
    return { cancel }
  }

  afterDrain(then: () => void): void {
    this.#afterDrain.push(then)
  }

  get waitingTimers(): number {
    return this.#timers.length
  }

  drain(): void {
    for (const then of this.#afterDrain.splice(0)) then()
  }

  /** Something takes so long. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** The one that is due first. */
  fireOne(): void {
    const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs)
    assert(next !== undefined, 'a timer is set')
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    this.#timers = this.#timers.filter((timer) => timer !== next)
    next.fire()
  }

  /** `earlyMs`: timers come that much before their time. */
  advance(ms: number, earlyMs = 0): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs - earlyMs > untilMs) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs - earlyMs)
      this.#timers = this.#timers.filter((timer) => timer !== next)
      next.fire()
    }
    this.#nowMs = untilMs
  }
}

interface Stored {
  readonly offset: number
  readonly record: string
}

interface Waiting {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Batches of four records at most; a record of `huge` has no room in any. */
class BenchLog implements ShardLog<string> {
  readonly stored: Stored[] = []
  endOffset = 0
  highWatermark = 0
  /** Thrown by the next append, which writes nothing. */
  refusal: ApiError | undefined
  appends = 0
  #waiting: Waiting[] = []

  get waitingCount(): number {
    return this.#waiting.length
  }

  open(): ShardBatch<string> {
    const records: string[] = []
    return {
      baseOffset: this.endOffset,
      add: (added) => {
        if (added.includes('huge')) throw new ApiError(ErrorCode.RECORD_LIST_TOO_LARGE, 'no room anywhere')
        if (records.length > 0 && records.length + added.length > 4) return false
        records.push(...added)
        return true
      },
      append: () => this.#append(records),
    }
  }

  #append(records: readonly string[]): { readonly baseOffset: number; readonly committed: Promise<void> } {
    const { refusal } = this
    this.refusal = undefined
    if (refusal !== undefined) throw refusal
    this.appends++
    const baseOffset = this.endOffset
    for (const record of records) this.stored.push({ offset: this.endOffset++, record })
    const nextOffset = this.endOffset
    const committed = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ baseOffset, nextOffset, resolve, reject })
    })
    return { baseOffset, committed }
  }

  writeForeign(): void {
    this.endOffset++
  }

  /** The first `count` that wait; their promises settle in either order. */
  commit(count: number, isReversed = false): void {
    const done = this.#waiting.splice(0, count)
    this.highWatermark = done.at(-1)?.nextOffset ?? this.highWatermark
    for (const { resolve } of isReversed ? done.toReversed() : done) resolve()
  }

  /** All that wait but the first `kept` are cut off. */
  lose(kept: number, error: Error): void {
    const lost = this.#waiting.splice(kept)
    const [first] = lost
    if (first === undefined) return
    this.endOffset = first.baseOffset
    while ((this.stored.at(-1)?.offset ?? -1) >= this.endOffset) this.stored.pop()
    for (const { reject } of lost) reject(error)
  }
}

/** What was replayed, by offset. */
class BenchState implements ShardState<string> {
  stored: Stored[] = []
  committed = 0

  replay(record: string, offset: number): void {
    assert(offset > (this.stored.at(-1)?.offset ?? -1), `${record} is replayed at ${offset}, behind the others`)
    assert(offset >= this.committed, `${record} is replayed at ${offset}, below ${this.committed}`)
    this.stored.push({ offset, record })
  }

  commitTo(offset: number): void {
    assert(offset >= this.committed, `committed to ${this.committed}, then to ${offset}`)
    assert(offset <= (this.stored.at(-1)?.offset ?? -1) + 1, `committed to ${offset}, which was not replayed`)
    this.committed = offset
  }

  revertTo(offset: number): void {
    assert(offset >= this.committed, `reverted to ${offset}, committed to ${this.committed}`)
    this.stored = this.stored.filter((it) => it.offset < offset)
  }
}

export const appendTimeoutMs = 5000

export class RuntimeBench {
  readonly clock = new BenchClock()
  readonly log = new BenchLog()
  readonly state = new BenchState()
  readonly faults: unknown[] = []
  /** What was told, in this order: `a committed`, `b failed 15`, `b settled 15`. */
  readonly told: string[] = []
  readonly runtime: ShardRuntime<string>
  lingerMs = -1

  constructor() {
    this.runtime = new ShardRuntime<string>({
      clock: this.clock,
      log: this.log,
      turns: new Turns(this.clock),
      appendTimeoutMs: () => appendTimeoutMs,
      lingerMs: () => this.lingerMs,
      onFault: (error) => void this.faults.push(error),
    })
    this.runtime.drive(this.state)
  }

  append(name: string, records: readonly string[], then: Partial<Append<string>> = {}): void {
    this.runtime.append({
      records,
      committed: () => {
        this.told.push(`${name} committed`)
        then.committed?.()
      },
      failed: (code) => {
        this.told.push(`${name} failed ${code}`)
        then.failed?.(code)
      },
      settled: (code) => {
        this.told.push(`${name} settled ${code}`)
        then.settled?.(code)
      },
    })
  }

  /** Answers alone. */
  get answers(): readonly string[] {
    return this.told.filter((line) => !line.includes('settled'))
  }
}
