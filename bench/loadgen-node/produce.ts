/** The modes produce and requests: a closed loop, each connection with `inflight` requests under way. */
import { correlationAt, drawKeys, type ProduceFrame, produceFrame } from './frames.ts'
import { Latencies, type Ran } from './latency.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions } from './options.ts'
import { checkProduced } from './replies.ts'
import { Watch } from './watch.ts'

const replyBytesMax = 65_536

/** What all connections share: how many requests there may be, and when it is over. */
class Quota {
  readonly #done: () => void
  readonly #endMs: number
  #left: number
  scheduled = 0
  answered = 0

  constructor({ bytes, seconds }: LoadOptions, frameBytes: number, done: () => void) {
    this.#left = bytes > 0 ? Math.ceil(bytes / frameBytes) : Number.POSITIVE_INFINITY
    this.#endMs = seconds > 0 ? performance.now() + seconds * 1000 : Number.POSITIVE_INFINITY
    this.#done = done
  }

  /** At most so many; as many as there may be. */
  take(wanted: number, nowMs: number): number {
    const taken = nowMs >= this.#endMs ? 0 : Math.min(wanted, this.#left)
    this.#left -= taken
    this.scheduled += taken
    return taken
  }

  /** Nothing more was sent, and nothing is under way. */
  settle(): void {
    if (this.answered === this.scheduled) this.#done()
  }
}

class Producer {
  readonly #link: Link
  readonly #frame: ProduceFrame
  readonly #options: LoadOptions
  readonly #quota: Quota
  readonly #latencies: Latencies
  /** `inflight` copies of the frame: slot = sequence % inflight, free again when its reply came. */
  readonly #ring: Buffer
  readonly #sentMs: Float64Array
  #scheduled = 0
  #answered = 0

  constructor(link: Link, frame: ProduceFrame, shared: { options: LoadOptions; quota: Quota; latencies: Latencies }) {
    const { inflight } = shared.options
    this.#link = link
    this.#frame = frame
    this.#options = shared.options
    this.#quota = shared.quota
    this.#latencies = shared.latencies
    this.#ring = Buffer.allocUnsafeSlow(frame.bytes.length * inflight)
    for (let i = 0; i < inflight; i++) frame.bytes.copy(this.#ring, i * frame.bytes.length)
    this.#sentMs = new Float64Array(inflight)
    link.handle(this)
  }

  frame(bytes: Buffer, start: number, end: number): void {
    if (bytes.readInt32BE(start) !== (this.#answered & 0x7fff_ffff)) throw new LoadError('a reply out of order')
    checkProduced(bytes, start, end, this.#options)
    this.#latencies.record(performance.now() - (this.#sentMs[this.#answered % this.#options.inflight] ?? 0))
    this.#answered++
    this.#quota.answered++
  }

  turned(): void {
    this.pump()
    this.#quota.settle()
  }

  /** Fills the window: what is new of it leaves in one write, or in two where the ring ends. */
  pump(): void {
    const { inflight, keys } = this.#options
    const nowMs = performance.now()
    const count = this.#quota.take(inflight - (this.#scheduled - this.#answered), nowMs)
    if (count === 0) return
    const size = this.#frame.bytes.length
    const first = this.#scheduled % inflight
    for (let i = 0; i < count; i++) {
      const slot = this.#scheduled % inflight
      this.#ring.writeInt32BE(this.#scheduled & 0x7fff_ffff, slot * size + correlationAt)
      if (keys > 0) drawKeys(this.#ring, slot * size + this.#frame.batchAt, this.#frame, keys)
      this.#sentMs[slot] = nowMs
      this.#scheduled++
    }
    const whole = Math.min(count, inflight - first)
    this.#link.send(this.#ring.subarray(first * size, (first + whole) * size))
    if (count > whole) this.#link.send(this.#ring.subarray(0, (count - whole) * size))
  }
}

export async function produce(options: LoadOptions): Promise<Ran> {
  const { acks, connections, partitions, spread, keys } = options
  if (acks === 0) throw new LoadError('acks=0 has no replies to count')
  if (keys > 0 && spread > 1) throw new LoadError('keys are for one batch a request')
  const watch = new Watch(options)
  const latencies = new Latencies()
  const links: Link[] = []
  for (let i = 0; i < connections; i++) links.push(await Link.open(options, replyBytesMax, watch.failed))
  const frames = links.map((_, i) => produceFrame(options, i % partitions))
  const bytesEach = (frames[0]?.batchBytes ?? 0) * spread
  const quota = new Quota(options, bytesEach, watch.done)
  const shared = { options, quota, latencies }
  const startMs = performance.now()
  const producers = frames.flatMap((frame, i) => {
    const link = links[i]
    return link === undefined ? [] : [new Producer(link, frame, shared)]
  })
  for (const producer of producers) producer.pump()
  await watch.until(() => quota.answered)
  const elapsedMs = performance.now() - startMs
  for (const link of links) link.close()
  return { bytes: quota.answered * bytesEach, requests: quota.answered, elapsedMs, latencies }
}
