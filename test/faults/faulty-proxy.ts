/**
 * Stands between clients and a broker, on real sockets. By a seed it cuts connections between frames and within them, holds one
 * direction, lets bytes by in small pieces or late, and is not there for a while. Frames it reads whole before it passes them on, so
 * that it knows where it cuts.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom, type SeededStream } from '../../src/sim/index.ts'

/** Of one direction. */
interface WayFaults {
  /** The connection ends there, for one frame of so many on average. */
  readonly cutEvery?: { readonly frames: number; readonly where: 'between' | 'within' }
  /** Nothing goes this way for so long, before one frame of so many on average. */
  readonly stallEvery?: { readonly frames: number; readonly ms: number }
  /** A frame comes in pieces: its first bytes each alone, behind them a few together, cut anywhere. */
  readonly isSplit?: boolean
  /** Of each frame: it takes up to so long. */
  readonly delayMsMax?: number
}

export interface ProxyFaults {
  readonly requests?: WayFaults
  readonly answers?: WayFaults
  /** After one cut of so many nobody can connect, and no connection lives, for a while. */
  readonly outageEvery?: { readonly cuts: number; readonly ms: number }
}

type Way = 'requests' | 'answers'

/** Where the name of a client begins in a request's frame: behind size, API, version, correlation and its own length. */
const clientIdAt = 14
/** Of tests: what is larger is no frame. */
const frameBytesMax = 16 * 1024 * 1024
/** Of a frame that is split: its size, its header, and what comes next. */
const aloneBytes = 24
const pieceBytesMax = 64

/** Whole frames of what comes in pieces. */
class Frames {
  #held: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): Buffer[] {
    this.#held = Buffer.concat([this.#held, chunk])
    const frames: Buffer[] = []
    while (this.#held.length >= 4) {
      const end = 4 + this.#held.readInt32BE(0)
      if (end < 4 || end > frameBytesMax) throw new Error(`a frame of ${end} bytes`)
      if (this.#held.length < end) break
      frames.push(this.#held.subarray(0, end))
      this.#held = this.#held.subarray(end)
    }
    return frames
  }
}

interface Link {
  readonly client: Socket
  readonly broker: Socket
  readonly draw: SeededStream
  clientId: string | undefined
  isCut: boolean
}

export class FaultyProxy {
  readonly counts = { connections: 0, cuts: 0, stalls: 0, outages: 0 }
  /** From now on, for all connections. */
  faults: ProxyFaults = {}
  readonly #server: Server
  readonly #random: SeededRandom
  readonly #links = new Set<Link>()
  readonly #dead = new Set<string>()
  #toPort = 0
  #isOut = false

  private constructor(seed: number) {
    this.#random = new SeededRandom(`proxy ${seed}`)
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client))
  }

  static async start(seed: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(seed)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    return address.port
  }

  leadTo(port: number): void {
    this.#toPort = port
  }

  /** Nothing reaches this client any more, and nothing of it gets through. */
  sever(clientId: string): void {
    this.#dead.add(clientId)
    for (const link of this.#links) if (link.clientId === clientId) this.#cut(link)
  }

  /** From now on all is well, also with those that were severed. */
  heal(): void {
    this.faults = {}
    this.#dead.clear()
  }

  stop(): void {
    for (const link of this.#links) this.#cut(link)
    this.#server.close()
  }

  #join(client: Socket): void {
    client.on('error', () => undefined)
    if (this.#isOut) {
      client.resetAndDestroy()
      return
    }
    const broker = connect({ port: this.#toPort, host: '127.0.0.1', noDelay: true })
    const draw = this.#random.stream(`connection ${this.counts.connections++}`)
    const link: Link = { client, broker, draw, clientId: undefined, isCut: false }
    this.#links.add(link)
    this.#carry(link, 'requests')
    this.#carry(link, 'answers')
  }

  #carry(link: Link, way: Way): void {
    const [from, to] = way === 'requests' ? [link.client, link.broker] : [link.broker, link.client]
    const frames = new Frames()
    let work = Promise.resolve()
    // 'close' comes behind it.
    from.on('error', () => undefined)
    from.on('data', (chunk: Buffer) => {
      for (const frame of frames.take(chunk)) work = work.then(() => this.#pass(link, way, frame))
    })
    from.on('close', () => {
      void work.then(() => {
        to.end()
        this.#links.delete(link)
      })
    })
  }

  async #pass(link: Link, way: Way, frame: Buffer): Promise<void> {
    if (way === 'requests') this.#know(link, frame)
    const { cutEvery, stallEvery, delayMsMax = 0, isSplit = false } = this.faults[way] ?? {}
    const { draw } = link
    if (delayMsMax > 0) await sleep(draw.below(delayMsMax))
    if (stallEvery !== undefined && draw.below(stallEvery.frames) === 0) {
      this.counts.stalls++
      await sleep(stallEvery.ms)
    }
    const isLast = cutEvery !== undefined && draw.below(cutEvery.frames) === 0
    const length = isLast ? placeOf(cutEvery.where, frame.length, draw) : frame.length
    const to = way === 'requests' ? link.broker : link.client
    for (let at = 0; at < length && !link.isCut; ) {
      const size = !isSplit ? length : at < aloneBytes ? 1 : 1 + draw.below(pieceBytesMax)
      to.write(frame.subarray(at, Math.min(at + size, length)))
      at += size
      // Whoever reads does so before the next one comes.
      if (isSplit) await setImmediate()
    }
    if (!isLast || link.isCut) return
    this.counts.cuts++
    this.#cut(link)
    this.#mayBeOut(draw)
  }

  #know(link: Link, frame: Buffer): void {
    const size = frame.readInt16BE(clientIdAt - 2)
    link.clientId ??= frame.toString('utf8', clientIdAt, clientIdAt + Math.max(0, size))
    if (this.#dead.has(link.clientId)) this.#cut(link)
  }

  /** The client sees nothing more; the broker what was passed on so far. */
  #cut(link: Link): void {
    if (link.isCut) return
    link.isCut = true
    // Node 24 never ends its process, and turns at its end, where a socket was reset while it was shutting down.
    if (link.draw.below(2) === 0 || link.client.writableEnded) link.client.destroy()
    else link.client.resetAndDestroy()
    link.broker.end()
  }

  #mayBeOut(draw: SeededStream): void {
    const { outageEvery } = this.faults
    if (this.#isOut || outageEvery === undefined || draw.below(outageEvery.cuts) !== 0) return
    this.counts.outages++
    this.#isOut = true
    for (const link of this.#links) this.#cut(link)
    void sleep(outageEvery.ms).then(() => {
      this.#isOut = false
    })
  }
}

/** How many bytes of a frame get through. */
function placeOf(where: 'between' | 'within', length: number, draw: SeededStream): number {
  if (where === 'within') return 1 + draw.below(length - 1)
  return draw.below(2) === 0 ? 0 : length
}
