/**
 * An immutable map that shares most of itself with the one it was made from: a big map that nobody touches any more, and
 * the few entries that are otherwise. A change to one of n entries costs about the square root of n, in time and in memory,
 * where a copy costs n: a controller makes an image for each topic that is created. Small maps are plain ones.
 */

/** Below this a copy is as good. */
const plainSizeMax = 64

type Changes<K, V> = ReadonlyMap<K, V | undefined>

/** `base` with `changes` on top of it; undefined removes. Both stay as they are from now on. */
export function changedMap<K, V extends NonNullable<unknown>>(
  base: ReadonlyMap<K, V>,
  changes: Changes<K, V>,
): ReadonlyMap<K, V> {
  if (changes.size === 0) return base
  const all = base instanceof LayeredMap ? base.changesWith(changes) : changes
  const below: ReadonlyMap<K, V> = base instanceof LayeredMap ? base.below : base
  if (below.size > plainSizeMax && all.size * all.size <= below.size) return new LayeredMap(below, all)
  const plain = new Map(below)
  for (const [key, value] of all) {
    if (value === undefined) plain.delete(key)
    else plain.set(key, value)
  }
  return plain
}

class LayeredMap<K, V extends NonNullable<unknown>> implements ReadonlyMap<K, V> {
  readonly below: ReadonlyMap<K, V>
  readonly size: number
  readonly #changes: Changes<K, V>

  constructor(below: ReadonlyMap<K, V>, changes: Changes<K, V>) {
    this.below = below
    this.#changes = changes
    let { size } = below
    for (const [key, value] of changes) size += Number(value !== undefined) - Number(below.has(key))
    this.size = size
  }

  changesWith(more: Changes<K, V>): Changes<K, V> {
    const all = new Map(this.#changes)
    for (const [key, value] of more) all.set(key, value)
    return all
  }

  get(key: K): V | undefined {
    return this.#changes.get(key) ?? (this.#changes.has(key) ? undefined : this.below.get(key))
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  *entries(): Generator<[K, V], undefined> {
    for (const [key, value] of this.below) {
      if (!this.#changes.has(key)) yield [key, value]
    }
    for (const [key, value] of this.#changes) if (value !== undefined) yield [key, value]
    return undefined
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this.entries()) yield key
    return undefined
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value
    return undefined
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }
}
