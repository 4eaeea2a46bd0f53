/**
 * State that is replayed ahead of its commit. Writers see the newest version, readers the committed one; what was never
 * committed is undone. The newest version is a plain Map; what a write replaces is kept in an undo log until it is
 * committed and no snapshot needs it.
 *
 * An epoch is any number that grows: here, the offset of the record that is replayed. Costs: a write O(1), and so its
 * commit or revert; a read of the newest version one look-up; a read at an epoch one look-up and as many steps as the
 * key was written since. Values are immutable: to change one is to set another.
 */
import { assert } from './assert.ts'

/** What a key was before a write. */
interface Undo<K, V> {
  readonly key: K
  /** Of the write. */
  readonly epoch: number
  /** Undefined: there was nothing. */
  readonly before: V | undefined
  /** The write to the same key before this one, and after it, where they can still be undone. */
  older: Undo<K, V> | undefined
  newer: Undo<K, V> | undefined
}

/** A map as it was at one epoch. Order of iteration is not part of the state: sort where it matters. */
export interface MapView<K, V> {
  /** O(keys written since). */
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  /** Takes note of the keys at once; values are read as it goes. */
  entries(): IterableIterator<[K, V]>
}

/** Keeps one epoch readable until released, however far commits go on. */
export interface Snapshot {
  readonly epoch: number
  release(): void
}

/** What a timeline tells its maps. */
interface Versioned {
  /** Undoes every write of an epoch above this one. */
  revertTo(epoch: number): void
  /** Nobody will read at an epoch below this one. */
  forgetBelow(epoch: number): void
}

const isVisible = (snapshot: { readonly released: boolean }): boolean => !snapshot.released

/** The epochs of one state machine, shared by all its maps: they move together. */
export class Timeline {
  #epoch: number
  #committedEpoch: number
  readonly #maps: Versioned[] = []
  #snapshots: { readonly epoch: number; released: boolean }[] = []

  /** State before any write has the epoch `startEpoch`. */
  constructor(startEpoch = -1) {
    this.#epoch = startEpoch
    this.#committedEpoch = startEpoch
  }

  /** Of the writes that come now. */
  get epoch(): number {
    return this.#epoch
  }

  get committedEpoch(): number {
    return this.#committedEpoch
  }

  map<K, V extends NonNullable<unknown>>(): VersionedMap<K, V> {
    const map = new VersionedMap<K, V>(this)
    this.#maps.push(map)
    return map
  }

  /** Writes from here on belong to `epoch`; it never falls but by `revertTo`. */
  advanceTo(epoch: number): void {
    assert(epoch >= this.#epoch, 'an epoch never falls')
    this.#epoch = epoch
  }

  /** Everything of `epoch` and before is committed. */
  commitTo(epoch: number): void {
    assert(epoch >= this.#committedEpoch, 'what is committed stays committed')
    assert(epoch <= this.#epoch, 'only what was written is committed')
    this.#committedEpoch = epoch
    this.#forget()
  }

  /** Undoes everything after `epoch`; snapshots of it are lost. */
  revertTo(epoch: number): void {
    assert(epoch >= this.#committedEpoch, 'what is committed is never undone')
    assert(epoch <= this.#epoch, 'only what was written is undone')
    for (const map of this.#maps) map.revertTo(epoch)
    this.#epoch = epoch
    for (const snapshot of this.#snapshots) if (snapshot.epoch > epoch) snapshot.released = true
    this.#snapshots = this.#snapshots.filter(isVisible)
  }

  /** Of the committed epoch or of any later one; writes that still come with the same epoch belong to it. */
  snapshot(epoch: number): Snapshot {
    assert(epoch >= this.#committedEpoch && epoch <= this.#epoch, 'a snapshot is taken of what can still be read')
    const held = { epoch, released: false }
    this.#snapshots.push(held)
    const release = (): void => {
      if (held.released) return
      held.released = true
      this.#snapshots = this.#snapshots.filter(isVisible)
      this.#forget()
    }
    return {
      get epoch(): number {
        assert(!held.released, 'a snapshot is not read after its release, nor after a revert below it')
        return epoch
      },
      release,
    }
  }

  #forget(): void {
    let epoch = this.#committedEpoch
    for (const snapshot of this.#snapshots) epoch = Math.min(epoch, snapshot.epoch)
    for (const map of this.#maps) map.forgetBelow(epoch)
  }
}

/** Made by `Timeline.map`. Its own methods read and write the newest version. */
export class VersionedMap<K, V extends NonNullable<unknown>> implements Versioned {
  readonly #timeline: Timeline
  readonly #newest = new Map<K, V>()
  /** The last write of each key that can still be undone. */
  readonly #undos = new Map<K, Undo<K, V>>()
  /** All of them in the order of the writes, from `#logStart` on. */
  #log: Undo<K, V>[] = []
  #logStart = 0
  readonly committed: MapView<K, V>

  constructor(timeline: Timeline) {
    this.#timeline = timeline
    this.committed = this.#view(() => timeline.committedEpoch)
  }

  get size(): number {
    return this.#newest.size
  }

  get(key: K): V | undefined {
    return this.#newest.get(key)
  }

  has(key: K): boolean {
    return this.#newest.has(key)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#newest.entries()
  }

  keys(): IterableIterator<K> {
    return this.#newest.keys()
  }

  values(): IterableIterator<V> {
    return this.#newest.values()
  }

  set(key: K, value: V): void {
    this.#remember(key, this.#newest.get(key))
    this.#newest.set(key, value)
  }

  /** True if there was something. */
  delete(key: K): boolean {
    const before = this.#newest.get(key)
    if (before === undefined) return false
    this.#remember(key, before)
    return this.#newest.delete(key)
  }

  at(snapshot: Snapshot): MapView<K, V> {
    return this.#view(() => snapshot.epoch)
  }

  #remember(key: K, before: V | undefined): void {
    const { epoch, committedEpoch } = this.#timeline
    assert(epoch > committedEpoch, 'what is committed is not written again')
    const older = this.#undos.get(key)
    if (older?.epoch === epoch) return
    const undo: Undo<K, V> = { key, epoch, before, older, newer: undefined }
    if (older !== undefined) older.newer = undo
    this.#undos.set(key, undo)
    this.#log.push(undo)
  }

  revertTo(epoch: number): void {
    for (let undo = this.#log.at(-1); undo !== undefined && undo.epoch > epoch; undo = this.#log.at(-1)) {
      if (this.#log.length === this.#logStart) break
      this.#log.pop()
      if (undo.before === undefined) this.#newest.delete(undo.key)
      else this.#newest.set(undo.key, undo.before)
      if (undo.older === undefined) this.#undos.delete(undo.key)
      else {
        undo.older.newer = undefined
        this.#undos.set(undo.key, undo.older)
      }
    }
  }

  forgetBelow(epoch: number): void {
    let undo = this.#log[this.#logStart]
    while (undo !== undefined && undo.epoch <= epoch) {
      if (undo.newer === undefined) this.#undos.delete(undo.key)
      else undo.newer.older = undefined
      undo = this.#log[++this.#logStart]
    }
    // Cut off what is forgotten when it is half of the log: O(1) per write in the long run.
    if (this.#logStart === 0 || this.#logStart * 2 < this.#log.length) return
    this.#log = this.#log.slice(this.#logStart)
    this.#logStart = 0
  }

  #getAt(key: K, epoch: number): V | undefined {
    let value = this.#newest.get(key)
    for (let undo = this.#undos.get(key); undo !== undefined && undo.epoch > epoch; undo = undo.older) {
      value = undo.before
    }
    return value
  }

  #sizeAt(epoch: number): number {
    let size = this.#newest.size
    for (const key of this.#undos.keys()) {
      size += Number(this.#getAt(key, epoch) !== undefined) - Number(this.#newest.has(key))
    }
    return size
  }

  *#entriesAt(keys: readonly K[], epoch: () => number): IterableIterator<[K, V]> {
    for (const key of keys) {
      const value = this.#getAt(key, epoch())
      if (value !== undefined) yield [key, value]
    }
  }

  #view(epoch: () => number): MapView<K, V> {
    const sizeNow = (): number => this.#sizeAt(epoch())
    return {
      get size(): number {
        return sizeNow()
      },
      get: (key) => this.#getAt(key, epoch()),
      has: (key) => this.#getAt(key, epoch()) !== undefined,
      entries: () => {
        const keys = [...this.#newest.keys()]
        for (const key of this.#undos.keys()) if (!this.#newest.has(key)) keys.push(key)
        return this.#entriesAt(keys, epoch)
      },
    }
  }
}
