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

/** A write that is not committed yet, or that a snapshot may have to look behind. */
interface Undo {
  /** Of the write. */
  readonly epoch: number
  undo(): void
  /** The same as a write of its own. */
  takeBack(): void
  /** Nobody will read what was before. */
  forget(): void
}

/** Told of each change of the newest version: a write, or its being undone. Undefined: there is nothing. */
export type OnChange<K, V> = (key: K, before: V | undefined, after: V | undefined) => void

/** What a map and the writes to it share. */
interface Versions<K, V> {
  readonly newest: Map<K, V>
  /** By key, its newest write that can still be undone. Most maps of a big state have none most of the time. */
  undos: Map<K, MapUndo<K, V>> | undefined
  /** As a write to the map; undefined: nothing is there. */
  readonly write: (key: K, value: V | undefined) => void
  readonly onChange: OnChange<K, V> | undefined
}

class MapUndo<K, V> implements Undo {
  readonly epoch: number
  readonly before: V | undefined
  /** The write to the same key before this one, and after it, where they can still be undone. */
  older: MapUndo<K, V> | undefined
  #newer: MapUndo<K, V> | undefined
  readonly #versions: Versions<K, V>
  readonly #key: K

  constructor(versions: Versions<K, V>, key: K, epoch: number) {
    this.#versions = versions
    this.#key = key
    this.epoch = epoch
    this.before = versions.newest.get(key)
    versions.undos ??= new Map()
    this.older = versions.undos.get(key)
    if (this.older !== undefined) this.older.#newer = this
    versions.undos.set(key, this)
  }

  undo(): void {
    const { newest, undos, onChange } = this.#versions
    const after = newest.get(this.#key)
    if (this.before === undefined) newest.delete(this.#key)
    else newest.set(this.#key, this.before)
    if (this.older === undefined) undos?.delete(this.#key)
    else {
      this.older.#newer = undefined
      undos?.set(this.#key, this.older)
    }
    onChange?.(this.#key, after, this.before)
  }

  takeBack(): void {
    this.#versions.write(this.#key, this.before)
  }

  forget(): void {
    if (this.#newer === undefined) this.#versions.undos?.delete(this.#key)
    else this.#newer.older = undefined
  }
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

const isVisible = (snapshot: { readonly released: boolean }): boolean => !snapshot.released

/**
 * The epochs of one state machine, shared by all its maps: they move together. It keeps what can be undone; a map costs
 * nothing while nobody writes to it, and is gone with whoever holds it.
 */
export class Timeline {
  #epoch: number
  #committedEpoch: number
  /** In the order of the writes. */
  #log: Undo[] = []
  #logStart = 0
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

  /** `onChange` keeps what is derived from the newest version in step with it. */
  map<K, V extends NonNullable<unknown>>(onChange?: OnChange<K, V>): VersionedMap<K, V> {
    return new VersionedMap<K, V>(this, onChange)
  }

  /** For maps: a write of the current epoch. */
  remember(undo: Undo): void {
    this.#log.push(undo)
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
    for (let last = this.#log.at(-1); last !== undefined && last.epoch > epoch; last = this.#log.at(-1)) {
      this.#log.pop()
      last.undo()
    }
    this.#epoch = epoch
    for (const snapshot of this.#snapshots) if (snapshot.epoch > epoch) snapshot.released = true
    this.#snapshots = this.#snapshots.filter(isVisible)
  }

  /** What was written after `epoch` is no more: by writes of the current epoch, which a revert undoes as it does others. */
  takeBackTo(epoch: number): void {
    assert(epoch >= this.#committedEpoch, 'what is committed is never taken back')
    for (let i = this.#log.length - 1; i >= this.#logStart; i--) {
      const written = this.#log[i]
      if (written === undefined || written.epoch <= epoch) return
      written.takeBack()
    }
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
    let first = this.#log[this.#logStart]
    while (first !== undefined && first.epoch <= epoch) {
      first.forget()
      first = this.#log[++this.#logStart]
    }
    // Cut off what is forgotten when it is half of the log: O(1) per write in the long run.
    if (this.#logStart === 0 || this.#logStart * 2 < this.#log.length) return
    this.#log = this.#log.slice(this.#logStart)
    this.#logStart = 0
  }
}

/** Made by `Timeline.map`. Its own methods read and write the newest version. */
export class VersionedMap<K, V extends NonNullable<unknown>> {
  readonly #timeline: Timeline
  readonly #versions: Versions<K, V>
  #committed: MapView<K, V> | undefined

  constructor(timeline: Timeline, onChange: OnChange<K, V> | undefined) {
    this.#timeline = timeline
    const write = (key: K, value: V | undefined): void => {
      if (value === undefined) this.delete(key)
      else this.set(key, value)
    }
    this.#versions = { newest: new Map(), undos: undefined, write, onChange }
  }

  /** As of the committed epoch, whatever that is when it is read. */
  get committed(): MapView<K, V> {
    this.#committed ??= this.#view(() => this.#timeline.committedEpoch)
    return this.#committed
  }

  get size(): number {
    return this.#versions.newest.size
  }

  get(key: K): V | undefined {
    return this.#versions.newest.get(key)
  }

  has(key: K): boolean {
    return this.#versions.newest.has(key)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#versions.newest.entries()
  }

  keys(): IterableIterator<K> {
    return this.#versions.newest.keys()
  }

  values(): IterableIterator<V> {
    return this.#versions.newest.values()
  }

  set(key: K, value: V): void {
    const { newest, onChange } = this.#versions
    const before = newest.get(key)
    this.#remember(key)
    newest.set(key, value)
    onChange?.(key, before, value)
  }

  /** True if there was something. */
  delete(key: K): boolean {
    const { newest, onChange } = this.#versions
    const before = newest.get(key)
    if (before === undefined) return false
    this.#remember(key)
    newest.delete(key)
    onChange?.(key, before, undefined)
    return true
  }

  at(snapshot: Snapshot): MapView<K, V> {
    return this.#view(() => snapshot.epoch)
  }

  #remember(key: K): void {
    const { epoch, committedEpoch } = this.#timeline
    assert(epoch > committedEpoch, 'what is committed is not written again')
    if (this.#versions.undos?.get(key)?.epoch === epoch) return
    this.#timeline.remember(new MapUndo(this.#versions, key, epoch))
  }

  #getAt(key: K, epoch: number): V | undefined {
    const { newest, undos } = this.#versions
    let value = newest.get(key)
    for (let undo = undos?.get(key); undo !== undefined && undo.epoch > epoch; undo = undo.older) value = undo.before
    return value
  }

  #sizeAt(epoch: number): number {
    const { newest, undos } = this.#versions
    let size = newest.size
    for (const key of undos?.keys() ?? []) {
      size += Number(this.#getAt(key, epoch) !== undefined) - Number(newest.has(key))
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
        const { newest, undos } = this.#versions
        const keys = [...newest.keys()]
        for (const key of undos?.keys() ?? []) if (!newest.has(key)) keys.push(key)
        return this.#entriesAt(keys, epoch)
      },
    }
  }
}
