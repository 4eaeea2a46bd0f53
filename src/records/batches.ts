/**
 * Walks the whole batches that lie behind one another in a buffer: in a segment, a fetch reply, a snapshot. On the path
 * of every fetch from a follower and of every recovery. Makes no object per batch; does not look into records, and does
 * not check checksums unless asked.
 */
import * as header from './batch-header.ts'
import { isMessageCrcValid, messageTimestampType } from './message-set.ts'

/**
 * How a scan ended: nothing more; a beginning without its end (more bytes may complete it); or bytes that are no batch.
 */
export type ScanEnd = 'end' | 'torn' | 'corrupt'

/** As Kafka's tools have it; messages of format 0 have no timestamps. */
export type TimestampTypeName = 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'

export class BatchCursor {
  #bytes: Uint8Array
  #view: DataView
  #position = 0
  #next = 0
  #end = 0
  #ended: ScanEnd = 'end'

  constructor(bytes: Uint8Array = new Uint8Array(0), start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.reset(bytes, start, end)
  }

  /** Starts anew before the first batch of `bytes[start, end)`. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): this {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.#position = start
    this.#next = start
    this.#end = end
    this.#ended = 'end'
    return this
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** For the accessors of `batch-header.ts`, with `position`. */
  get view(): DataView {
    return this.#view
  }

  /** Where the current batch starts. */
  get position(): number {
    return this.#position
  }

  /** Where the current batch ends; after the last `next`, the end of what is whole. */
  get nextPosition(): number {
    return this.#next
  }

  get sizeInBytes(): number {
    return this.#next - this.#position
  }

  /** 2, or 0 and 1 for a message of `message-set.ts`: of its header only size and offset are where a batch has them. */
  get magic(): number {
    return header.magic(this.#view, this.#position)
  }

  /** In any format. */
  get lastOffset(): number {
    const isBatch = this.magic === 2
    return isBatch ? header.lastOffset(this.#view, this.#position) : header.baseOffset(this.#view, this.#position)
  }

  /** -1 where it is not known: the older formats have none. */
  get leaderEpoch(): number {
    return this.magic === 2 ? header.partitionLeaderEpoch(this.#view, this.#position) : -1
  }

  /** In any format. */
  get isControl(): boolean {
    return this.magic === 2 && header.isControl(this.#view, this.#position)
  }

  /** In any format: of all records, as Java's consumer tells it of them. */
  get timestampType(): TimestampTypeName {
    const readType = this.magic === 2 ? header.timestampType : messageTimestampType
    const type = readType(this.#view, this.#position)
    if (type === undefined) return 'NoTimestampType'
    return type === header.TimestampType.logAppendTime ? 'LogAppendTime' : 'CreateTime'
  }

  /** Why `next` returned false. */
  get ended(): ScanEnd {
    return this.#ended
  }

  /** Moves to the next whole batch; false when there is none, and `ended` tells why. */
  next(): boolean {
    this.#position = this.#next
    const left = this.#end - this.#position
    if (left === 0) return this.#stop('end')
    if (left < header.headerSizeUpToMagic) return this.#stop('torn')
    const size = header.sizeInBytes(this.#view, this.#position)
    const magic = header.magic(this.#view, this.#position)
    const sizeMin = magic === 2 ? header.batchHeaderSize : header.logOverhead + header.recordOverheadMin
    if (size < sizeMin || magic < 0 || magic > 2) return this.#stop('corrupt')
    if (size > left) return this.#stop('torn')
    this.#next = this.#position + size
    return true
  }

  #stop(ended: ScanEnd): false {
    this.#ended = ended
    return false
  }

  /** Whether the checksum of the current batch is right; or of a message, which may wrap others that have their own. */
  isCrcValid(): boolean {
    if (this.magic !== 2) return isMessageCrcValid(this.#bytes, this.#view, this.#position)
    return header.isCrcValid(this.#bytes, this.#view, this.#position)
  }
}
