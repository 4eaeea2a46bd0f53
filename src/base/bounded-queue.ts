/**
 * First in, first out, never more than `capacity`: a ring that grows by doubling and is not given back. Everything is
 * O(1); no allocation once it has grown.
 */
import { assert } from './assert.ts'

const initialSlots = 16

export class BoundedQueue<T> {
  readonly capacity: number
  #slots: (T | undefined)[] = new Array<T | undefined>(initialSlots)
  #head = 0
  #size = 0

  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity > 0, 'a queue has room for something')
    this.capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size === this.capacity
  }

  /** False, and nothing done, if the queue is full: the caller pushes back or refuses. */
  push(item: T): boolean {
    if (this.#size === this.capacity) return false
    if (this.#size === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item
    this.#size++
    return true
  }

  /** The oldest, taken out. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    // The slot must not keep the item alive.
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#size--
    return item
  }

  /** The one that `index` others are older than. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]
  }

  peek(): T | undefined {
    return this.at(0)
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(initialSlots)
    this.#head = 0
    this.#size = 0
  }

  #grow(): void {
    const slots = new Array<T | undefined>(this.#slots.length * 2)
    for (let i = 0; i < this.#size; i++) slots[i] = this.at(i)
    this.#slots = slots
    this.#head = 0
  }
}
