/**
 * Keeps memory of the machine from being free. Where the host of a virtual machine takes back what is free, a broker that writes pays
 * for getting it again: 2.3 s of system a GB were seen, and 0.95 without. Held are clean pages of a file without content, in whose place the
 * system puts what brokers write.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'

const chunk = Buffer.alloc(8 * 1024 * 1024)
const heldShare = 0.9
const freeShareMax = 0.05

/** Of nobody, not even the system's: `freemem` counts what can be dropped too. */
function freeBytes(): number {
  const kilobytes = /^MemFree:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

export class PageCache {
  readonly #path: string
  readonly #sizeInBytes = Math.floor((totalmem() * heldShare) / chunk.length) * chunk.length
  /** The pages that were dropped first are those behind the ones that were read last. */
  #position = 0

  constructor(folder: string) {
    this.#path = join(folder, 'hollow')
  }

  /** Until next to nothing is free. To be called before each measurement: files that were deleted have freed theirs. */
  fill(): void {
    const file = openSync(this.#path, 'a+')
    try {
      ftruncateSync(file, this.#sizeInBytes)
      for (let read = 0; read < this.#sizeInBytes && freeBytes() > totalmem() * freeShareMax; read += chunk.length) {
        readSync(file, chunk, 0, chunk.length, this.#position)
        this.#position = (this.#position + chunk.length) % this.#sizeInBytes
      }
    } finally {
      closeSync(file)
    }
  }
}
