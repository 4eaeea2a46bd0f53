/** A server with made-up APIs that answer at once, later or not at all, and a client that speaks in bytes. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { type Network, Reader, Writer } from '../src/base/index.ts'
import { createEnv } from '../src/env/index.ts'
import { metadata } from '../src/protocol/index.ts'
import { type BodyWriter, type BoundHandler, closeConnection, LateAnswer, noReply } from '../src/server/handler.ts'
import {
  apiVersionsHandler,
  bind,
  Router,
  Server,
  type ServerLimits,
  saslHandshakeHandler,
} from '../src/server/index.ts'

const limits: ServerLimits = {
  requestBytesMax: 100 * 1024 * 1024,
  connectionsMax: 2000,
  connectionsPerAddressMax: 2000,
  connectionsPerAddressOverrides: new Map(),
  idleMsMax: 600_000,
  queuedReplyBytesMax: 1024 * 1024,
  inFlightMax: 100,
}

export interface Running {
  readonly server: Server
  readonly port: number
  readonly lines: string[]
}

/** Held answers of the `slow` API (a key that Kafka does not have), in the order of the requests. */
export type Held = { readonly proceed: () => void; readonly answer: () => void; isAnswered: boolean }[]

/** One for each way to answer. */
function madeUpHandlers(held: Held): BoundHandler[] {
  const slow: BoundHandler = {
    key: 180,
    name: 'Slow',
    versions: [0, 0],
    run: (_reader, context) =>
      new Promise((resolve) => {
        const it = {
          isAnswered: false,
          proceed: () => context.proceed(),
          answer: () => {
            it.isAnswered = true
            resolve((writer) => writer.i32(context.correlationId))
          },
        }
        held.push(it)
      }),
  }
  const silent: BoundHandler = {
    key: 181,
    name: 'Silent',
    versions: [0, 1],
    run: (_reader, { apiVersion }) => (apiVersion === 0 ? noReply : closeConnection),
  }
  const halfWritten = (writer: Writer): void => {
    writer.i32(0x600d)
    throw new RangeError('the rest does not fit')
  }
  const unwritable: BoundHandler = {
    key: 182,
    name: 'Unwritable',
    versions: [0, 1],
    run: (_reader, { apiVersion }) => (apiVersion === 0 ? halfWritten : Promise.resolve(halfWritten)),
  }
  const later: BoundHandler = {
    key: 183,
    name: 'Later',
    versions: [0, 0],
    run: async (_reader, context) => {
      await context.afterEarlier()
      const { correlationId } = context
      // As many as were answered until then.
      const answered = held.filter((it) => it.isAnswered).length
      return (writer) => writer.i32(correlationId * 100 + answered)
    },
  }
  const throttled: BoundHandler = {
    key: 185,
    name: 'Throttled',
    versions: [0, 1],
    run(_reader, context) {
      context.throttle(context.apiVersion === 0 ? 200 : 3_600_000)
      return (writer) => writer.i32(context.correlationId)
    },
  }
  const late: BoundHandler = {
    key: 184,
    name: 'Late',
    versions: [0, 1],
    run(_reader, context) {
      const answer = new LateAnswer<BodyWriter>()
      const settle = (): void => answer.settle((writer) => writer.i32(context.correlationId))
      held.push({ proceed: () => undefined, answer: settle, isAnswered: false })
      context.proceed()
      if (context.apiVersion === 1) settle()
      return answer
    },
  }
  return [slow, silent, unwritable, later, late, throttled]
}

interface StartOptions extends Partial<ServerLimits> {
  readonly network?: Network
  readonly afterReads?: Network['afterReads']
}

export async function start(options: StartOptions = {}, held: Held = []): Promise<Running> {
  const lines: string[] = []
  const env = createEnv({ write: (line) => void lines.push(line) })
  const emptyMetadata = bind({ api: metadata, handle: () => metadata.response.create() })
  const all: BoundHandler[] = [bind(saslHandshakeHandler), emptyMetadata, ...madeUpHandlers(held)]
  all.push(
    bind(
      apiVersionsHandler({
        served: () => all,
        features: () => ({
          supported: [{ name: 'metadata.version', minVersion: 7, maxVersion: 30 }],
          finalizedEpoch: 3,
          finalized: [{ name: 'metadata.version', level: 30 }],
        }),
      }),
    ),
  )
  const onFault = (error: Error): void => assert.fail(error)
  const given = options.network ?? env.network
  const network: Network = {
    afterReads: options.afterReads ?? ((then) => given.afterReads(then)),
    listen: (listen) => given.listen(listen),
    connect: (connect) => given.connect(connect),
    canonicalNames: (host) => given.canonicalNames(host),
  }
  const server = new Server({ ...env, network, limits: () => ({ ...limits, ...options }), poison: true, onFault })
  const router = new Router(all, env.logger)
  const { port } = await server.listen({ name: 'PLAINTEXT', host: '127.0.0.1', port: 0, router })
  return { server, port, lines }
}

/** A client that speaks in bytes. */
export class Raw {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  #wake: () => void = () => undefined
  closed = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    this.socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** The next reply without its size, or undefined when the connection is closed. */
  async reply(): Promise<Reader | undefined> {
    for (;;) {
      if (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE()) {
        const end = 4 + this.#bytes.readInt32BE()
        const reader = new Reader(this.#bytes.subarray(4, end))
        this.#bytes = this.#bytes.subarray(end)
        return reader
      }
      if (this.closed) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  send(...frames: Buffer[]): this {
    this.socket.write(Buffer.concat(frames))
    return this
  }
}

export function frame(key: number, version: number, body: (writer: Writer) => void, correlationId = 7): Buffer {
  const writer = new Writer()
  writer.i32(0)
  writer.i16(key)
  writer.i16(version)
  writer.i32(correlationId)
  writer.i16(-1)
  body(writer)
  const bytes = writer.finishAsOne()
  bytes.writeInt32BE(bytes.length - 4)
  return bytes
}

export const sized = (size: number, body: Buffer = Buffer.alloc(0)): Buffer => {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(size | 0)
  return Buffer.concat([prefix, body])
}

export const askVersions = (correlationId = 7): Buffer => frame(18, 0, () => undefined, correlationId)
