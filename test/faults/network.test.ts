/** Rows N1 to N24 and R1 to R3 against a node on real sockets: what is closed, what is answered, what costs nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Writer } from '../../src/base/index.ts'
import { apiVersions, ErrorCode, fetch, metadata, produce, saslHandshake } from '../../src/protocol/index.ts'
import { frame, readReply, requestFrame, Wire } from '../wire.ts'
import { Faults, goodBatch, network, produceTo } from './kit.ts'

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

  it('R1 connections that announce 100 MiB each and send nothing cost nothing', async () => {
    const before = process.memoryUsage().rss
    const sockets = Array.from({ length: 300 }, () => connect({ host: '127.0.0.1', port: faults.port }))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    for (const socket of sockets) socket.write(sized(104_857_600, Buffer.from('abcd')))
    await faults.checkHealth()
    // Both ends of each connection are in this process; what was announced would be 30 GB.
    assert.ok(process.memoryUsage().rss - before < 150 * 1024 * 1024)
    for (const socket of sockets) socket.destroy()
  })

  it('R2 idle connections are taken quickly, and are no burden', async () => {
    const wires = await Promise.all(Array.from({ length: 500 }, () => Wire.connect(network, '127.0.0.1', faults.port)))
    await faults.checkHealth()
    for (const wire of wires) wire.destroy()
  })

  it('N23, R3 who never reads is no longer read from', async () => {
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
  it('N24 those over max.connections.per.ip are closed at once', async () => {
    const faults = await Faults.start({ 'max.connections.per.ip': '3' })
    const wires = await Promise.all([faults.connect(), faults.connect(), faults.connect()])
    const fourth = await faults.connect()
    await fourth.closed
    assert.match(faults.lines.join(''), /max\.connections\.per\.ip/)
    for (const wire of wires) wire.destroy()
    await faults.stop()
  })
})
