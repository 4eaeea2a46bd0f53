/**
 * A fuzzer over a node: valid requests of every API and version, and valid batches, changed at random, with the checksum
 * of a batch repaired so that what lies behind it is reached. After each round the node must be as well as before.
 */
import assert from 'node:assert/strict'
import { apis, apisByKey, brokerHeartbeat, ErrorCode, fetch, unregisterBroker } from '../../src/protocol/index.ts'
import { batchHeader, buildBatch, CompressionType, compress, readRecords } from '../../src/records/index.ts'
import { SeededStream } from '../../src/sim/index.ts'
import { asRecord, goldenLines } from '../golden/golden.ts'
import { frame, type Wire } from '../wire.ts'
import { Faults, goodBatch, produceTo } from './kit.ts'
import { type Living, liveSamples, type Sample } from './live-requests.ts'
import { livingIn } from './living.ts'
import { mutated } from './mutations.ts'

/** They would do what they say, and the node be gone: these are asked for by the name of another broker only. */
const ownBrokerFirst: ReadonlySet<number> = new Set([unregisterBroker.key, brokerHeartbeat.key])
const anotherBroker = 77

type Served = ReadonlyMap<'broker' | 'controller', readonly Sample[]>

/** Bodies that Kafka wrote, and ours about what exists, of every request that a listener serves. */
function samplesBy(living: Living): Served {
  const keys = new Map([...apisByKey.values()].map((api) => [api.request.name, api.key]))
  const golden = ['vectors.ndjson', 'vectors-int64.ndjson'].flatMap(goldenLines).flatMap((line) => {
    const { name, version, hex } = asRecord(line)
    const apiKey = keys.get(String(name))
    return apiKey === undefined ? [] : [{ apiKey, version: Number(version), body: Buffer.from(String(hex), 'hex') }]
  })
  const all = [...golden, ...liveSamples(living)]
  const servedBy = (listener: 'broker' | 'controller'): readonly Sample[] => {
    const served = new Set(apis.filter(({ listeners }) => listeners.includes(listener)).map(({ key }) => key))
    return all.filter(({ apiKey }) => served.has(apiKey))
  }
  return new Map([
    ['broker', servedBy('broker')],
    ['controller', servedBy('controller')],
  ])
}

const codecs = Object.values(CompressionType)
/** Where the fields of a header begin, and how wide they are. */
const headerFields: readonly (readonly [at: number, size: number])[] = [
  [batchHeader.attributesAt, 2],
  [batchHeader.lastOffsetDeltaAt, 4],
  [27, 8],
  [35, 8],
  [43, 8],
  [51, 2],
  [53, 4],
  [batchHeader.recordCountAt, 4],
]

function plainBatch(draw: SeededStream): Buffer {
  const records = Array.from({ length: 1 + draw.below(20) }, (_, i) => ({
    timestampMs: Date.now(),
    key: draw.below(2) === 0 ? null : Buffer.from(`key-${i}`),
    value: Buffer.alloc(draw.below(300), i),
    headers: draw.below(4) === 0 ? [{ key: 'h', value: Buffer.from('x') }] : [],
  }))
  const sequence = { producerId: draw.below(5), producerEpoch: draw.below(2), baseSequence: draw.below(3) }
  return buildBatch(records, draw.below(3) === 0 ? sequence : {})
}

/** A batch that is wrong in its header, in its records, or in what they were compressed to. */
function mutatedBatch(draw: SeededStream): Buffer {
  const batch = plainBatch(draw)
  const head = Buffer.from(batch.subarray(0, batchHeader.batchHeaderSize))
  const codec = codecs[draw.below(codecs.length)] ?? CompressionType.none
  const plain = batch.subarray(batchHeader.batchHeaderSize)
  const where = draw.below(4)
  const packed = compress(codec, where === 0 ? mutated(plain, draw) : plain)
  head[22] = codec
  if (where === 1) {
    const [at, size] = headerFields[draw.below(headerFields.length)] ?? [0, 1]
    mutated(head.subarray(at, at + size), draw).copy(head, at, 0, size)
  }
  const bytes = Buffer.concat([head, where === 2 ? mutated(packed, draw) : packed])
  if (where === 3) return mutated(bytes, draw)
  bytes.writeInt32BE(bytes.length - batchHeader.logOverhead, batchHeader.batchLengthAt)
  bytes.writeUInt32BE(batchHeader.computeCrc(bytes, 0, bytes.length), batchHeader.crcAt)
  return bytes
}

const rssGrowthMax = 400 * 1024 * 1024
const perConnection = 20
/** What nobody has produced to but the one who looks whether the node is well. */
const healthTopic = 'still'

export class Fuzzer {
  readonly #faults: Faults
  readonly #draw: SeededStream
  readonly #rssBefore = process.memoryUsage().rss
  #samples: Served = new Map()
  /** Everything of `t` below it was read. */
  #readTo = 0
  #rounds = 0
  #ended = false
  sent = 0
  accepted = 0

  private constructor(faults: Faults, draw: SeededStream) {
    this.#faults = faults
    this.#draw = draw
    void faults.node.ended.then(() => {
      this.#ended = true
    })
  }

  static async start(seed: number): Promise<Fuzzer> {
    const faults = await Faults.start({ 'group.min.session.timeout.ms': '100', 'log.segment.bytes': '1048576' })
    // Nothing of it goes by time: what was accepted is read back.
    await faults.createTopic('t', { 'max.message.bytes': '100000', 'message.timestamp.after.max.ms': `${2 ** 53}` })
    await faults.createTopic(healthTopic)
    return new Fuzzer(faults, new SeededStream(`fuzz ${seed}`))
  }

  async round(): Promise<void> {
    this.#rounds++
    // Earlier rounds may have taken topics and members away.
    this.#samples = samplesBy(await livingIn(this.#faults, `g${this.#rounds}`))
    for (let i = 0; i < 10; i++) await this.#connection('broker', () => this.#request('broker'))
    for (let i = 0; i < 2; i++) await this.#connection('controller', () => this.#request('controller'))
    for (let i = 0; i < 5; i++) await this.#connection('broker', () => this.#produce())
    await this.#checkHealth()
    await this.#readBack()
  }

  #connect(listener: 'broker' | 'controller'): Promise<Wire> {
    const { port, controllerPort } = this.#faults
    return this.#faults.connect(listener === 'broker' ? port : controllerPort)
  }

  /** A closed connection is made anew: most nonsense ends one. */
  async #connection(listener: 'broker' | 'controller', next: () => Buffer): Promise<void> {
    let wire = await this.#connect(listener)
    for (let i = 0; i < perConnection; i++) {
      if (wire.isClosed) wire = await this.#connect(listener)
      wire.raw(next())
      this.sent++
      // Some wait for a while before they answer (fetches, joins): nobody waits for them here.
      await Promise.race([wire.reply().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 5))])
    }
    wire.destroy()
  }

  #request(listener: 'broker' | 'controller'): Buffer {
    const samples = this.#samples.get(listener) ?? []
    const sample = samples[this.#draw.below(samples.length)]
    const other = samples[this.#draw.below(samples.length)]
    assert.ok(sample && other)
    const version = this.#draw.below(20) === 0 ? this.#draw.below(20) : sample.version
    const body = mutated(sample.body, this.#draw, other.body)
    const isOwn = ownBrokerFirst.has(sample.apiKey)
    if (isOwn && body.length >= 4) body.writeInt32BE(anotherBroker)
    const whole = frame({ apiKey: sample.apiKey, version }, (writer) => writer.bytes(body))
    return this.#draw.below(10) === 0 && !isOwn ? mutated(whole, this.#draw) : whole
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
    assert.equal(this.#ended, false, 'the node runs')
    await this.#faults.with(async (wire) => {
      const { errorCode, baseOffset } = await produceTo(wire, { topic: healthTopic, records: goodBatch(['still']) })
      assert.equal(errorCode, ErrorCode.NONE)
      assert.ok((await this.#fetch(wire, healthTopic, baseOffset)).length > 0)
    })
    assert.ok(process.memoryUsage().rss - this.#rssBefore < rssGrowthMax, 'memory is bounded')
  }

  async #fetch(wire: Wire, topic: string, fetchOffset: number): Promise<Uint8Array> {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
    const reply = await wire.call(fetch, { maxWaitMs: 0, minBytes: 1, topics: [{ topic, partitions }] }, 12)
    const answer = reply.responses[0]?.partitions[0]
    assert.equal(answer?.errorCode, ErrorCode.NONE)
    return answer.records instanceof Uint8Array ? answer.records : Buffer.alloc(0)
  }

  /** What was accepted is whole, and can be read by everybody: else one producer stops all consumers. */
  async #readBack(): Promise<void> {
    const log = this.#faults.node.broker.replicas.get('t', 0)?.log
    assert.ok(log)
    await this.#faults.with(async (wire) => {
      for (let next = Math.max(this.#readTo, log.logStartOffset); next < log.logEndOffset; next = this.#readTo) {
        const bytes = await this.#fetch(wire, 't', next)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        assert.ok(bytes.length > 0, `there is something at ${next}`)
        for (let at = 0; at + batchHeader.logOverhead < bytes.length; ) {
          const size = batchHeader.sizeInBytes(view, at)
          if (at + size > bytes.length) break
          assert.ok(batchHeader.isCrcValid(bytes, view, at), `the batch at ${next} is whole`)
          const offsets = [...readRecords(bytes, at, 10_000_000)].map(({ offset }) => offset)
          assert.equal(offsets.at(-1), batchHeader.lastOffset(view, at), 'each offset has a record')
          this.#readTo = batchHeader.lastOffset(view, at) + 1
          this.accepted++
          at += size
        }
      }
    })
  }

  stop(): Promise<void> {
    return this.#faults.stop()
  }
}
