/**
 * The mode session: fetch sessions of all partitions of a topic, a few of which have new data each time. One round: a request of
 * the producer with a small batch for each of `spread` partitions, the next ones in turn, and when it is answered one fetch of each
 * session, which names only the partitions whose offset it has moved.
 */
import { fetch as fetchApi } from '../../src/protocol/index.ts'
import { requestFrame } from '../../test/wire.ts'
import { clientId, fetchVersion, produceFrame } from './frames.ts'
import { Latencies, type Ran } from './latency.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions } from './options.ts'
import { checkProduced, walk } from './replies.ts'
import { Watch } from './watch.ts'

const replyBytesMax = 65_536
/** Partition, leader epoch, offset, start of the log, bytes. */
const partitionBytes = 4 + 4 + 8 + 8 + 4

class FetchSession {
  readonly #link: Link
  readonly #options: LoadOptions
  readonly #request: Buffer
  readonly #headBytes: number
  readonly #offsets: Float64Array
  /** Partitions that had records in the last reply: the next request names them. */
  readonly #moved: Int32Array
  #movedCount: number
  #id = 0
  #epoch = 0
  #answered: (recordBytes: number) => void = () => undefined
  sentMs = 0

  constructor(link: Link, options: LoadOptions) {
    this.#link = link
    this.#options = options
    const { topic, partitions, max } = options
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: max,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: 0,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    }
    const empty = requestFrame(fetchApi, { version: fetchVersion, request, clientId })
    // Behind it are the count of topics, that of forgotten ones, and the rack.
    this.#headBytes = empty.length - 4 - 4 - 2
    const roomBytes = empty.length + 2 + topic.length + 4 + partitions * partitionBytes
    this.#request = Buffer.allocUnsafeSlow(roomBytes)
    empty.copy(this.#request)
    this.#offsets = new Float64Array(partitions)
    this.#moved = Int32Array.from({ length: partitions }, (_, i) => i)
    this.#movedCount = partitions
    link.handle(this)
  }

  get movedCount(): number {
    return this.#movedCount
  }

  /** `answered` is told the bytes of records that the reply had. */
  ask(maxWaitMs: number, answered: (recordBytes: number) => void): void {
    this.#answered = answered
    const bytes = this.#request
    const head = this.#headBytes
    bytes.writeInt32BE(maxWaitMs, head - 8 - 1 - 4 - 4 - 4)
    bytes.writeInt32BE(this.#id, head - 8)
    bytes.writeInt32BE(this.#epoch, head - 4)
    bytes.writeInt32BE(this.#movedCount > 0 ? 1 : 0, head)
    let at = head + 4
    if (this.#movedCount > 0) at = this.#putTopic(at)
    bytes.fill(0, at, at + 4 + 2)
    at += 4 + 2
    bytes.writeInt32BE(at - 4, 0)
    this.sentMs = performance.now()
    this.#link.send(bytes.subarray(0, at))
  }

  #putTopic(from: number): number {
    const bytes = this.#request
    const { topic, max } = this.#options
    let at = bytes.writeInt16BE(topic.length, from)
    at += bytes.write(topic, at, 'latin1')
    at = bytes.writeInt32BE(this.#movedCount, at)
    for (let i = 0; i < this.#movedCount; i++) {
      const partition = this.#moved[i] ?? 0
      const offset = this.#offsets[partition] ?? 0
      at = bytes.writeInt32BE(partition, at)
      at = bytes.writeInt32BE(-1, at)
      at = bytes.writeInt32BE(Math.floor(offset / 2 ** 32), at)
      at = bytes.writeUInt32BE(offset % 2 ** 32, at)
      at = bytes.writeInt32BE(-1, at)
      at = bytes.writeInt32BE(-1, at)
      at = bytes.writeInt32BE(max, at)
    }
    return at
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const { partitions } = this.#options
    let at = start + 4 + 4
    if (end < at + 10) throw new LoadError('a short Fetch reply')
    const error = bytes.readInt16BE(at)
    if (error !== 0) throw new LoadError(`Fetch answered error ${error}`)
    this.#id = bytes.readInt32BE(at + 2)
    if (this.#id === 0) throw new LoadError(`the broker has no session for a fetch of ${partitions} partitions`)
    this.#epoch++
    this.#movedCount = 0
    let recordBytes = 0
    const topics = bytes.readInt32BE(at + 6)
    at += 10
    for (let topic = 0; topic < topics; topic++) {
      at += 2 + bytes.readInt16BE(at)
      const count = bytes.readInt32BE(at)
      at += 4
      for (let i = 0; i < count; i++) {
        const recordsAt = this.#take(bytes, at, end)
        const size = Math.max(0, bytes.readInt32BE(recordsAt - 4))
        recordBytes += size
        at = recordsAt + size
      }
    }
    this.#answered(recordBytes)
  }

  /** Moves the offset of a partition behind its records; returns where these begin. */
  #take(bytes: Buffer, at: number, end: number): number {
    const partition = bytes.readInt32BE(at)
    const error = bytes.readInt16BE(at + 4)
    if (partition < 0 || partition >= this.#offsets.length)
      throw new LoadError(`a Fetch reply with partition ${partition}`)
    if (error !== 0) throw new LoadError(`Fetch answered error ${error} for partition ${partition}`)
    const abortedAt = at + 6 + 24
    const recordsAt = abortedAt + 4 + Math.max(0, bytes.readInt32BE(abortedAt)) * 16 + 4 + 4
    const recordsEnd = recordsAt + Math.max(0, bytes.readInt32BE(recordsAt - 4))
    if (recordsEnd > end) throw new LoadError('a Fetch reply shorter than its records')
    const offset = this.#offsets[partition] ?? 0
    const next = walk(bytes, recordsAt, recordsEnd, offset)
    if (next !== offset) this.#moved[this.#movedCount++] = partition
    this.#offsets[partition] = next
    return recordsAt
  }
}

class Rounds {
  readonly #options: LoadOptions
  readonly #producing: Link
  readonly #frames: readonly Buffer[]
  readonly #sessions: readonly FetchSession[]
  readonly #latencies: Latencies
  readonly #endMs: number
  readonly #done: () => void
  #turn = 0
  #waiting = 0
  bytes = 0
  requests = 0

  constructor(
    options: LoadOptions,
    parts: {
      readonly producing: Link
      readonly frames: readonly Buffer[]
      readonly sessions: readonly FetchSession[]
      readonly latencies: Latencies
      readonly done: () => void
    },
  ) {
    this.#options = options
    this.#producing = parts.producing
    this.#frames = parts.frames
    this.#sessions = parts.sessions
    this.#latencies = parts.latencies
    this.#done = parts.done
    this.#endMs = performance.now() + options.seconds * 1000
    this.#producing.handle(this)
  }

  begin(): void {
    const frame = this.#frames[this.#turn++ % this.#frames.length]
    if (frame === undefined || performance.now() >= this.#endMs) this.#done()
    else this.#producing.send(frame)
  }

  frame(bytes: Buffer, start: number, end: number): void {
    checkProduced(bytes, start, end, this.#options)
    this.#waiting = this.#sessions.length
    for (const session of this.#sessions) session.ask(500, (size) => this.#fetched(session, size))
  }

  #fetched(session: FetchSession, size: number): void {
    const { spread } = this.#options
    this.#latencies.record(performance.now() - session.sentMs)
    if (session.movedCount !== spread) {
      throw new LoadError(`${session.movedCount} partitions had records, not ${spread}`)
    }
    this.bytes += size
    this.requests++
    if (--this.#waiting === 0) this.begin()
  }
}

/** The first fetch names all partitions, the next ones what had records: until all of that is read. */
async function opened(session: FetchSession, failed: Promise<void>): Promise<void> {
  do {
    await Promise.race([failed, new Promise((resolve) => session.ask(0, resolve))])
  } while (session.movedCount > 0)
}

export async function session(options: LoadOptions): Promise<Ran> {
  const { partitions, spread, connections, max } = options
  if (partitions % spread !== 0) throw new LoadError('partitions must be a multiple of spread')
  const watch = new Watch(options)
  const roomBytes = max + partitions * 64 + replyBytesMax
  const producing = await Link.open(options, replyBytesMax, watch.failed)
  const links: Link[] = []
  for (let i = 0; i < connections; i++) links.push(await Link.open(options, roomBytes, watch.failed))
  const frames = Array.from({ length: partitions / spread }, (_, i) => produceFrame(options, i * spread).bytes)
  const sessions = links.map((link) => new FetchSession(link, options))
  for (const one of sessions) await opened(one, watch.ended)
  const latencies = new Latencies()
  const startMs = performance.now()
  const rounds = new Rounds(options, { producing, frames, sessions, latencies, done: watch.done })
  rounds.begin()
  await watch.until(() => rounds.requests)
  const elapsedMs = performance.now() - startMs
  for (const link of [...links, producing]) link.close()
  return { bytes: rounds.bytes, requests: rounds.requests, elapsedMs, latencies }
}
