/**
 * The subscribers of a topic by how many partitions they have. Partitions are given to those at the bottom, all of one
 * level before anybody above it, and taken from those at the top in the same way, until both ends meet.
 */
import { assert } from '../../../base/index.ts'

export class MemberLadder {
  /** By member; whoever moves a partition changes it. */
  readonly #sizes: Int32Array
  #sorted: number[] = []

  /** The bottom: `[0, #bottomEnd)` of the sorted, all with `#bottomSize` partitions before this round over them. */
  #bottomEnd = 0
  #bottomSize = 0
  #nextBottom = 0

  /** The top: `[#topStart, #topEnd)`; behind it stand those who have nothing to give. The round goes downwards. */
  #topStart = 0
  #topEnd = 0
  #topSize = 0
  #nextTop = 0

  constructor(sizes: Int32Array) {
    this.#sizes = sizes
  }

  /** How many partitions the first and the last of them are apart. */
  apart(members: readonly number[]): number {
    let [least, most] = [Number.POSITIVE_INFINITY, 0]
    for (const member of members) {
      const size = this.#sizeOf(member)
      if (size < least) least = size
      if (size > most) most = size
    }
    return most - least
  }

  /** Begins anew. */
  climb(members: readonly number[]): void {
    assert(members.length > 0, 'a topic without subscribers is not there')
    this.#sorted = this.#sort(members)
    const { length } = this.#sorted
    this.#bottomEnd = 0
    this.#bottomSize = this.#sizeAt(0) - 1
    this.#nextBottom = 0
    this.#topStart = length
    this.#topEnd = length
    this.#topSize = this.#sizeAt(length - 1) + 1
    this.#nextTop = length - 1
  }

  /** By size, then by member: as numbers, for they are sorted much faster than by a function. */
  #sort(members: readonly number[]): number[] {
    const count = this.#sizes.length
    const keys = Float64Array.from(members, (member) => this.#sizeOf(member) * count + member).sort()
    return Array.from(keys, (key) => key % count)
  }

  /** Who shall have the next partition. */
  nextBottom(): number {
    if (this.#nextBottom >= this.#bottomEnd) {
      this.#bottomSize++
      while (this.#bottomEnd < this.#sorted.length && this.#sizeAt(this.#bottomEnd) === this.#bottomSize)
        this.#bottomEnd++
      this.#nextBottom = 0
    }
    return this.#memberAt(this.#nextBottom++)
  }

  /** Who shall give the next partition, of those for whom `canGive` holds; undefined where there is nobody. */
  nextTop(canGive: (member: number) => boolean): number | undefined {
    for (;;) {
      if (this.#nextTop < this.#topStart) this.#stepDown()
      if (this.#nextTop < 0) return undefined
      const index = this.#nextTop--
      const member = this.#memberAt(index)
      if (canGive(member)) return member
      this.#leaveOut(index)
    }
  }

  /** Whether whoever gave and got last were at most one partition apart. */
  get isLevel(): boolean {
    return this.#topSize - this.#bottomSize <= 1
  }

  #stepDown(): void {
    // Where all of the top were left out, the next below may stand more than one lower.
    const isEmpty = this.#topEnd <= this.#topStart && this.#topStart > 0
    this.#topSize = isEmpty ? this.#sizeAt(this.#topStart - 1) : this.#topSize - 1
    while (this.#topStart > 0 && this.#sizeAt(this.#topStart - 1) === this.#topSize) this.#topStart--
    this.#nextTop = this.#topEnd - 1
  }

  #leaveOut(index: number): void {
    this.#topEnd--
    const member = this.#memberAt(index)
    this.#sorted[index] = this.#memberAt(this.#topEnd)
    this.#sorted[this.#topEnd] = member
  }

  #memberAt(index: number): number {
    const member = this.#sorted[index]
    assert(member !== undefined, 'an index within the subscribers')
    return member
  }

  #sizeOf(member: number): number {
    return this.#sizes[member] ?? 0
  }

  #sizeAt(index: number): number {
    return this.#sizeOf(this.#memberAt(index))
  }
}
