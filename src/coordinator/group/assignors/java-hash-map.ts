/**
 * A map that is iterated in the order of Java's HashMap. Kafka's assignors go through HashMaps of members, topics and
 * partitions, so who keeps a partition depends on that order; there is no other way to their result.
 *
 * The order is that of Java 19 and later (Kafka's images run 21). Not made: the trees into which Java turns a bin of nine
 * keys in a table of 64 and more. Random ids do not get there, and a member with nine partitions that far apart would at
 * worst keep others of them than under Kafka.
 */
import type { Uuid } from '../../../base/index.ts'
import { javaHash } from '../java-hash.ts'
import type { Assignment } from './assignor.ts'

interface Entry<K, V> {
  readonly key: K
  readonly hash: number
  readonly value: V
  next: Entry<K, V> | undefined
}
type Bin<K, V> = Entry<K, V> | undefined

const defaultCapacity = 16
/** A longer bin makes a table smaller than this grow. */
const binLengthMax = 8
const crowdedCapacityMax = 64

export class JavaHashMap<K, V> {
  readonly #hashOf: (key: K) => number
  #bins: Bin<K, V>[]
  #size = 0

  constructor(hashOf: (key: K) => number, capacity = defaultCapacity) {
    this.#hashOf = hashOf
    const bits = capacity <= 1 ? 0 : 32 - Math.clz32(capacity - 1)
    this.#bins = new Array<Bin<K, V>>(2 ** bits).fill(undefined)
  }

  get size(): number {
    return this.#size
  }

  get(key: K): V | undefined {
    let entry = this.#bins[this.#binOf(this.#spread(key))]
    while (entry !== undefined && entry.key !== key) entry = entry.next
    return entry?.value
  }

  /** `put` of a key that is not there: at the end of its bin, and the table grows behind it. */
  append(key: K, value: V): void {
    const hash = this.#spread(key)
    const bin = this.#binOf(hash)
    const added: Entry<K, V> = { key, hash, value, next: undefined }
    let length = 1
    let last = this.#bins[bin]
    if (last === undefined) this.#bins[bin] = added
    else {
      for (length++; last.next !== undefined; length++) last = last.next
      last.next = added
    }
    if (length > binLengthMax) this.#growWhenCrowded()
    if (++this.#size > this.#threshold) this.#grow()
  }

  /** `computeIfAbsent`: the table grows ahead of it, and what is new stands at the head of its bin. */
  getOrInsert(key: K, make: () => V): V {
    if (this.#size > this.#threshold) this.#grow()
    const hash = this.#spread(key)
    const bin = this.#binOf(hash)
    const first = this.#bins[bin]
    let length = 1
    for (let entry = first; entry !== undefined; entry = entry.next, length++) if (entry.key === key) return entry.value
    const value = make()
    this.#bins[bin] = { key, hash, value, next: first }
    if (length >= binLengthMax) this.#growWhenCrowded()
    this.#size++
    return value
  }

  delete(key: K): void {
    const bin = this.#binOf(this.#spread(key))
    let before: Bin<K, V>
    let entry = this.#bins[bin]
    while (entry !== undefined && entry.key !== key) {
      before = entry
      entry = entry.next
    }
    if (entry === undefined) return
    if (before === undefined) this.#bins[bin] = entry.next
    else before.next = entry.next
    this.#size--
  }

  visit(see: (key: K, value: V) => void): void {
    for (const first of this.#bins) {
      for (let entry = first; entry !== undefined; entry = entry.next) see(entry.key, entry.value)
    }
  }

  keys(): K[] {
    const keys: K[] = []
    this.visit((key) => {
      keys.push(key)
    })
    return keys
  }

  get #threshold(): number {
    return Math.floor(this.#bins.length * 0.75)
  }

  #spread(key: K): number {
    const hash = this.#hashOf(key)
    return hash ^ (hash >>> 16)
  }

  #binOf(hash: number): number {
    return hash & (this.#bins.length - 1)
  }

  #growWhenCrowded(): void {
    if (this.#bins.length < crowdedCapacityMax) this.#grow()
  }

  /** Twice as many bins; the keys of a bin keep their order. */
  #grow(): void {
    const bins = new Array<Bin<K, V>>(this.#bins.length * 2).fill(undefined)
    const last = new Array<Bin<K, V>>(bins.length).fill(undefined)
    for (const first of this.#bins) {
      for (let entry = first; entry !== undefined; ) {
        const { next } = entry
        const bin = entry.hash & (bins.length - 1)
        const tail = last[bin]
        if (tail === undefined) bins[bin] = entry
        else tail.next = entry
        last[bin] = entry
        entry.next = undefined
        entry = next
      }
    }
    this.#bins = bins
  }
}

/** A HashSet of partitions is a HashMap in which the values say nothing. */
export type JavaHashSet = JavaHashMap<number, true>

const identity = (partition: number): number => partition

export const emptyHashSet = (capacity = defaultCapacity): JavaHashSet =>
  new JavaHashMap<number, true>(identity, capacity)

/** The capacity of `new HashSet<>(collection)`; Java 17 takes twice as much for 12, 24, 48 ... elements. */
const copyCapacity = (size: number): number => Math.ceil(Math.max(size, 12) / 0.75)

export function hashSetOf(partitions: Iterable<number>, size: number): JavaHashSet {
  const set = emptyHashSet(copyCapacity(size))
  for (const partition of partitions) set.append(partition, true)
  return set
}

/** `Uuid.hashCode`: its four words, one over the other. */
export function uuidHash(id: Uuid): number {
  let hash = 0
  for (let i = 0; i < 16; i++) hash ^= id.charCodeAt(i) << (8 * (3 - (i & 3)))
  return hash
}

/** Topics as a HashSet made of this set has them. */
export function hashedTopics(topicIds: ReadonlySet<Uuid>): Uuid[] {
  const map = new JavaHashMap<Uuid, true>(uuidHash, copyCapacity(topicIds.size))
  for (const topicId of topicIds) map.append(topicId, true)
  return map.keys()
}

/** The topics of an assignment as Kafka has them when it has read its record. */
export function topicsOf(assignment: Assignment): readonly Uuid[] {
  if (assignment.size <= 1) return [...assignment.keys()]
  const map = new JavaHashMap<Uuid, true>(uuidHash)
  for (const topicId of assignment.keys()) map.append(topicId, true)
  return map.keys()
}

/** The values of a map in the order of a HashMap of Strings that was filled in its order. */
export function hashedValues<V>(map: ReadonlyMap<string, V>): V[] {
  const hashed = new JavaHashMap<string, V>(javaHash)
  for (const [key, value] of map) hashed.append(key, value)
  const values: V[] = []
  hashed.visit((_key, value) => {
    values.push(value)
  })
  return values
}
