/**
 * The bytes of a simulated file: what a read sees, what is durable, and the writes in between. A crash keeps, drops or
 * tears each of those at a sector. No time and no faults: `sim-disk.ts` adds them.
 */
import type { RandomStream } from '../base/index.ts'

export const sectorBytes = 512

/**
 * What becomes of changes that were not synced when power is lost: all stay, all go, or each of them is kept, dropped or
 * cut in two, as chance will have it.
 */
export type Fate = 'kept' | 'dropped' | 'torn'

export interface BitPlace {
  readonly position: number
  /** Of [0, 8). */
  readonly bit: number
}

/** Bytes that grow by doubling; all behind `size` are zero. */
class Bytes {
  buffer = Buffer.alloc(0)
  size = 0

  flip({ position, bit }: BitPlace): void {
    if (position < this.size) this.buffer.writeUInt8(this.buffer.readUInt8(position) ^ (1 << bit), position)
  }

  put(bytes: Uint8Array, position: number): void {
    this.#reserve(position + bytes.length)
    this.buffer.set(bytes, position)
    this.size = Math.max(this.size, position + bytes.length)
  }

  resize(size: number): void {
    this.#reserve(size)
    if (size < this.size) this.buffer.fill(0, size, this.size)
    this.size = size
  }

  #reserve(size: number): void {
    if (size <= this.buffer.length) return
    const bigger = Buffer.alloc(Math.max(size, this.buffer.length * 2, 4096))
    this.buffer.copy(bigger, 0, 0, this.size)
    this.buffer = bigger
  }

  clone(): Bytes {
    const twin = new Bytes()
    twin.put(this.buffer.subarray(0, this.size), 0)
    return twin
  }
}

/** A write not yet durable; its bytes are those of the cache until something overwrites them. */
interface PendingWrite {
  readonly kind: 'write'
  readonly start: number
  readonly end: number
  kept: Buffer | undefined
}

interface PendingResize {
  readonly kind: 'resize'
  readonly size: number
}

export class SimFileContent {
  readonly kind = 'file'
  modifiedMs = 0
  #cache = new Bytes()
  #durable = new Bytes()
  #pending: (PendingWrite | PendingResize)[] = []
  /** No pending write ends behind it: appends need not look for what they overwrite. */
  #pendingEnd = 0
  /** How many changes were made durable or lost: what was the n-th pending then is the (n - #done)-th now. */
  #done = 0

  get size(): number {
    return this.#cache.size
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    this.#keep(position, end)
    this.#cache.put(bytes, position)
    this.#pending.push({ kind: 'write', start: position, end, kept: undefined })
    this.#pendingEnd = Math.max(this.#pendingEnd, end)
  }

  read(into: Uint8Array, start: number, end: number, position: number): number {
    const size = Math.max(0, Math.min(end - start, this.#cache.size - position))
    into.set(this.#cache.buffer.subarray(position, position + size), start)
    return size
  }

  get durableSize(): number {
    return this.#durable.size
  }

  /** What is left of it when power is lost now and every pending change goes: for those who check promises. */
  readDurable(position: number, size: number): Buffer {
    const { buffer, size: end } = this.#durable
    return buffer.subarray(Math.min(position, end), Math.min(position + size, end))
  }

  resize(size: number): void {
    this.#keep(size, Number.MAX_SAFE_INTEGER)
    this.#cache.resize(size)
    this.#pending.push({ kind: 'resize', size })
  }

  /** The place in the history of changes up to which a sync that starts now reaches. */
  mark(): number {
    return this.#done + this.#pending.length
  }

  /** Makes durable what came before `mark`. */
  sync(mark: number): void {
    for (const change of this.#take(mark)) this.#apply(change, 0, Number.MAX_SAFE_INTEGER)
  }

  /** What a failed sync leaves: the pages are clean and readable, and not on the disk (as in Linux). */
  failSync(mark: number): void {
    this.#take(mark)
  }

  /** A bit of what is stored turns over, in what is read of it too. */
  flip(place: BitPlace): void {
    this.#durable.flip(place)
    this.#cache.flip(place)
  }

  /** Power is lost. Of `torn`, each pending change is kept, dropped, or, if it spans sectors, cut at one. */
  crash(random: RandomStream, fate: Fate): void {
    for (const change of this.#take(this.mark())) {
      const drawn = fate === 'torn' ? random.below(3) : fate === 'dropped' ? 0 : 1
      if (drawn === 0) continue
      if (drawn === 1 || change.kind === 'resize') {
        this.#apply(change, 0, Number.MAX_SAFE_INTEGER)
        continue
      }
      const first = Math.floor(change.start / sectorBytes) + 1
      const boundaries = Math.ceil(change.end / sectorBytes) - first
      if (boundaries <= 0) continue
      const cut = (first + random.below(boundaries)) * sectorBytes
      if (random.below(2) === 0) this.#apply(change, 0, cut)
      else this.#apply(change, cut, Number.MAX_SAFE_INTEGER)
    }
    this.#cache = this.#durable.clone()
    this.#pendingEnd = 0
  }

  #take(mark: number): (PendingWrite | PendingResize)[] {
    const count = Math.max(0, mark - this.#done)
    this.#done += count
    return this.#pending.splice(0, count)
  }

  /** Puts the part of a change that lies in `[from, until)` on the disk. */
  #apply(change: PendingWrite | PendingResize, from: number, until: number): void {
    if (change.kind === 'resize') {
      this.#durable.resize(change.size)
      return
    }
    const start = Math.max(change.start, from)
    const end = Math.min(change.end, until)
    const { kept } = change
    const bytes =
      kept === undefined
        ? this.#cache.buffer.subarray(start, end)
        : kept.subarray(start - change.start, end - change.start)
    this.#durable.put(bytes, start)
  }

  /** Pending writes that `[start, end)` is about to change take their bytes with them. */
  #keep(start: number, end: number): void {
    if (start >= this.#pendingEnd) return
    for (const change of this.#pending) {
      if (change.kind === 'resize' || change.kept !== undefined || change.end <= start || change.start >= end) continue
      change.kept = Buffer.from(this.#cache.buffer.subarray(change.start, change.end))
    }
  }
}
