/**
 * Steps from batch header to batch header in a file by small synchronous reads of pages that an index just pointed at. On
 * the fetch path; copies headers only.
 */
import type { DiskFile } from '../base/index.ts'
import { batchHeader } from '../records/index.ts'
import { isStoredHeader, storedSizeMin } from './stored-header.ts'

const { batchHeaderSize } = batchHeader

const windowSize = 4096
const scratch = new Uint8Array(windowSize)
const scratchView = new DataView(scratch.buffer)

/** Valid until the loop is left: all walks share one window. */
export class HeaderWalk {
  readonly view = scratchView
  readonly #file: DiskFile
  readonly #end: number
  #windowAt = -1
  #windowEnd = -1

  constructor(file: DiskFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Position in `view` of the header that lies at `position` of the file; -1 where none does. */
  at(position: number): number {
    // The last message of an older format may be shorter than the header of a batch.
    const wanted = Math.min(batchHeaderSize, this.#end - position)
    if (wanted < storedSizeMin) return -1
    if (position < this.#windowAt || position + wanted > this.#windowEnd || this.#windowAt < 0) {
      const size = this.#file.readSync(scratch, 0, Math.min(windowSize, this.#end - position), position)
      this.#windowAt = position
      this.#windowEnd = position + size
      if (size < wanted) return -1
    }
    const at = position - this.#windowAt
    return isStoredHeader(scratchView, at, at + wanted) ? at : -1
  }
}
