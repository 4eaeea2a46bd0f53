/**
 * An open file with a count of the operations that use it. On the read path: a fetch pins the handle until its last byte
 * is sent; close waits for the pins, so a read queued before a close never hits another file.
 */
import { assert, type DiskFile } from '../base/index.ts'

export class FileHandle {
  readonly file: DiskFile
  #pins = 0
  #closing = false
  #unpinned: (() => void) | undefined

  constructor(file: DiskFile) {
    this.file = file
  }

  get pins(): number {
    return this.#pins
  }

  /** A closing handle takes no new pins: its segment has left the log. */
  get isClosing(): boolean {
    return this.#closing
  }

  pin(): void {
    assert(!this.#closing, 'a closing file takes no new readers')
    this.#pins++
  }

  unpin(): void {
    assert(this.#pins > 0, 'unpinned more often than pinned')
    this.#pins--
    if (this.#pins === 0) this.#unpinned?.()
  }

  /** Keeps the file open meanwhile. Undefined where it is closing: its segment has left the log. */
  async whilePinned<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#closing) return undefined
    this.pin()
    try {
      return await work()
    } finally {
      this.unpin()
    }
  }

  /** Resolves when no operation is left and the file is closed. */
  async close(): Promise<void> {
    assert(!this.#closing, 'a file is closed once')
    this.#closing = true
    if (this.#pins > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#unpinned = resolve
      await promise
    }
    await this.file.close()
  }
}
