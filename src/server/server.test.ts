import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Reader, Writer } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { apiVersions, ErrorCode, metadata, saslHandshake } from '../protocol/index.ts'
import { type BodyWriter, type BoundHandler, closeConnection, LateAnswer, noReply } from './handler.ts'
import {
  apiVersionsHandler,
  bind,
  type RequestTally,
  Router,
  Server,
  type ServerLimits,
  saslHandshakeHandler,
} from './index.ts'

const limits: ServerLimits = {
  requestBytesMax: 100 * 1024 * 1024,
  connectionsMax: 2000,
  connectionsPerAddressMax: 2000,
  connectionsPerAddressOverrides: new Map(),
  idleMsMax: 600_000,
  queuedReplyBytesMax: 1024 * 1024,
  inFlightMax: 100,
}

interface Running {
  readonly server: Server
  readonly port: number
  readonly lines: string[]
}

/** Held answers of the `slow` API (a key that Kafka does not have), in the order of the requests. */
type Held = { readonly proceed: () => void; readonly answer: () => void; isAnswered: boolean }[]

async function start(options: Partial<ServerLimits> = {}, held: Held = []): Promise<Running> {
  const lines: string[] = []
  const env = createEnv({ write: (line) => void lines.push(line) })
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
  const emptyMetadata = bind({ api: metadata, handle: () => metadata.response.create() })
  const all: BoundHandler[] = [bind(saslHandshakeHandler), emptyMetadata, slow, silent, unwritable, later, late]
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
  const server = new Server({ ...env, limits: () => ({ ...limits, ...options }), poison: true, onFault })
  const router = new Router(all, env.logger)
  const { port } = await server.listen({ name: 'PLAINTEXT', host: '127.0.0.1', port: 0, router })
  return { server, port, lines }
}

/** A client that speaks in bytes. */
class Raw {
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

function frame(key: number, version: number, body: (writer: Writer) => void, correlationId = 7): Buffer {
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

const sized = (size: number, body: Buffer = Buffer.alloc(0)): Buffer => {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(size | 0)
  return Buffer.concat([prefix, body])
}

const askVersions = (correlationId = 7): Buffer => frame(18, 0, () => undefined, correlationId)

/** Sends the bytes on a connection of their own; says what came back, and that the server still answers others. */
async function outcome({ port }: Running, ...bytes: Buffer[]): Promise<Reader | 'closed'> {
  const raw = new Raw(port).send(...bytes)
  const reply = await raw.reply()
  raw.socket.destroy()
  const healthy = new Raw(port).send(askVersions())
  assert.equal((await healthy.reply())?.i32(), 7)
  healthy.socket.destroy()
  return reply ?? 'closed'
}

const flexibleTail = (name: string, version: string) => (writer: Writer) => {
  writer.uvarint(0)
  apiVersions.request.encode(
    writer,
    3,
    apiVersions.request.create({ clientSoftwareName: name, clientSoftwareVersion: version }),
  )
}

test('frames and requests that Kafka answers by closing the connection (N1, N2, N4 to N8, N11, N20)', async () => {
  const running = await start()
  const random = Buffer.from('ffeeddccbbaa99887766554433221100', 'hex')
  const cases: Readonly<Record<string, Buffer>> = {
    'size over the limit': sized(0x7fffffff),
    '100 MiB + 1': sized(104857601),
    'size -1': sized(-1),
    'size 0x80000000': sized(-0x80000000),
    'size 0': sized(0),
    'size 1': sized(1, Buffer.alloc(1)),
    'header cut': sized(4, Buffer.alloc(4)),
    HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    TLS: Buffer.from('16030100c8010000c40303', 'hex'),
    'random body': frame(3, 12, (writer) => writer.bytes(random)),
    'api 9999': frame(9999, 0, () => undefined),
    'api -1': frame(-1, 0, () => undefined),
    'removed api': frame(4, 0, () => undefined),
    'controller api': frame(52, 0, () => undefined),
    'version 99': frame(3, 99, () => undefined),
    'array of 2^31-1': frame(3, 1, (writer) => writer.i32(0x7fffffff)),
    'compact array of uvarint max': frame(3, 12, (writer) => writer.bytes(Buffer.from('00ffffffff0f', 'hex'))),
    'string of 32767 without bytes': frame(17, 1, (writer) => writer.i16(32767)),
    'tags without end': frame(3, 12, (writer) => writer.uvarint(0xffffffff)),
    'uvarint of 6 bytes': frame(3, 12, (writer) => writer.bytes(Buffer.from('ffffffffffff01', 'hex'))),
    'failed produce with acks=0': frame(181, 1, () => undefined),
  }
  for (const [name, bytes] of Object.entries(cases)) assert.equal(await outcome(running, bytes), 'closed', name)
  await running.server.close()
})

test('ApiVersions: what is served, and how a newer client is told (N9, N10)', async () => {
  const running = await start()
  const known = await outcome(running, frame(18, 4, flexibleTail('a-client', '1.0.0')))
  assert.ok(known instanceof Reader)
  assert.equal(known.i32(), 7)
  const { apiKeys, finalizedFeatures } = apiVersions.response.decode(known, 4)
  assert.deepEqual(
    apiKeys.map(({ apiKey }) => apiKey),
    [3, 17, 18, 180, 181, 182, 183, 184],
  )
  assert.deepEqual(
    finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
    [['metadata.version', 30]],
  )
  const newer = await outcome(running, frame(18, 99, flexibleTail('a-client', '1.0.0')))
  assert.ok(newer instanceof Reader)
  newer.i32()
  const refused = apiVersions.response.decode(newer, 0)
  assert.equal(refused.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  assert.deepEqual(
    refused.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
    [[18, 0, 4]],
  )
  const nameless = await outcome(running, frame(18, 3, flexibleTail('', '')))
  assert.ok(nameless instanceof Reader)
  nameless.i32()
  assert.equal(apiVersions.response.decode(nameless, 3).errorCode, ErrorCode.INVALID_REQUEST)
  await running.server.close()
})

test('what Kafka forgives is answered (N12, N13, N14)', async () => {
  const running = await start()
  const negative = await outcome(
    running,
    frame(3, 1, (writer) => writer.i32(-2)),
  )
  assert.ok(negative instanceof Reader)
  const extra = await outcome(
    running,
    frame(18, 0, (writer) => writer.bytes(Buffer.alloc(100))),
  )
  assert.ok(extra instanceof Reader)
  const handshake = await outcome(
    running,
    frame(17, 1, (writer) =>
      saslHandshake.request.encode(writer, 1, saslHandshake.request.create({ mechanism: 'PLAIN' })),
    ),
  )
  assert.ok(handshake instanceof Reader)
  handshake.i32()
  assert.equal(saslHandshake.response.decode(handshake, 1).errorCode, ErrorCode.ILLEGAL_SASL_STATE)
  await running.server.close()
})

test('replies leave in request order; only a request that proceeds lets the next one start (N19)', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(
    frame(180, 0, () => undefined, 1),
    frame(181, 0, () => undefined, 2),
    askVersions(3),
    frame(180, 0, () => undefined, 4),
  )
  const untilHeld = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise((resolve) => setImmediate(resolve))
  }
  await untilHeld(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(held.length, 1)
  held[0]?.proceed()
  await untilHeld(2)
  held[1]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const order: number[] = []
  for (let i = 0; i < 3; i++) order.push((await raw.reply())?.i32() ?? -1)
  assert.deepEqual(order, [1, 3, 4])
  raw.socket.destroy()
  await running.server.close()
})

test('what was answered leaves before the connection ends: by the peer, by a bad frame, by an answer', async () => {
  const running = await start()
  // As large as what is read at once: the end is read with it.
  const filling = frame(18, 0, (writer) => writer.bytes(Buffer.alloc(256 * 1024 - 14)), 3)
  for (const last of [askVersions(3), filling]) {
    const raw = new Raw(running.port)
    raw.socket.end(last)
    assert.equal((await raw.reply())?.i32(), 3)
    assert.equal(await raw.reply(), undefined)
  }
  const enders = {
    'a bad frame': sized(-1),
    'an answer': frame(181, 1, () => undefined),
    late: frame(182, 1, () => undefined),
  }
  for (const [name, ender] of Object.entries(enders)) {
    const raw = new Raw(running.port).send(askVersions(1), askVersions(2), ender)
    assert.deepEqual([(await raw.reply())?.i32(), (await raw.reply())?.i32()], [1, 2], name)
    assert.equal(await raw.reply(), undefined, name)
  }
  await running.server.close()
})

test('an answer that is late by a call, and not by a promise, has its place too', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(
    frame(184, 0, () => undefined, 1),
    frame(184, 1, () => undefined, 2),
    frame(184, 0, () => undefined, 3),
    askVersions(4),
  )
  while (held.length < 3) await new Promise((resolve) => setImmediate(resolve))
  held[2]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const order: number[] = []
  for (let i = 0; i < 4; i++) order.push((await raw.reply())?.i32() ?? -1)
  assert.deepEqual(order, [1, 2, 3, 4])
  raw.socket.destroy()
  await running.server.close()
})

test('who must find what those before it did waits until they are answered', async () => {
  const held: Held = []
  const running = await start({}, held)
  const slow = (id: number): Buffer => frame(180, 0, () => undefined, id)
  const raw = new Raw(running.port).send(
    frame(183, 0, () => undefined, 1),
    slow(2),
    slow(3),
    frame(183, 0, () => undefined, 4),
  )
  for (const i of [0, 1]) {
    while (held.length <= i) await new Promise((resolve) => setImmediate(resolve))
    held[i]?.proceed()
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[1]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const replies: (readonly [number, number])[] = []
  for (let i = 0; i < 4; i++) {
    const reply = await raw.reply()
    replies.push([reply?.i32() ?? -1, reply?.i32() ?? -1])
  }
  assert.deepEqual(replies, [
    [1, 100],
    [2, 2],
    [3, 3],
    [4, 402],
  ])
  raw.socket.destroy()
  await running.server.close()
})

test('a request takes until its reply has its turn; what has no reply counts, and a version that is refused', async () => {
  const held: Held = []
  const running = await start({}, held)
  const tallyOf = (name: string): RequestTally => {
    const tally = running.server.requestTallies().find(({ api }) => api.name === name)
    assert.ok(tally)
    return tally
  }
  const raw = new Raw(running.port).send(
    frame(180, 0, () => undefined, 1),
    frame(181, 0, () => undefined, 2),
    askVersions(3),
    frame(18, 99, () => undefined, 4),
  )
  while (held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  held[0]?.proceed()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(tallyOf('ApiVersions').totalTimeMs, 0)
  held[0]?.answer()
  for (const expected of [1, 3, 4]) assert.equal((await raw.reply())?.i32(), expected)
  for (const [name, count] of Object.entries({ Slow: 1, Silent: 1, ApiVersions: 2 })) {
    const { times, totalTimeMs } = tallyOf(name)
    assert.deepEqual(
      [times[0], times.reduce((sum, more) => sum + more)],
      [0, count],
      `${name} takes no shorter than what is before it`,
    )
    assert.ok(totalTimeMs >= 19 * count)
  }
  assert.deepEqual([...tallyOf('ApiVersions').requests], [1, 0, 0, 0, 0, 1])
  assert.deepEqual([...tallyOf('Metadata').times].filter(Boolean), [])
  raw.socket.destroy()
  await running.server.close()
})

test('a thousand connections that announce 100 MiB cost little, and others are answered (N3, R1)', async () => {
  const running = await start()
  const before = process.memoryUsage().rss
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const { socket } = new Raw(running.port)
      await once(socket, 'connect')
      socket.write(Buffer.concat([sized(104857600), Buffer.from('abcd')]))
      return socket
    }),
  )
  while (running.server.connectionCount < 1000) await new Promise((resolve) => setImmediate(resolve))
  assert.ok((await outcome(running, askVersions())) instanceof Reader)
  // Both ends of a thousand sockets live in this process; what is measured is far below one announced frame each.
  assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024)
  for (const socket of sockets) socket.destroy()
  await running.server.close()
})

test('who never reads is no longer read from (N23, R3)', async () => {
  const running = await start({ queuedReplyBytesMax: 64 * 1024 })
  const raw = new Raw(running.port)
  raw.socket.pause()
  const flood = Buffer.concat(Array.from({ length: 10_000 }, () => askVersions()))
  let sent = 0
  const pump = (): void => {
    while (sent < 400 && raw.socket.write(flood)) sent++
  }
  raw.socket.on('drain', pump)
  pump()
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(sent < 400, `${sent} floods of 10,000 requests were taken`)
  assert.ok((await outcome(running, askVersions())) instanceof Reader)
  raw.socket.destroy()
  await running.server.close()
})

test('connections over the limits are closed at once, and idle ones in time (N24)', async () => {
  const running = await start({ connectionsPerAddressMax: 2, idleMsMax: 100 })
  const [first, second, third] = [new Raw(running.port), new Raw(running.port), new Raw(running.port)]
  assert.equal(await third.reply(), undefined)
  assert.match(running.lines.join(''), /max\.connections\.per\.ip/)
  assert.deepEqual(await Promise.all([first.reply(), second.reply()]), [undefined, undefined])
  await running.server.close()
})

test('a reply that cannot be written closes its connection, and leaves nothing for the next one', async () => {
  for (const apiVersion of [0, 1]) {
    const running = await start()
    const raw = new Raw(running.port).send(frame(182, apiVersion, () => undefined))
    assert.equal(await raw.reply(), undefined)
    assert.ok((await outcome(running, askVersions())) instanceof Reader)
    assert.match(running.lines.join(''), /does not fit/)
    await running.server.close()
  }
})

test('requests that are held back by replies go on when the socket has taken those at once', async () => {
  const running = await start({ queuedReplyBytesMax: 1000 })
  const raw = new Raw(running.port).send(...Array.from({ length: 500 }, (_, i) => askVersions(i)))
  for (let i = 0; i < 500; i++) assert.equal((await raw.reply())?.i32(), i)
  raw.socket.destroy()
  await running.server.close()
})
