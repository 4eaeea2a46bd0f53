/**
 * Batches anew from some of their records, as the log cleaner leaves them: offsets, sequences, epochs and producer stay, the
 * base timestamp becomes that of the first record or the delete horizon (KIP-534). Pure.
 */
import { assert } from '../../base/index.ts'
import { CompressionType, compress, compressionType, batchHeader as header } from '../../records/index.ts'
import type { ByteList } from './byte-list.ts'
import type { RecordFields } from './record-fields.ts'

const lengthSizeMax = 5
const varlongSizeMax = 10
const exactMax = 2 ** 52

/** The batch that records are taken from, read once. */
interface SourceBatch {
  readonly view: DataView
  readonly position: number
  readonly baseTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly isAppendTime: boolean
}

interface Kept {
  readonly start: number
  readonly timestampAt: number
  readonly offsetDeltaAt: number
  readonly end: number
  readonly delta: number | bigint
}

export class KeptRecords {
  readonly #source: SourceBatch
  readonly #plain: Uint8Array
  readonly #kept: Kept[] = []

  /** Of the batch at `position`, whose records are `plain`. */
  constructor(view: DataView, position: number, plain: Uint8Array) {
    this.#plain = plain
    this.#source = {
      view,
      position,
      baseTimestamp: view.getBigInt64(position + header.baseTimestampAt),
      maxTimestamp: view.getBigInt64(position + header.maxTimestampAt),
      isAppendTime: header.timestampType(view, position) === header.TimestampType.logAppendTime,
    }
  }

  get count(): number {
    return this.#kept.length
  }

  keep({ start, timestampAt, offsetDeltaAt, end, timestampDelta }: RecordFields): void {
    this.#kept.push({ start, timestampAt, offsetDeltaAt, end, delta: timestampDelta })
  }

  /** Adds the batch of what was kept. `deleteHorizonMs`: from when on its tombstones may go. */
  addTo(out: ByteList, deleteHorizonMs: number | undefined): void {
    assert(this.#kept.length > 0, 'a batch of no records is made by addEmptyBatch')
    const { view, position } = this.#source
    const newBase = deleteHorizonMs === undefined ? this.#timestamp(this.#kept[0]) : BigInt(deleteHorizonMs)
    const start = out.size
    out.setSize(start + header.batchHeaderSize)
    this.#addRecords(out, newBase)
    const codec = compressionType(header.codecId(view, position)) ?? CompressionType.none
    if (codec !== CompressionType.none) {
      const body = start + header.batchHeaderSize
      const payload = compress(codec, out.bytes.subarray(body, out.size))
      out.setSize(body)
      out.add(payload)
    }
    const made = copyHeader(this.#source, out.bytes.subarray(start, out.size))
    const flags = header.attributes(view, position) & ~header.deleteHorizonFlag
    made.setInt16(header.attributesAt, deleteHorizonMs === undefined ? flags : flags | header.deleteHorizonFlag)
    made.setBigInt64(header.baseTimestampAt, newBase)
    made.setBigInt64(header.maxTimestampAt, this.#maxTimestamp())
    made.setInt32(header.recordCountAt, this.#kept.length)
    patchCrc(made)
  }

  #timestamp(kept: Kept | undefined): bigint {
    const { isAppendTime, baseTimestamp, maxTimestamp } = this.#source
    return isAppendTime ? maxTimestamp : BigInt.asIntN(64, baseTimestamp + BigInt(kept?.delta ?? 0))
  }

  #maxTimestamp(): bigint {
    const { isAppendTime, maxTimestamp } = this.#source
    if (isAppendTime) return maxTimestamp
    let largest = this.#kept[0]
    for (const kept of this.#kept) if (largest === undefined || kept.delta > largest.delta) largest = kept
    return this.#timestamp(largest)
  }

  /** The records behind one another, with timestamps relative to `newBase`. */
  #addRecords(out: ByteList, newBase: bigint): void {
    const { isAppendTime, baseTimestamp, maxTimestamp } = this.#source
    const shift = baseTimestamp - newBase
    const same = isAppendTime ? asNumber(maxTimestamp - newBase) : undefined
    const shiftBy = asNumber(shift)
    for (const kept of this.#kept) {
      if (same === undefined && shift === 0n) out.add(this.#plain.subarray(kept.start, kept.end))
      else this.#addRecord(out, kept, same ?? moved(kept.delta, shiftBy))
    }
  }

  #addRecord(out: ByteList, kept: Kept, delta: number | bigint): void {
    const attributesSize = 1
    const rest = kept.end - kept.offsetDeltaAt
    out.reserve(lengthSizeMax + attributesSize + varlongSizeMax + rest)
    addVarlong(out, attributesSize + zigzagSize(delta) + rest)
    out.add(this.#plain.subarray(kept.timestampAt - attributesSize, kept.timestampAt))
    addVarlong(out, delta)
    out.add(this.#plain.subarray(kept.offsetDeltaAt, kept.end))
  }
}

/** A batch without records, in the place of one whose offsets or sequences must not be forgotten. */
export function addEmptyBatch(out: ByteList, view: DataView, position: number): void {
  const start = out.size
  out.setSize(start + header.batchHeaderSize)
  const made = copyHeader({ view, position }, out.bytes.subarray(start, out.size))
  const without = header.codecMask | header.deleteHorizonFlag
  made.setInt16(header.attributesAt, header.attributes(view, position) & ~without)
  header.writeInt64(made, header.baseTimestampAt, header.noTimestamp)
  made.setInt32(header.recordCountAt, 0)
  patchCrc(made)
}

function patchCrc(made: DataView): void {
  header.patchCrc(new Uint8Array(made.buffer, made.byteOffset, made.byteLength), made, 0)
}

function copyHeader({ view, position }: Pick<SourceBatch, 'view' | 'position'>, into: Uint8Array): DataView {
  into.set(new Uint8Array(view.buffer, view.byteOffset + position, header.batchHeaderSize))
  const made = new DataView(into.buffer, into.byteOffset, into.length)
  made.setInt32(header.batchLengthAt, into.length - header.logOverhead)
  return made
}

/** A number where it is exact. */
function asNumber(value: bigint): number | bigint {
  return value > -exactMax && value < exactMax ? Number(value) : value
}

function moved(delta: number | bigint, by: number | bigint): number | bigint {
  if (typeof delta === 'number' && typeof by === 'number') return delta + by
  return BigInt.asIntN(64, BigInt(delta) + BigInt(by))
}

/** There is room for it. */
function addVarlong(out: ByteList, value: number | bigint): void {
  if (typeof value === 'bigint') {
    addVarlongBig(out, value)
    return
  }
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  while (rest >= 0x80) {
    out.byte((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  out.byte(rest)
}

function addVarlongBig(out: ByteList, value: bigint): void {
  let rest = zigzag(value)
  while (rest >= 0x80n) {
    out.byte(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.byte(Number(rest))
}

const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))

function zigzagSize(value: number | bigint): number {
  if (typeof value === 'bigint') return Math.max(1, Math.ceil(zigzag(value).toString(2).length / 7))
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  while (rest >= 0x80) {
    rest = Math.floor(rest / 128)
    size++
  }
  return size
}
