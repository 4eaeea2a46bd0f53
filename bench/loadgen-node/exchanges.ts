/**
 * The mode frames: requests that were encoded before, and the replies they must have, byte for byte. The file is described in
 * `loadgen/frames.h`.
 */
import { readFileSync } from 'node:fs'
import { correlationAt } from './frames.ts'
import { Latencies, type Ran } from './latency.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions } from './options.ts'
import { Watch } from './watch.ts'

const frameBytesMax = 65_536
const shownBytesMax = 512

interface Exchange {
  readonly request: Buffer
  readonly reply: Buffer
}

function readAll(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new LoadError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`)
  }
}

function readExchanges(path: string): readonly Exchange[] {
  const data = readAll(path)
  let at = 0
  const take = (): Buffer => {
    if (data.length - at < 4) throw new LoadError('the file of frames is cut off')
    const size = data.readInt32BE(at)
    const start = at + 4
    if (size < 4 || size > frameBytesMax || data.length - start < size) {
      throw new LoadError(`a frame of ${size} bytes in the file`)
    }
    at = start + size
    return data.subarray(start, at)
  }
  const exchanges: Exchange[] = []
  while (at < data.length) exchanges.push({ request: take(), reply: take() })
  return exchanges
}

interface Shared {
  readonly inflight: number
  readonly endMs: number
  readonly latencies: Latencies
  readonly done: () => void
  underWay: number
  answered: number
}

class Exchanger {
  readonly #link: Link
  readonly #own: readonly Exchange[]
  readonly #shared: Shared
  /** A place for each request that may be under way. */
  readonly #places: Buffer
  readonly #placeBytes: number
  readonly #sentMs: Float64Array
  #scheduled = 0
  #answered = 0

  constructor(link: Link, own: readonly Exchange[], shared: Shared) {
    this.#link = link
    this.#own = own
    this.#shared = shared
    this.#placeBytes = Math.max(...own.map(({ request }) => request.length))
    this.#places = Buffer.allocUnsafeSlow(this.#placeBytes * shared.inflight)
    this.#sentMs = new Float64Array(shared.inflight)
    link.handle(this)
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const { inflight, latencies } = this.#shared
    const told = this.#own[this.#answered % this.#own.length]
    if (told === undefined || bytes.readInt32BE(start) !== (this.#answered & 0x7fff_ffff)) {
      throw new LoadError('a reply out of order')
    }
    const { reply } = told
    if (reply.compare(bytes, start + 4, end, 4, reply.length) !== 0) refuse(bytes.subarray(start, end), reply)
    latencies.record(performance.now() - (this.#sentMs[this.#answered % inflight] ?? 0))
    this.#answered++
    this.#shared.answered++
    this.#shared.underWay--
  }

  turned(): void {
    this.fill()
    if (this.#shared.underWay === 0) this.#shared.done()
  }

  /** What is new in the window leaves joined as far as it lies together. */
  fill(): void {
    const { inflight, endMs } = this.#shared
    const nowMs = performance.now()
    if (nowMs >= endMs) return
    let from = (this.#scheduled % inflight) * this.#placeBytes
    let to = from
    while (this.#scheduled - this.#answered < inflight) {
      const slot = this.#scheduled % inflight
      const at = slot * this.#placeBytes
      if (at !== to) {
        if (to > from) this.#link.send(this.#places.subarray(from, to))
        from = at
      }
      to = this.#put(at)
      this.#sentMs[slot] = nowMs
      this.#scheduled++
      this.#shared.underWay++
    }
    if (to > from) this.#link.send(this.#places.subarray(from, to))
  }

  #put(at: number): number {
    const { request } = this.#own[this.#scheduled % this.#own.length] ?? { request: this.#places.subarray(0, 0) }
    request.copy(this.#places, at)
    this.#places.writeInt32BE(this.#scheduled & 0x7fff_ffff, at + correlationAt)
    return at + request.length
  }
}

function refuse(got: Buffer, told: Buffer): never {
  const show = (bytes: Buffer): string => bytes.subarray(4, shownBytesMax).toString('hex')
  throw new LoadError(`a reply other than the one that was told:\n${show(got)}\nwas told:\n${show(told)}`)
}

export async function frames(options: LoadOptions): Promise<Ran> {
  const { file, connections, inflight, seconds } = options
  if (file === '') throw new LoadError('frames needs a file')
  const exchanges = readExchanges(file)
  if (exchanges.length < connections) {
    throw new LoadError(`${exchanges.length} frames for ${connections} connections`)
  }
  const watch = new Watch(options)
  const links: Link[] = []
  for (let i = 0; i < connections; i++) links.push(await Link.open(options, frameBytesMax, watch.failed))
  const startMs = performance.now()
  const latencies = new Latencies()
  const endMs = startMs + seconds * 1000
  const shared: Shared = { inflight, endMs, latencies, done: watch.done, underWay: 0, answered: 0 }
  const all = links.map(
    (link, i) =>
      new Exchanger(
        link,
        exchanges.filter((_, at) => at % connections === i),
        shared,
      ),
  )
  for (const one of all) one.fill()
  await watch.until(() => shared.answered)
  const elapsedMs = performance.now() - startMs
  for (const link of links) link.close()
  return { bytes: 0, requests: shared.answered, elapsedMs, latencies }
}
