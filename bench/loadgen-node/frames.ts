/** The requests of the generator, encoded once, and where in them lies what changes from one to the next. */
import { crc32c } from '../../src/base/index.ts'
import { fetch, produce } from '../../src/protocol/index.ts'
import { buildBatch, type NewRecord } from '../../src/records/index.ts'
import { requestFrame } from '../../test/wire.ts'
import { LoadError, type LoadOptions } from './options.ts'

export const clientId = 'loadgen'
/** Of a request that has its size in front. */
export const correlationAt = 8
const produceVersion = 11
export const fetchVersion = 11

const batchHeaderBytes = 61
const crcAt = 17
const attributesAt = 21
const keyBytes = 16
/** A record of so little costs 7 bytes more than its value, at least. */
const recordOverheadMin = 7

export interface ProduceFrame {
  readonly bytes: Buffer
  /** Where the first batch begins. */
  readonly batchAt: number
  readonly batchBytes: number
  /** Where the first value begins in a batch. */
  readonly valueAt: number
  /** Where the keys begin in a batch. */
  readonly keysAt: readonly number[]
}

/** A batch for each of `spread` partitions, from `partition` on. */
export function produceFrame(options: LoadOptions, partition: number): ProduceFrame {
  const { topic, acks, spread } = options
  const batch = makeBatch(options)
  const partitionData = Array.from({ length: spread }, (_, i) => ({ index: partition + i, records: batch }))
  const request = { acks, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] }
  const bytes = requestFrame(produce, { version: produceVersion, request, clientId })
  const keysAt: number[] = []
  for (let at = batch.indexOf(keyOf(0)); at >= 0; at = batch.indexOf(keyOf(0), at + keyBytes)) keysAt.push(at)
  return {
    bytes,
    batchAt: bytes.indexOf(batch),
    batchBytes: batch.length,
    valueAt: batch.indexOf(firstValue(options)),
    keysAt,
  }
}

const noise = Buffer.allocUnsafeSlow(1 << 20)
let state = 1
for (let i = 0; i < noise.length; i++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  noise[i] = state >>> 16
}

const firstValue = ({ record }: LoadOptions): Buffer => noise.subarray(0, Math.min(record, 32))
const keyOf = (key: number): string => `key-${String(key).padStart(keyBytes - 4, '0')}`

/** As many records as a batch of `batch` bytes has room for, at least one; `each` of them where it has no size. */
function makeBatch(options: LoadOptions): Buffer {
  const { batch, record, keys, each } = options
  if (record > noise.length) throw new LoadError(`out of range: record=${record}`)
  const key = keys > 0 ? Buffer.from(keyOf(0)) : null
  const timestampMs = Date.now()
  const build = (count: number): Buffer => {
    const value = (i: number): Buffer => {
      const from = (i * 8191) % (noise.length - record + 1)
      return noise.subarray(from, from + record)
    }
    const records = Array.from({ length: count }, (_, i): NewRecord => ({ key, value: value(i), timestampMs }))
    return buildBatch(records)
  }
  if (batch === 0) return build(each)
  let count = Math.max(1, Math.floor((batch - batchHeaderBytes) / (record + recordOverheadMin)))
  let built = build(count)
  while (count > 1 && built.length > batch) built = build(--count)
  return built
}

/** Gives each record of a batch a key, and the batch its checksum. */
export function drawKeys(bytes: Buffer, batchAt: number, frame: ProduceFrame, keys: number): void {
  for (const at of frame.keysAt) bytes.write(keyOf(Math.floor(Math.random() * keys)), batchAt + at, 'latin1')
  sealBatch(bytes, batchAt, frame.batchBytes)
}

export function sealBatch(bytes: Buffer, at: number, size: number): void {
  bytes.writeUInt32BE(crc32c(bytes, at + attributesAt, at + size), at + crcAt)
}

/** Fetches a partition; the offset is put in by `FetchFrame.at`. */
export class FetchFrame {
  readonly bytes: Buffer
  readonly #offsetAt: number

  constructor({ topic, max }: LoadOptions, partition: number, maxWaitMs: number) {
    const fetchOffset = 0x0001_0203_0405_0607
    const asked = { partition, fetchOffset, partitionMaxBytes: max }
    const request = {
      maxWaitMs,
      minBytes: 1,
      maxBytes: max,
      isolationLevel: 0,
      sessionId: 0,
      topics: [{ topic, partitions: [asked] }],
      forgottenTopicsData: [],
      rackId: '',
    }
    this.bytes = requestFrame(fetch, { version: fetchVersion, request, clientId })
    this.#offsetAt = this.bytes.indexOf(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]))
  }

  at(offset: number): Buffer {
    this.bytes.writeInt32BE(Math.floor(offset / 2 ** 32), this.#offsetAt)
    this.bytes.writeUInt32BE(offset % 2 ** 32, this.#offsetAt + 4)
    return this.bytes
  }
}
