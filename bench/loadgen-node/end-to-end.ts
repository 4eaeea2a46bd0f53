/**
 * The modes e2e and tail: a producer at a fixed rate, and consumers that wait at the end of the log, on one thread. The first
 * value of each batch holds the time that it was scheduled for. Between two requests that are due within 2 ms it turns the loop
 * without a sleep, for the timers of the runtime have steps of 1 ms: it takes a processor, and says so in its CPU.
 */

import { fetchRoomBytes } from './fetch.ts'
import { correlationAt, FetchFrame, type ProduceFrame, produceFrame, sealBatch } from './frames.ts'
import { Latencies, type Ran } from './latency.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions } from './options.ts'
import { batchEnd, checkProduced, nextOffset, recordsBytes, recordsStart } from './replies.ts'
import { Watch } from './watch.ts'

const replyBytesMax = 65_536
const ringBytes = 4 << 20
const slotsMin = 16
const slotsMax = 1024
const leadMs = 200
const sleepMs = 2
const timeBytes = 8

interface Plan {
  readonly options: LoadOptions
  readonly produced: ProduceFrame
  /** Requests to be sent. */
  readonly count: number
  readonly startMs: number
  /** What was scheduled before is warm-up. */
  readonly measureFromMs: number
  readonly latencies: Latencies
  /** Something was sent, answered or received. */
  readonly progressed: () => void
}

class Reader {
  readonly #link: Link
  readonly #plan: Plan
  readonly #frame: FetchFrame
  #offset = 0
  received = 0

  constructor(link: Link, plan: Plan) {
    this.#link = link
    this.#plan = plan
    this.#frame = new FetchFrame(plan.options, 0, 500)
    link.handle(this)
  }

  ask(): void {
    this.#link.send(this.#frame.at(this.#offset))
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const first = recordsStart(bytes, start, end, this.#plan.options)
    const last = first + recordsBytes(bytes, first)
    const nowMs = performance.now()
    let at = first
    for (let next = batchEnd(bytes, at, last); next !== undefined; next = batchEnd(bytes, at, last)) {
      const behind = nextOffset(bytes, at)
      if (behind > this.#offset) this.#batch(bytes, at, nowMs)
      this.#offset = behind
      at = next
    }
    if (this.received < this.#plan.count) this.ask()
    this.#plan.progressed()
  }

  #batch(bytes: Buffer, at: number, nowMs: number): void {
    const { produced, measureFromMs, latencies } = this.#plan
    const scheduledMs = bytes.readDoubleBE(at + produced.valueAt)
    this.received++
    if (scheduledMs >= measureFromMs) latencies.record(nowMs - scheduledMs)
  }
}

class Pacer {
  readonly #link: Link
  readonly #plan: Plan
  readonly #ring: Buffer
  readonly #slots: number
  readonly #batchAt: number
  #sent = 0
  answered = 0

  constructor(link: Link, plan: Plan) {
    const { bytes, batchAt } = plan.produced
    this.#link = link
    this.#plan = plan
    this.#slots = Math.min(slotsMax, Math.max(slotsMin, Math.floor(ringBytes / bytes.length)))
    this.#ring = Buffer.allocUnsafeSlow(bytes.length * this.#slots)
    for (let i = 0; i < this.#slots; i++) bytes.copy(this.#ring, i * bytes.length)
    this.#batchAt = batchAt
    link.handle(this)
  }

  frame(bytes: Buffer, start: number, end: number): void {
    checkProduced(bytes, start, end, this.#plan.options)
    this.answered++
    this.#plan.progressed()
  }

  /** Sends what is due, and comes back for the next. */
  readonly run = (): void => {
    const { options, count, startMs } = this.#plan
    const periodMs = (1000 * options.each) / options.rate
    const lingeredMs = (1000 * (options.each - 1)) / options.rate
    for (;;) {
      if (this.#sent === count) return
      const dueMs = startMs + this.#sent * periodMs
      const leftMs = dueMs + lingeredMs - performance.now()
      // A broker that lags holds it up: latency is from the time that was scheduled.
      if (leftMs > sleepMs) {
        setTimeout(this.run, Math.floor(leftMs - 1))
        return
      }
      if (leftMs > 0 || this.#sent - this.answered >= this.#slots) {
        setImmediate(this.run)
        return
      }
      this.#send(dueMs)
    }
  }

  #send(dueMs: number): void {
    const { bytes, batchBytes, valueAt } = this.#plan.produced
    const at = (this.#sent % this.#slots) * bytes.length
    this.#ring.writeInt32BE(this.#sent & 0x7fff_ffff, at + correlationAt)
    this.#ring.writeDoubleBE(dueMs, at + this.#batchAt + valueAt)
    sealBatch(this.#ring, at + this.#batchAt, batchBytes)
    this.#link.send(this.#ring.subarray(at, at + bytes.length))
    this.#sent++
  }
}

export async function endToEnd(options: LoadOptions): Promise<Ran> {
  const { record, seconds, warmup, rate, each, connections, acks } = options
  if (record < timeBytes) throw new LoadError(`record must be ${timeBytes} bytes at least`)
  if (acks === 0) throw new LoadError('acks=0 has no replies to count')
  const watch = new Watch(options)
  const links: Link[] = []
  for (let i = 0; i < connections; i++) links.push(await Link.open(options, fetchRoomBytes(options), watch.failed))
  const producing = await Link.open(options, replyBytesMax, watch.failed)
  const count = Math.floor(((seconds + warmup) * rate) / each)
  const startMs = performance.now() + leadMs
  const measureFromMs = startMs + warmup * 1000
  const latencies = new Latencies()
  const progressed = (): void => {
    if (pacer.answered === count && readers.every(({ received }) => received >= count)) watch.done()
  }
  const produced = produceFrame({ ...options, spread: 1 }, 0)
  const plan: Plan = { options, produced, count, startMs, measureFromMs, latencies, progressed }
  const pacer = new Pacer(producing, plan)
  const readers = links.map((link) => new Reader(link, plan))
  for (const reader of readers) reader.ask()
  pacer.run()
  await watch.until(() => pacer.answered + readers.reduce((sum, { received }) => sum + received, 0))
  const elapsedMs = performance.now() - measureFromMs
  for (const link of [...links, producing]) link.close()
  const requests = latencies.total
  return { bytes: requests * produced.batchBytes, requests, elapsedMs, latencies }
}
