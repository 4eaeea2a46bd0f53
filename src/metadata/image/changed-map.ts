/**
 * An immutable map and what has changed on top of it: the newest version for who replays records, the committed one for
 * who reads. The base is never touched; a map without changes is handed on as it is.
 */
import { changedMap } from './layered-map.ts'

export class ChangedMap<K, V extends NonNullable<unknown>> {
  readonly base: ReadonlyMap<K, V>
  /** undefined: removed. */
  readonly #changes = new Map<K, V | undefined>()

  constructor(base: ReadonlyMap<K, V>) {
    this.base = base
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.base.get(key)
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value)
  }

  delete(key: K): void {
    if (this.base.has(key)) this.#changes.set(key, undefined)
    else this.#changes.delete(key)
  }

  clear(): void {
    this.#changes.clear()
    for (const key of this.base.keys()) this.#changes.set(key, undefined)
  }

  /** The keys that were set or removed, in the order of their first change. */
  changedKeys(): MapIterator<K> {
    return this.#changes.keys()
  }

  /** Every key that holds a value now. */
  keys(): K[] {
    const added = [...this.#changes.keys()].filter((key) => !this.base.has(key))
    return [...this.base.keys(), ...added].filter((key) => this.get(key) !== undefined)
  }

  /** Once: what is returned shares the changes. */
  apply(): ReadonlyMap<K, V> {
    return changedMap(this.base, this.#changes)
  }
}
