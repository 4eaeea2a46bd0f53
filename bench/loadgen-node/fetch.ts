/** The mode fetch: each connection reads a partition from its start to its end, over and over, one request at a time. */
import { FetchFrame } from './frames.ts'
import { Latencies, type Ran } from './latency.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions } from './options.ts'
import { recordsBytes, recordsStart, walk } from './replies.ts'
import { Watch } from './watch.ts'

const bytesDefault = 1e9

/** Room for a reply: a batch that is larger than `max` comes whole. */
export const fetchRoomBytes = ({ max }: LoadOptions): number => max * 2 + (1 << 20)

interface Shared {
  readonly options: LoadOptions
  readonly latencies: Latencies
  readonly wantedBytes: number
  readonly done: () => void
  got: number
  requests: number
}

class Fetcher {
  readonly #link: Link
  readonly #frame: FetchFrame
  readonly #shared: Shared
  #offset = 0
  #sentMs = 0

  constructor(link: Link, partition: number, shared: Shared) {
    this.#link = link
    this.#shared = shared
    this.#frame = new FetchFrame(shared.options, partition, 0)
    link.handle(this)
  }

  ask(): void {
    this.#sentMs = performance.now()
    this.#link.send(this.#frame.at(this.#offset))
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const shared = this.#shared
    const at = recordsStart(bytes, start, end, shared.options)
    const size = recordsBytes(bytes, at)
    shared.latencies.record(performance.now() - this.#sentMs)
    const next = walk(bytes, at, at + size, this.#offset)
    if (next === this.#offset && next === 0) {
      throw new LoadError(`the topic is empty, or a batch is larger than max=${shared.options.max}`)
    }
    this.#offset = next === this.#offset ? 0 : next
    shared.got += size
    shared.requests++
    if (shared.got < shared.wantedBytes) this.ask()
    else shared.done()
  }
}

export async function fetch(options: LoadOptions): Promise<Ran> {
  const { connections, partitions, bytes } = options
  const watch = new Watch(options)
  const latencies = new Latencies()
  const wantedBytes = bytes > 0 ? bytes : bytesDefault
  const shared: Shared = { options, latencies, wantedBytes, done: watch.done, got: 0, requests: 0 }
  const links: Link[] = []
  for (let i = 0; i < connections; i++) links.push(await Link.open(options, fetchRoomBytes(options), watch.failed))
  const startMs = performance.now()
  for (const [i, link] of links.entries()) new Fetcher(link, i % partitions, shared).ask()
  await watch.until(() => shared.requests)
  const elapsedMs = performance.now() - startMs
  for (const link of links) link.close()
  return { bytes: shared.got, requests: shared.requests, elapsedMs, latencies }
}
