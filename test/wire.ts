/**
 * A client of one connection, for tests: requests by the declared messages, raw bytes where they are the point. Over any
 * `Network`, so that the same tests' client works in the simulator and on real sockets.
 */
import { type Connection, type Network, Reader, type ReplyPart, Writer } from '../src/base/index.ts'
import {
  type Api,
  type Fields,
  type Infer,
  requestHeaderVersion,
  responseHeaderVersion,
  skipTaggedFields,
} from '../src/protocol/index.ts'

interface Waiting {
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

/** All connections receive into one: what came is copied before the next read begins. */
const shared = Buffer.alloc(256 * 1024)

export class Wire {
  readonly #waiting: Waiting[] = []
  /** Replies that came before they were asked for. */
  readonly #unclaimed: Buffer[] = []
  readonly #closed = Promise.withResolvers<void>()
  #held = Buffer.alloc(0)
  #connection: Connection | undefined
  #isClosed = false
  #correlationId = 0

  static async connect(network: Network, host: string, port: number): Promise<Wire> {
    const wire = new Wire()
    wire.#connection = await network.connect({
      host,
      port,
      handler: {
        receiveBuffer: () => shared,
        received: (size) => wire.#received(size),
        drained: () => undefined,
        closed: () => wire.#close(),
      },
    })
    return wire
  }

  /** Resolves when the peer has closed the connection. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  #received(size: number): void {
    this.#held = Buffer.concat([this.#held, shared.subarray(0, size)])
    while (this.#held.length >= 4) {
      const end = 4 + this.#held.readInt32BE(0)
      if (this.#held.length < end) return
      const frame = Buffer.from(this.#held.subarray(4, end))
      this.#held = this.#held.subarray(end)
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#unclaimed.push(frame)
      else waiting.resolve(frame)
    }
  }

  #close(): void {
    this.#isClosed = true
    this.#closed.resolve()
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection was closed'))
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#connection?.write([bytes])
  }

  /** The next reply's frame, behind its size. Rejects when the connection is closed. */
  reply(): Promise<Buffer> {
    const frame = this.#unclaimed.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#isClosed) return Promise.reject(new Error('the connection was closed'))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** One request and its reply, in `version` (the highest unless told). */
  async call<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
    version: number = api.versions[1],
  ): Promise<Infer<S>> {
    const reply = this.reply()
    this.raw(requestFrame(api, { version, request, correlationId: ++this.#correlationId }))
    return readReply(api, await reply, version)
  }

  /** A request to which no reply comes. */
  send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
    version: number = api.versions[1],
  ): void {
    this.raw(requestFrame(api, { version, request, correlationId: ++this.#correlationId }))
  }

  destroy(): void {
    this.#connection?.destroy()
    this.#close()
  }
}

export function requestFrame<Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  options: {
    readonly version: number
    readonly request: Parameters<Api<Q, S>['request']['create']>[0]
    readonly correlationId?: number
    readonly clientId?: string
  },
): Buffer {
  const { version, request, correlationId = 1, clientId = 'wire' } = options
  return frame({ apiKey: api.key, version, correlationId, clientId }, (writer) =>
    api.request.encode(writer, version, api.request.create(request)),
  )
}

/** A frame with a right header and whatever body. */
export function frame(
  header: {
    readonly apiKey: number
    readonly version: number
    readonly correlationId?: number
    readonly clientId?: string
  },
  body: (writer: Writer) => void,
): Buffer {
  const { apiKey, version, correlationId = 1, clientId = 'wire' } = header
  const writer = new Writer(1024)
  writer.i32(0)
  writer.i16(apiKey)
  writer.i16(version)
  writer.i32(correlationId)
  writer.i16(clientId.length)
  writer.bytes(Buffer.from(clientId))
  if (isFlexible(apiKey, version)) writer.uvarint(0)
  body(writer)
  const bytes = Buffer.concat(writer.finish().map(asBytes))
  bytes.writeInt32BE(bytes.length - 4)
  return bytes
}

/** Keys and versions that nobody has get the old header. */
function isFlexible(apiKey: number, version: number): boolean {
  try {
    return requestHeaderVersion(apiKey, version) >= 2
  } catch {
    return false
  }
}

function asBytes(part: ReplyPart): Uint8Array {
  if (part instanceof Uint8Array) return part
  throw new RangeError('a request is made of bytes')
}

export function readReply<Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  bytes: Buffer,
  version: number,
): Infer<S> {
  const reader = new Reader(bytes)
  reader.i32()
  if (responseHeaderVersion(api.key, version) >= 1) skipTaggedFields(reader)
  return api.response.decode(reader, version)
}
