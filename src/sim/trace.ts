/** The trace of a run as a SHA-256: what happened, when and how big. Twenty bytes per event, hashed in blocks. */
import { createHash } from 'node:crypto'

const recordBytes = 20
const blockBytes = recordBytes * 1024

export class Trace {
  readonly #hash = createHash('sha256')
  readonly #block = Buffer.alloc(blockBytes)
  readonly #view = new DataView(this.#block.buffer, this.#block.byteOffset, blockBytes)
  readonly #ids = new Map<string, number>()
  #filled = 0
  #events = 0

  /** Events so far. */
  get events(): number {
    return this.#events
  }

  /** A number for `name`, which is hashed itself when first seen. */
  id(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(name, id)
    this.#flush()
    this.#hash.update(`${id}=${name}\n`)
    return id
  }

  record(atMs: number, id: number, detail: number): void {
    if (this.#filled === blockBytes) this.#flush()
    const view = this.#view
    view.setFloat64(this.#filled, atMs)
    view.setUint32(this.#filled + 8, id)
    view.setFloat64(this.#filled + 12, detail)
    this.#filled += recordBytes
    this.#events++
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#filled))
    this.#filled = 0
  }

  /** The hash up to here, in hexadecimal; the trace goes on. */
  digest(): string {
    this.#flush()
    return this.#hash.copy().digest('hex')
  }
}
