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
  #target: WriteTarget | undefined
  #host: JobHost | undefined
  #written = 0

  /** Of a new piece. A list serves one thread: what a job that failed has left goes. */
  begin(target: WriteTarget | undefined, host: JobHost): void {
    this.#target = target
    this.#host = host
    this.#written = 0
    this.bytes.setSize(0)
    this.#headers.setSize(0)
  }

  /** Between two batches. Throws RefusedError. */
  batchEnded(): void {
    if (this.bytes.size >= writeBytes && this.#target !== undefined) this.#flush()
  }

  /** `bytes`: what no job could write. Throws RefusedError. */
  end(): { readonly headers: Uint8Array<ArrayBuffer>; readonly bytes: Uint8Array<ArrayBuffer>; readonly size: number } {
    if (this.#target !== undefined) this.#flush()
    else this.#noteHeaders()
    const size = this.#written + this.bytes.size
    return { headers: this.#headers.take(), bytes: this.bytes.take(), size }
  }

  #flush(): void {
    this.#noteHeaders()
    const bytes = this.bytes.bytes.subarray(0, this.bytes.size)
    for (let done = 0; done < bytes.length; ) done += this.#write(bytes.subarray(done))
    this.bytes.setSize(0)
  }

  #write(bytes: Uint8Array): number {
    const { file, position } = this.#target ?? {}
    if (file === undefined || position === undefined || this.#host === undefined) return bytes.length
    try {
      const size = this.#host.writeSync(file, bytes, position + this.#written)
      if (size <= 0) throw new Error('the file took no bytes')
      this.#written += size
      return size
    } catch (error) {
      throw new RefusedError(error)
    }
  }

  #noteHeaders(): void {
    const { bytes, size } = this.bytes
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < size; at += header.sizeInBytes(view, at)) {
      this.#headers.add(bytes.subarray(at, at + header.batchHeaderSize))
    }
  }
}
