import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { askVersions, frame, type Held, Raw, type Running, sized, start } from '../../test/made-up-server.ts'
import { Reader, type Writer } from '../base/index.ts'
import { apiVersions, ErrorCode, saslHandshake } from '../protocol/index.ts'
import type { RequestTally } from './index.ts'

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
    [3, 17, 18, 180, 181, 182, 183, 184, 185],
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
