/** Rows R1 to R4, N11 and P18 against a node in a process of its own: what they cost it in memory and of its loop. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorCode, metadata, produce } from '../../src/protocol/index.ts'
import { buildBatch, CompressionType, compress } from '../../src/records/index.ts'
import { frame, requestFrame } from '../wire.ts'
import { produceTo } from './kit.ts'
import { batchOf, bomb, mebibyte, smallBomb, Victim } from './resources-world.ts'

/** No time of the test: far above what a slow machine needs, far below what each attack cost before it was bounded. */
const heldMsMax = 1000

describe('attacks on memory and on the loop', () => {
  let victim: Victim
  before(async () => {
    victim = await Victim.start()
    await victim.createTopic('t')
    await victim.createTopic('compacted', { 'cleanup.policy': 'compact' })
  })
  after(() => victim.stop())

  const manyPartitions = (records: Uint8Array, count: number, name = 't') => ({
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: Array.from({ length: count }, () => ({ index: 0, records })) }],
  })

  it('R1 a thousand connections announce 100 MiB each and send four bytes', async () => {
    const sockets = await victim.sockets(1000)
    const { grownBytes } = await victim.during(async () => {
      await victim.untilConnections(1000)
      for (const socket of sockets) socket.write(Buffer.from('06400000abcdef01', 'hex'))
    })
    assert.ok(grownBytes < 64 * mebibyte, `${grownBytes} bytes for what was never sent`)
    for (const socket of sockets) socket.destroy()
    await victim.untilConnections(0)
  })

  it('R2 five hundred idle connections', async () => {
    let sockets: readonly Socket[] = []
    const { grownBytes } = await victim.during(async () => {
      sockets = await victim.sockets(500)
      await victim.untilConnections(500)
    })
    assert.ok(grownBytes < 64 * mebibyte, `${grownBytes} bytes`)
    for (const socket of sockets) socket.destroy()
    await victim.untilConnections(0)
  })

  it('R3 who asks without end and never reads is no longer read from, and costs what is allowed', async () => {
    const [socket] = await victim.sockets(1)
    assert.ok(socket)
    socket.pause()
    const one = requestFrame(metadata, { version: 12, request: {} })
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => one))
    const { grownBytes } = await victim.during(async () => {
      // Taken by the kernel or not: what stays here has not been read there.
      for (let quiet = 0, last = -1; quiet < 5; ) {
        if (socket.writableLength < 4 * flood.length) socket.write(flood)
        const taken = socket.bytesWritten - socket.writableLength
        quiet = taken === last ? quiet + 1 : 0
        last = taken
        assert.ok(taken < 2000 * flood.length, 'the node stops reading')
        await sleep(20)
      }
    })
    // 16 MiB of replies may wait, by default; the rest is garbage that nobody has collected yet.
    assert.ok(grownBytes < 128 * mebibyte, `${grownBytes} bytes`)
    socket.destroy()
    await victim.untilConnections(0)
  })

  it('N11 counts without elements allocate nothing', async () => {
    const frames = [
      frame({ apiKey: 3, version: 1 }, (writer) => writer.i32(0x7fffffff)),
      frame({ apiKey: 3, version: 12 }, (writer) => writer.uvarint(0xfffffff0)),
      frame({ apiKey: 0, version: 9 }, (writer) => writer.bytes(Buffer.from('000001000003e8ffffffff0f', 'hex'))),
      frame({ apiKey: 19, version: 5 }, (writer) => writer.bytes(Buffer.from('ffffffff07', 'hex'))),
    ]
    const { grownBytes } = await victim.during(async () => {
      for (let i = 0; i < 400; i++) {
        const wire = await victim.connect()
        wire.raw(frames[i % frames.length] ?? Buffer.alloc(0))
        await wire.closed
      }
    })
    assert.ok(grownBytes < 64 * mebibyte, `${grownBytes} bytes`)
  })

  for (const { codec, plain } of [
    { codec: CompressionType.gzip, plain: 256 * mebibyte },
    { codec: CompressionType.zstd, plain: 512 * mebibyte },
  ] as const) {
    it(`P18, R4 codec ${codec}, ${plain / mebibyte} MiB in a small batch: accepted, in pieces, off the loop`, async () => {
      const records = await bomb(codec, plain)
      assert.ok(records.length < 300_000)
      const wire = await victim.connect()
      const { grownBytes, heldMsMax: held } = await victim.during(async () => {
        const produced = produceTo(wire, { topic: 't', records })
        await victim.checkHealth()
        assert.equal((await produced).errorCode, ErrorCode.NONE)
      })
      assert.ok(held < heldMsMax, `the loop was held for ${held} ms`)
      assert.ok(grownBytes < 128 * mebibyte, `${grownBytes} bytes`)
      wire.destroy()
    })
  }

  for (const codec of [CompressionType.lz4, CompressionType.zstd]) {
    it(`R4 three thousand bombs of codec ${codec} in one request`, async (context) => {
      const wire = await victim.connect()
      const { heldMsMax: held } = await victim.during(async () => {
        const { responses } = await wire.call(produce, manyPartitions(smallBomb(codec), 3000), 9)
        const codes = new Set(
          responses.flatMap(({ partitionResponses }) => partitionResponses.map((it) => it.errorCode)),
        )
        // Those for which there is no room are tried again by every producer.
        for (const code of codes) assert.ok(code === ErrorCode.NONE || code === ErrorCode.REQUEST_TIMED_OUT)
      })
      context.diagnostic(`the loop was held for ${Math.round(held)} ms`)
      assert.ok(held < heldMsMax, `the loop was held for ${held} ms`)
      wire.destroy()
    })
  }

  it('R4 bombs to topics that store other codecs: no more is held than a batch may have', async () => {
    const records = await bomb(CompressionType.zstd, 256 * mebibyte)
    const wire = await victim.connect()
    for (const [type, code] of [
      ['uncompressed', ErrorCode.MESSAGE_TOO_LARGE],
      ['snappy', ErrorCode.MESSAGE_TOO_LARGE],
      ['lz4', ErrorCode.MESSAGE_TOO_LARGE],
      ['gzip', ErrorCode.NONE],
    ] as const) {
      await victim.createTopic(type, { 'compression.type': type })
      const { grownBytes, heldMsMax: held } = await victim.during(async () => {
        const produced = produceTo(wire, { topic: type, records })
        await victim.checkHealth()
        assert.equal((await produced).errorCode, code, type)
      })
      assert.ok(held < heldMsMax, `the loop was held for ${held} ms`)
      assert.ok(grownBytes < 128 * mebibyte, `${grownBytes} bytes for ${type}`)
    }
    wire.destroy()
  })

  it('R4 three thousand batches to be compressed anew in one request', async (context) => {
    await victim.createTopic('anew', { 'compression.type': 'gzip', 'compression.gzip.level': '9' })
    const value = Buffer.from(Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 3011}`).join(' '))
    const records = buildBatch([{ timestampMs: Date.now(), key: null, value }])
    const wire = await victim.connect()
    const { heldMsMax: held } = await victim.during(async () => {
      const { responses } = await wire.call(produce, manyPartitions(records, 3000, 'anew'), 9)
      const codes = new Set(responses.flatMap(({ partitionResponses }) => partitionResponses.map((it) => it.errorCode)))
      for (const code of codes) assert.ok(code === ErrorCode.NONE || code === ErrorCode.REQUEST_TIMED_OUT)
    })
    context.diagnostic(`the loop was held for ${Math.round(held)} ms`)
    assert.ok(held < heldMsMax, `the loop was held for ${held} ms`)
    wire.destroy()
  })

  it('R4 batches of blocks that hold nothing', async () => {
    const snappy = [compress(CompressionType.snappy, Buffer.alloc(0)), Buffer.from('0000000100'.repeat(200_000), 'hex')]
    const lz4 = [
      compress(CompressionType.lz4, Buffer.alloc(0)).subarray(0, 7),
      Buffer.from('0100000000'.repeat(200_000), 'hex'),
    ]
    const wire = await victim.connect()
    const { heldMsMax: held } = await victim.during(async () => {
      for (const [codec, parts] of [
        [CompressionType.snappy, snappy],
        [CompressionType.lz4, lz4],
      ] as const) {
        const { errorCode } = await produceTo(wire, { topic: 't', records: batchOf(codec, Buffer.concat(parts)) })
        assert.notEqual(errorCode, ErrorCode.NONE)
      }
    })
    assert.ok(held < heldMsMax, `the loop was held for ${held} ms`)
    wire.destroy()
  })

  it('R4 errors of single records are told up to a number for a request', async () => {
    const keyless = buildBatch(
      Array.from({ length: 10_000 }, () => ({ timestampMs: Date.now(), key: null, value: null })),
      { codec: CompressionType.zstd },
    )
    const wire = await victim.connect()
    const { responses } = await wire.call(produce, manyPartitions(keyless, 50, 'compacted'), 9)
    const answers = responses.flatMap(({ partitionResponses }) => partitionResponses)
    assert.deepEqual(new Set(answers.map(({ errorCode }) => errorCode)), new Set([ErrorCode.INVALID_RECORD]))
    const told = answers.reduce((sum, { recordErrors }) => sum + recordErrors.length, 0)
    assert.equal(told, 10_000)
    wire.destroy()
    await victim.checkHealth()
  })
})
