/**
 * A fuzzer over a node: valid requests of every API and version, and valid batches, changed at random, with the checksum
 * of a batch repaired so that what lies behind it is reached. After each round the node must be as well as before.
 */
import assert from 'node:assert/strict'
import { apis, apisByKey, ErrorCode, fetch, unregisterBroker } from '../../src/protocol/index.ts'
import { batchHeader, buildBatch, CompressionType } from '../../src/records/index.ts'
import { SeededStream } from '../../src/sim/index.ts'
import { asRecord, goldenLines } from '../golden/golden.ts'
import { frame, Wire } from '../wire.ts'
import { Faults, goodBatch, network, produceTo } from './kit.ts'

interface Sample {
  readonly apiKey: number
  readonly version: number
  readonly body: Buffer
}

/** Bodies that Kafka wrote, of every request that a broker serves. */
function samples(served: ReadonlySet<number>): Sample[] {
  const keys = new Map([...apisByKey.values()].map((api) => [api.request.name, api.key]))
  return goldenLines('vectors.ndjson').flatMap((line) => {
    const { name, version, hex } = asRecord(line)
    const apiKey = keys.get(String(name))
    if (apiKey === undefined || !served.has(apiKey)) return []
    return [{ apiKey, version: Number(version), body: Buffer.from(String(hex), 'hex') }]
  })
}

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** The bytes with a few changes: bits, extreme lengths, a cut, a piece twice or elsewhere. */
function mutated(bytes: Uint8Array, draw: SeededStream): Buffer {
  let result = Buffer.from(bytes)
  for (let count = 1 + draw.below(3); count > 0 && result.length > 0; count--) {
    const at = draw.below(result.length)
    switch (draw.below(5)) {
      case 0:
        result[at] = (result[at] ?? 0) ^ (1 << draw.below(8))
        break
      case 1: {
        const value = extremes[draw.below(extremes.length)] ?? 0
        const width = [1, 2, 4][draw.below(3)] ?? 1
        for (let i = 0; i < width && at + i < result.length; i++) result[at + i] = value >>> (8 * (width - 1 - i))
        break
      }
      case 2:
        result = result.subarray(0, at)
        break
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(draw.below(at + 1))])
        break
      default:
        result[at] = draw.below(256)
    }
  }
  return result
}

const codecs = Object.values(CompressionType)

function mutatedBatch(draw: SeededStream): Uint8Array {
  const records = Array.from({ length: 1 + draw.below(20) }, (_, i) => ({
    timestampMs: Date.now(),
    key: draw.below(2) === 0 ? null : Buffer.from(`key-${i}`),
    value: Buffer.alloc(draw.below(300), i),
    headers: draw.below(4) === 0 ? [{ key: 'h', value: Buffer.from('x') }] : [],
  }))
  const codec = codecs[draw.below(codecs.length)] ?? CompressionType.none
  const batch = buildBatch(
    records,
    draw.below(3) === 0
      ? { codec, producerId: draw.below(5), producerEpoch: 0, baseSequence: draw.below(3) }
      : { codec },
  )
  // The header up to the checksum stays whole in half of the cases: else nothing deeper is ever reached.
  const from = draw.below(2) === 0 ? batchHeader.attributesAt : 0
  const bytes = Buffer.concat([batch.subarray(0, from), mutated(batch.subarray(from), draw)])
  if (bytes.length < batchHeader.batchHeaderSize) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (from > 0) view.setInt32(batchHeader.batchLengthAt, bytes.length - batchHeader.logOverhead)
  view.setUint32(batchHeader.crcAt, batchHeader.computeCrc(bytes, 0, bytes.length))
  return bytes
}

const rssGrowthMax = 400 * 1024 * 1024
const perConnection = 20

export class Fuzzer {
  readonly #faults: Faults
  readonly #samples: readonly Sample[]
  readonly #draw: SeededStream
  readonly #rssBefore = process.memoryUsage().rss
  sent = 0

  private constructor(faults: Faults, all: readonly Sample[], draw: SeededStream) {
    this.#faults = faults
    this.#samples = all
    this.#draw = draw
  }

  static async start(seed: number): Promise<Fuzzer> {
    const faults = await Faults.start({ 'group.min.session.timeout.ms': '100', 'log.segment.bytes': '1048576' })
    await faults.createTopic('t', { 'max.message.bytes': '100000' })
    // UnregisterBroker of the node itself is no nonsense: it would do what it says.
    const isAsked = ({ key, listeners }: (typeof apis)[number]): boolean =>
      listeners.includes('broker') && key !== unregisterBroker.key
    const router = new Set(apis.filter(isAsked).map(({ key }) => key))
    return new Fuzzer(faults, samples(router), new SeededStream(`fuzz ${seed}`))
  }

  async round(): Promise<void> {
    for (let i = 0; i < 10; i++) await this.#connection(() => this.#request())
    for (let i = 0; i < 5; i++) await this.#connection(() => this.#produce())
    await this.#checkHealth()
  }

  /** A closed connection is made anew: most nonsense ends one. */
  async #connection(next: () => Buffer): Promise<void> {
    let wire = await Wire.connect(network, '127.0.0.1', this.#faults.port)
    for (let i = 0; i < perConnection; i++) {
      if (wire.isClosed) wire = await Wire.connect(network, '127.0.0.1', this.#faults.port)
      wire.raw(next())
      this.sent++
      // Some wait for a while before they answer (fetches, joins): nobody waits for them here.
      await Promise.race([wire.reply().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 5))])
    }
    wire.destroy()
  }

  #request(): Buffer {
    const sample = this.#samples[this.#draw.below(this.#samples.length)]
    assert.ok(sample)
    const version = this.#draw.below(20) === 0 ? this.#draw.below(20) : sample.version
    const body = mutated(sample.body, this.#draw)
    const whole = frame({ apiKey: sample.apiKey, version }, (writer) => writer.bytes(body))
    return this.#draw.below(10) === 0 ? mutated(whole, this.#draw) : whole
  }

  #produce(): Buffer {
    const records = mutatedBatch(this.#draw)
    return frame({ apiKey: 0, version: 8 }, (writer) => {
      writer.i16(-1)
      writer.i16(this.#draw.below(2))
      writer.i32(1000)
      writer.i32(1)
      writer.i16(1)
      writer.bytes(Buffer.from('t'))
      writer.i32(1)
      writer.i32(0)
      writer.i32(records.length)
      writer.bytes(records)
    })
  }

  async #checkHealth(): Promise<void> {
    await this.#faults.checkHealth()
    await this.#faults.with(async (wire) => {
      const { errorCode, baseOffset } = await produceTo(wire, { topic: 't', records: goodBatch(['still']) })
      assert.equal(errorCode, ErrorCode.NONE)
      const partitions = [{ partition: 0, fetchOffset: baseOffset, partitionMaxBytes: 1000 }]
      const reply = await wire.call(fetch, { maxWaitMs: 1000, minBytes: 1, topics: [{ topic: 't', partitions }] }, 12)
      const answer = reply.responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, ErrorCode.NONE)
      assert.ok(answer.records instanceof Uint8Array && answer.records.length > 0)
    })
    assert.ok(process.memoryUsage().rss - this.#rssBefore < rssGrowthMax, 'memory is bounded')
  }

  stop(): Promise<void> {
    return this.#faults.stop()
  }
}
