/** Sends records as fast as the producer takes them, or at a pace, and measures how long each takes until it is acknowledged. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Producer } from '../../client/index.ts'
import { Histogram } from './histogram.ts'
import { Pace } from './pace.ts'

export interface LoadOptions {
  readonly producer: Producer
  readonly topic: string
  readonly count: number
  readonly recordSize: number
  /** Records a second; 0: as fast as it goes. */
  readonly throughput: number
  /** Records before anything is measured. */
  readonly warmUp: number
  /** Of records that are not acknowledged: as much as the producer has room for. */
  readonly bytesMax: number
  readonly isOver: () => boolean
  readonly failed: (error: unknown) => void
  /** Of each record that is acknowledged, warming up or not, in microseconds. */
  readonly acknowledged?: (us: number) => void
}

/** Sent in one go: then whatever the network has brought has its turn. */
const goBytes = 256 * 1024
const goRecordsMax = 1000
/** What a record costs in memory beside its value. */
const overheadBytes = 100
const waitMs = 1

export class Load {
  readonly histogram = new Histogram()
  readonly #options: LoadOptions
  readonly #values: (index: number) => Uint8Array
  #sent = 0
  #settled = 0
  #acknowledged = 0
  #measured = 0
  #startMs = 0
  #measuredFromMs = 0
  #lastMs = 0
  #room: (() => void) | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    this.#values = valuesOf(options.recordSize)
  }

  /** All that were acknowledged. */
  get seen(): { readonly records: number; readonly bytes: number } {
    return { records: this.#acknowledged, bytes: this.#acknowledged * this.#options.recordSize }
  }

  /** Without those before the measurement, and its time. */
  get measured(): { readonly records: number; readonly bytes: number; readonly elapsedMs: number } {
    const elapsedMs = Math.max(0, this.#lastMs - this.#measuredFromMs)
    return { records: this.#measured, bytes: this.#measured * this.#options.recordSize, elapsedMs }
  }

  /** Resolves when all are settled, or it is over. */
  async run(): Promise<void> {
    const { count, throughput, isOver, recordSize, producer } = this.#options
    this.#startMs = performance.now()
    this.#measuredFromMs = this.#startMs
    const pace = new Pace(throughput, this.#startMs)
    const go = Math.max(1, Math.min(goRecordsMax, Math.floor(goBytes / (recordSize + overheadBytes))))
    while (this.#sent < count && !isOver()) {
      const due = Math.min(count, pace.due(performance.now()), this.#sent + go)
      while (this.#sent < due && this.#hasRoom) this.#send(this.#sent++)
      if (!this.#hasRoom) await new Promise<void>((resolve) => (this.#room = resolve))
      else if (pace.isBounded && this.#sent >= pace.due(performance.now())) await delay(waitMs)
      else await new Promise<void>((resolve) => setImmediate(resolve))
    }
    await producer.flush()
  }

  get #hasRoom(): boolean {
    const { recordSize, bytesMax } = this.#options
    return (this.#sent - this.#settled) * (recordSize + overheadBytes) < bytesMax
  }

  #send(index: number): void {
    const { producer, topic, warmUp, failed, acknowledged } = this.#options
    const fromMs = performance.now()
    if (index === warmUp) this.#measuredFromMs = fromMs
    const settled = (): void => {
      this.#settled++
      if (this.#room === undefined || !this.#hasRoom) return
      this.#room()
      this.#room = undefined
    }
    producer.send(topic, { value: this.#values(index) }).then(
      () => {
        this.#acknowledged++
        this.#lastMs = performance.now()
        const us = (this.#lastMs - fromMs) * 1000
        if (index >= warmUp) {
          this.#measured++
          this.histogram.record(us)
        }
        acknowledged?.(us)
        settled()
      },
      (error: unknown) => {
        failed(error)
        settled()
      },
    )
  }
}

/** Letters drawn once, and read from another place each time: what a codec makes of it is what it makes of Kafka's. */
function valuesOf(size: number): (index: number) => Uint8Array {
  const spare = 64 * 1024
  const letters = new Uint8Array(size + spare)
  for (let i = 0; i < letters.length; i++) letters[i] = 65 + Math.floor(Math.random() * 26)
  // A step that is odd, so that it comes by each place before it comes by one again.
  const step = 40_503
  return (index) => letters.subarray((index * step) % spare, ((index * step) % spare) + size)
}
