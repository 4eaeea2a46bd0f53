/**
 * The batches that stay of a piece, behind one another: written by the job itself where it can, so that the bytes never leave
 * the processor that made them; else given back. What the log must know of them are their headers.
 */
import type { JobFile, JobHost } from '../../base/index.ts'
import { batchHeader as header } from '../../records/index.ts'
import { ByteList } from './byte-list.ts'
import { RefusedError } from './chunk.ts'

/** Where a job writes. */
export interface WriteTarget {
  readonly file: JobFile
  readonly position: number
}

/** So much is put together before it is written. */
const writeBytes = 256 * 1024

export class KeptBatches {
  /** What is not written yet. Whole batches, but while one is being made. */
  readonly bytes = new ByteList()
  readonly #headers = new ByteList()
  #write: ((bytes: Uint8Array, at: number) => number) | undefined
  #written = 0

  /** Of a new piece. A list serves one thread: what a job that failed has left goes. */
  begin(target: WriteTarget | undefined, host: JobHost): void {
    this.#write = target && ((bytes, at) => host.writeSync(target.file, bytes, target.position + at))
    this.#written = 0
    this.bytes.setSize(0)
    this.#headers.setSize(0)
  }

  /** Between two batches. Throws RefusedError. */
  batchEnded(): void {
    if (this.bytes.size >= writeBytes && this.#write !== undefined) this.#flush(this.#write)
  }

  /** `bytes`: what no job could write. Throws RefusedError. */
  end(): { readonly headers: Uint8Array<ArrayBuffer>; readonly bytes: Uint8Array<ArrayBuffer>; readonly size: number } {
    if (this.#write !== undefined) this.#flush(this.#write)
    else this.#noteHeaders()
    const size = this.#written + this.bytes.size
    return { headers: this.#headers.take(), bytes: this.bytes.take(), size }
  }

  #flush(write: (bytes: Uint8Array, at: number) => number): void {
    this.#noteHeaders()
    const bytes = this.bytes.bytes.subarray(0, this.bytes.size)
    try {
      for (let done = 0; done < bytes.length; ) {
        const size = write(bytes.subarray(done), this.#written)
        if (size <= 0) throw new Error('the file took no bytes')
        done += size
        this.#written += size
      }
    } catch (error) {
      throw new RefusedError(error)
    }
    this.bytes.setSize(0)
  }

  #noteHeaders(): void {
    const { bytes, size } = this.bytes
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < size; at += header.sizeInBytes(view, at)) {
      this.#headers.add(bytes.subarray(at, at + header.batchHeaderSize))
    }
  }
}
