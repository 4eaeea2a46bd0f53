/** Bytes that grow by doubling and are used again: what a job keeps is put together in it. Pure. */
export class ByteList {
  #bytes = new Uint8Array(64 * 1024)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Of all memory that there is: valid until something is added. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Makes room for so many bytes more. */
  reserve(size: number): void {
    const needed = this.#size + size
    if (needed <= this.#bytes.length) return
    const bigger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    bigger.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = bigger
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.#bytes.set(bytes, this.#size)
    this.#size += bytes.length
  }

  /** There is room for it. */
  byte(value: number): void {
    this.#bytes[this.#size++] = value
  }

  /** Leaves `size` bytes to be filled in, or takes what is behind `size` back. */
  setSize(size: number): void {
    this.reserve(size - this.#size)
    this.#size = size
  }

  /** In memory of its own, which may go to another thread; the list is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#size)
    this.#size = 0
    return taken
  }
}
