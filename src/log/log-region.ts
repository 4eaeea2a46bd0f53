/**
 * Part of a segment on its way to a socket: keeps the file open, and notices a truncation. On the fetch path; copies only
 * into the buffer of the one who sends.
 */
import { assert, DiskError, type FileRegion } from '../base/index.ts'
import type { FileHandle } from './file-handle.ts'

export interface LogRegionOptions {
  readonly handle: FileHandle
  readonly position: number
  readonly sizeInBytes: number
  /** False once the log was truncated: the bytes may be others now. */
  readonly isCurrent: () => boolean
  /** The disk refused to read. */
  readonly failed: (error: DiskError) => void
}

export class LogRegion implements FileRegion {
  readonly kind = 'region'
  readonly sizeInBytes: number
  readonly position: number
  readonly handle: FileHandle
  readonly #isCurrent: () => boolean
  readonly #failed: (error: DiskError) => void
  #isReleased = false

  constructor({ handle, position, sizeInBytes, isCurrent, failed }: LogRegionOptions) {
    this.handle = handle
    this.position = position
    this.sizeInBytes = sizeInBytes
    this.#isCurrent = isCurrent
    this.#failed = failed
    handle.pin()
  }

  readSync(into: Uint8Array, position: number): boolean {
    assert(
      !this.#isReleased && position + into.length <= this.sizeInBytes,
      'a region is read before its release, within it',
    )
    try {
      return this.#fill(into, this.position + position)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#failed(error)
      return false
    }
  }

  #fill(into: Uint8Array, position: number): boolean {
    let done = 0
    while (done < into.length) {
      if (!this.#isCurrent()) return false
      const size = this.handle.file.readSync(into, done, into.length, position + done)
      if (size === 0) return false
      done += size
    }
    return true
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.handle.unpin()
  }
}
