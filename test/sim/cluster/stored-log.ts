/**
 * The metadata log of a node as it lies on its disk, batch by batch: what a reader sees, or what is left when power is lost
 * in this moment. Reads headers only.
 */
import type { SimVolume } from '../../../src/sim/index.ts'
import type { SimFileContent } from '../../../src/sim/sim-file.ts'
import { metadataDirectory } from './cluster-node.ts'

/** What tells one batch from another: the checksum covers all but offsets and epoch. */
export interface StoredBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly crc: number
  readonly size: number
}

export interface StoredSnapshot {
  readonly offset: number
  readonly epoch: number
}

/** Where a reader stands: what comes next begins there. */
export interface LogPlace {
  readonly offset: number
  readonly segment: number
  readonly position: number
}

export type Depth = 'seen' | 'durable'

const headerBytes = 27
const prefixBytes = 12
const segmentSuffix = '.log'
const snapshotSuffix = '.checkpoint'
const snapshotName = /^(\d{20})-(\d{10})\.checkpoint$/

export class StoredLog {
  readonly #files = new Map<number, SimFileContent>()
  readonly #segments: readonly number[]
  readonly #depth: Depth
  /** Oldest first. */
  readonly snapshots: readonly StoredSnapshot[]
  readonly #header = Buffer.alloc(headerBytes)

  constructor(volume: SimVolume, depth: Depth) {
    this.#depth = depth
    const directory = volume.tree.find(metadataDirectory)
    const entries = directory?.kind === 'directory' ? directory[depth === 'seen' ? 'entries' : 'durable'] : new Map()
    const snapshots: StoredSnapshot[] = []
    for (const [name, file] of entries) {
      // Most names are of other files.
      if (name.endsWith(segmentSuffix)) {
        if (file.kind === 'file') this.#files.set(Number(name.slice(0, -segmentSuffix.length)), file)
        continue
      }
      const [, offset, epoch] = (name.endsWith(snapshotSuffix) ? snapshotName.exec(name) : undefined) ?? []
      if (offset !== undefined) snapshots.push({ offset: Number(offset), epoch: Number(epoch) })
    }
    this.#segments = [...this.#files.keys()].sort((a, b) => a - b)
    this.snapshots = snapshots.sort((a, b) => a.offset - b.offset)
  }

  /** Of the first segment: the log itself may begin behind. */
  get firstOffset(): number | undefined {
    return this.#segments[0]
  }

  /** The batches from `place` on, while each begins where the one before ends; and the place behind each. */
  *batchesFrom(place: LogPlace): Generator<{ readonly batch: StoredBatch; readonly next: LogPlace }, void, undefined> {
    let { offset, segment, position } = this.#files.has(place.segment) ? place : this.#startOf(place.offset)
    for (;;) {
      const batch = this.#batchAt(segment, position)
      if (batch === undefined) {
        const following = this.#segments.find((base) => base > segment)
        if (following === undefined || following > offset) return
        segment = following
        position = 0
        continue
      }
      position += batch.size
      if (batch.lastOffset < offset) continue
      if (batch.baseOffset !== offset) return
      offset = batch.lastOffset + 1
      yield { batch, next: { offset, segment, position } }
    }
  }

  /** The segment that may have it. */
  #startOf(offset: number): LogPlace {
    return { offset, segment: this.#segments.findLast((base) => base <= offset) ?? -1, position: 0 }
  }

  #batchAt(segment: number, position: number): StoredBatch | undefined {
    const header = this.#read(segment, position)
    if (header === undefined) return undefined
    const size = prefixBytes + header.readInt32BE(8)
    const baseOffset = Number(header.readBigInt64BE(0))
    return {
      baseOffset,
      lastOffset: baseOffset + header.readInt32BE(23),
      epoch: header.readInt32BE(12),
      crc: header.readUInt32BE(17),
      size,
    }
  }

  /** Undefined unless the whole batch is there. Preallocated room behind the last one is zero. */
  #read(segment: number, position: number): Buffer | undefined {
    const file = this.#files.get(segment)
    if (file === undefined) return undefined
    const isSeen = this.#depth === 'seen'
    const end = isSeen ? file.size : file.durableSize
    if (position + headerBytes > end) return undefined
    const header = isSeen ? this.#header : file.readDurable(position, headerBytes)
    if (isSeen) file.read(header, 0, headerBytes, position)
    const length = header.readInt32BE(8)
    return length <= 0 || position + prefixBytes + length > end ? undefined : header
  }
}
