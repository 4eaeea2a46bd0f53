/** Rows N1 to N14 and N19 to N24 against a node on real sockets: what is closed, and what is answered. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Writer } from '../../src/base/index.ts'
import { apiVersions, ErrorCode, fetch, metadata, produce, saslHandshake } from '../../src/protocol/index.ts'
import { frame, readReply, requestFrame, type Wire } from '../wire.ts'
import { Faults, goodBatch, produceTo } from './kit.ts'

const sized = (size: number, rest = Buffer.alloc(0)): Buffer => {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(size)
  return Buffer.concat([prefix, rest])
}
const hex = (text: string) => (writer: Writer) => writer.bytes(Buffer.from(text, 'hex'))
const nothing = (): void => undefined

describe('network and framing', () => {
  let faults: Faults
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('t')
  })
  after(() => faults.stop())

  const closed: Readonly<Record<string, Buffer>> = {
    'N1 a size of 2^31 - 1': sized(0x7fffffff),
    'N1 a size of 100 MiB and 1': sized(104_857_601),
    'N2 a size of -1': sized(-1),
    'N2 a size of -2^31': sized(-0x80000000),
    'N4 a size of 0': sized(0),
    'N4 a size of 1': sized(1, Buffer.alloc(1)),
    'N4 a header that is cut': sized(4, Buffer.alloc(4)),
    'N5 HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    'N5 TLS': Buffer.from('16030100c8010000c40303', 'hex'),
    'N6 a random body': frame({ apiKey: 3, version: 12 }, hex('9d47f1e83b22a0c6d1f05e6677889900aabbccdd')),
    'N7 an unknown key': frame({ apiKey: 9999, version: 0 }, nothing),
    'N7 key -1': frame({ apiKey: -1, version: 0 }, nothing),
    'N7 a removed API': frame({ apiKey: 4, version: 0 }, nothing),
    'N7 an API of controllers': frame({ apiKey: 52, version: 0 }, nothing),
    'N7 heartbeats of brokers': frame({ apiKey: 63, version: 0 }, nothing),
    'N8 Produce of version 99': frame({ apiKey: 0, version: 99 }, nothing),
    'N8 Produce of version 2': frame({ apiKey: 0, version: 2 }, nothing),
    'N11 an array of 2^31 - 1': frame({ apiKey: 3, version: 1 }, (writer) => writer.i32(0x7fffffff)),
    'N11 a compact array without end': frame({ apiKey: 3, version: 12 }, hex('ffffffff0f')),
    'N11 a string of 32767 without bytes': frame({ apiKey: 17, version: 1 }, (writer) => writer.i16(32_767)),
    'N11 tags without end': frame({ apiKey: 3, version: 12 }, hex('000000ffffffff07')),
    'N11 a uvarint of six bytes': frame({ apiKey: 3, version: 12 }, hex('ffffffffffff01')),
  }
  for (const [name, bytes] of Object.entries(closed)) {
    it(`${name}: closed, no reply`, async () => {
      assert.equal(await faults.outcome(bytes), 'closed')
    })
  }

  it('N3 a size of exactly 100 MiB: the connection stays, others are served', async () => {
    await faults.with(async (wire) => {
      wire.raw(sized(104_857_600, Buffer.alloc(10)))
      await faults.checkHealth()
      assert.equal(wire.isClosed, false)
    })
  })

  it('N9 ApiVersions of version 99: the oldest form, with its own range', async () => {
    const reply = await faults.outcome(requestFrame(apiVersions, { version: 4, request: {} }).fill(99, 7, 8))
    assert.notEqual(reply, 'closed')
    if (reply === 'closed') return
    const { errorCode, apiKeys } = readReply(apiVersions, reply, 0)
    assert.equal(errorCode, ErrorCode.UNSUPPORTED_VERSION)
    assert.deepEqual(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
      [[18, 0, 4]],
    )
  })

  it('N10 ApiVersions without a name of the software: 42, and the connection stays', async () => {
    await faults.with(async (wire) => {
      assert.equal((await wire.call(apiVersions, {}, 3)).errorCode, ErrorCode.INVALID_REQUEST)
      const known = { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' }
      assert.equal((await wire.call(apiVersions, known, 3)).errorCode, ErrorCode.NONE)
    })
  })

  it('N12 an array of length -2 is null: all topics', async () => {
    const reply = await faults.outcome(frame({ apiKey: 3, version: 1 }, (writer) => writer.i32(-2)))
    assert.notEqual(reply, 'closed')
    if (reply === 'closed') return
    assert.ok(readReply(metadata, reply, 1).topics.some(({ name }) => name === 't'))
  })

  it('N13 bytes behind the body are ignored', async () => {
    const padded = frame({ apiKey: 18, version: 0 }, (writer) => writer.bytes(Buffer.alloc(100)))
    assert.notEqual(await faults.outcome(padded), 'closed')
  })

  it('N14 SaslHandshake without SASL: 34', async () => {
    const { errorCode } = await faults.with((wire) => wire.call(saslHandshake, { mechanism: 'PLAIN' }))
    assert.equal(errorCode, ErrorCode.ILLEGAL_SASL_STATE)
  })

  it('N19 three requests in one write: three replies, in order', async () => {
    await faults.with(async (wire) => {
      const ask = (correlationId: number): Buffer => requestFrame(metadata, { version: 12, correlationId, request: {} })
      wire.raw(Buffer.concat([ask(7), ask(8), ask(9)]))
      const replies = [await wire.reply(), await wire.reply(), await wire.reply()]
      assert.deepEqual(
        replies.map((reply) => reply.readInt32BE(0)),
        [7, 8, 9],
      )
    })
  })

  it('N19 a request in front of a bad one in the same write is answered', async () => {
    for (const bad of [sized(-1), frame({ apiKey: 9999, version: 0 }, nothing)]) {
      await faults.with(async (wire) => {
        wire.raw(Buffer.concat([requestFrame(apiVersions, { version: 0, correlationId: 7, request: {} }), bad]))
        assert.equal((await wire.reply()).readInt32BE(0), 7)
        await wire.closed
      })
    }
  })

  it('N20 a produce with acks=0 that fails: the connection is closed; one that does not: no reply', async () => {
    const request = (name: string) => ({
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: goodBatch() }] }],
    })
    await faults.with(async (wire) => {
      wire.send(produce, request('t'), 12)
      assert.equal((await wire.call(apiVersions, {}, 0)).errorCode, ErrorCode.NONE)
      wire.send(produce, request('unknown'), 12)
      await wire.closed
    })
  })

  it('N21 null records: 87, and the connection goes on', async () => {
    await faults.with(async (wire) => {
      assert.equal((await produceTo(wire, { topic: 't', records: null })).errorCode, ErrorCode.INVALID_RECORD)
      assert.equal((await produceTo(wire, { topic: 't', records: goodBatch() })).errorCode, ErrorCode.NONE)
    })
  })

  it('N22 isolation level 9: -1', async () => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const request = { isolationLevel: 9, maxWaitMs: 0, topics: [{ topic: 't', partitions }] }
    const old = await faults.with((wire) => wire.call(fetch, request, 12))
    assert.equal(old.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR)
    assert.equal(old.responses[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR)
    const newer = await faults.with((wire) => wire.call(fetch, { isolationLevel: 9 }, 17))
    assert.equal(newer.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR)
  })

  it('N23 who never reads is no longer read from, others are served', async () => {
    const socket = connect({ host: '127.0.0.1', port: faults.port })
    await once(socket, 'connect')
    socket.pause()
    const flood = Buffer.concat(
      Array.from({ length: 10_000 }, () => requestFrame(metadata, { version: 12, request: {} })),
    )
    let sent = 0
    for (let quiet = 0; quiet < 20 && sent < 500; ) {
      if (socket.write(flood)) sent++
      else {
        const drained = await Promise.race([
          once(socket, 'drain').then(() => true),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50)),
        ])
        quiet = drained ? 0 : quiet + 1
      }
    }
    assert.ok(sent < 500, 'the node stopped reading')
    await faults.checkHealth()
    socket.destroy()
  })

  it('after all of it the node is well', () => faults.checkHealth())
})

describe('limits of connections', () => {
  let faults: Faults
  const all: Wire[] = []
  before(async () => {
    faults = await Faults.start({
      'max.connections': '5',
      'max.connections.per.ip': '3',
      'max.connections.per.ip.overrides': '127.0.0.2:1',
    })
  })
  after(() => faults.stop())

  const connectFrom = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: faults.port, localAddress })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const isClosed = async (socket: Socket): Promise<boolean> => {
    socket.resume()
    socket.write(requestFrame(apiVersions, { version: 0, request: {} }))
    return (await Promise.race([once(socket, 'close').then(() => 'closed'), once(socket, 'data')])) === 'closed'
  }

  it('N24 those over max.connections.per.ip are closed at once', async () => {
    all.push(await faults.connect(), await faults.connect(), await faults.connect())
    const fourth = await faults.connect()
    await fourth.closed
    assert.match(faults.lines.join(''), /max\.connections\.per\.ip/)
    for (const wire of all) assert.equal((await wire.call(apiVersions, {}, 0)).errorCode, ErrorCode.NONE)
  })

  it('N24 an address may have a limit of its own', async () => {
    const first = await connectFrom('127.0.0.2')
    assert.equal(await isClosed(first), false)
    const second = await connectFrom('127.0.0.2')
    assert.equal(await isClosed(second), true)
    first.destroy()
  })

  it('N24 there is a limit in all, and who leaves makes room', async () => {
    while (faults.node.server.connectionCount > 3) await new Promise((resolve) => setTimeout(resolve, 5))
    const others = [await connectFrom('127.0.0.3'), await connectFrom('127.0.0.4')]
    for (const socket of others) assert.equal(await isClosed(socket), false)
    assert.equal(await isClosed(await connectFrom('127.0.0.5')), true)
    assert.match(faults.lines.join(''), /Refused a connection: max\.connections /)
    for (const socket of others) socket.destroy()
    while (faults.node.server.connectionCount > 3) await new Promise((resolve) => setTimeout(resolve, 5))
    const next = await connectFrom('127.0.0.5')
    assert.equal(await isClosed(next), false)
    next.destroy()
    for (const wire of all) wire.destroy()
  })
})

describe('connections on which nothing moves', () => {
  let faults: Faults
  before(async () => {
    faults = await Faults.start({ 'connections.max.idle.ms': '300' })
  })
  after(() => faults.stop())

  it('N3 one that stays silent in the middle of a request is closed after connections.max.idle.ms', async () => {
    await faults.with(async (wire) => {
      wire.raw(sized(104_857_600, Buffer.alloc(10)))
      await wire.closed
    })
  })

  it('N23 one that never reads is closed after connections.max.idle.ms', async () => {
    const socket = connect({ host: '127.0.0.1', port: faults.port })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.pause()
    const one = requestFrame(metadata, { version: 12, request: {} })
    socket.write(Buffer.concat(Array.from({ length: 300_000 }, () => one)))
    while (faults.node.server.connectionCount === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    while (faults.node.server.connectionCount > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    await faults.checkHealth()
  })
})
