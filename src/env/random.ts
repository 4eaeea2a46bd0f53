/** Chance from the operating system. */
import { existsSync, openSync, readSync } from 'node:fs'
import { type Random, type RandomStream, type Uuid, uuidFromBytes } from '../base/index.ts'

/** A call to the system for each number costs 2 us: the reserve of a disk, made of chance, held the loop for 0.6 s. */
const drawnBytes = 4096

/** Where the system has its chance as a file. Node's cryptography is 3 MB, which a controller needs for nothing else. */
const chancePath = '/dev/urandom'

type Fill = (bytes: Buffer) => void

function systemFill(): Fill {
  // Not so on Windows.
  if (!existsSync(chancePath)) return process.getBuiltinModule('node:crypto').randomFillSync
  const file = openSync(chancePath, 'r')
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, null)
  }
}

/** Opened once, for the life of the process. */
let fill: Fill | undefined

class SystemStream implements RandomStream {
  readonly #drawn = Buffer.alloc(drawnBytes)
  #next = drawnBytes

  u32(): number {
    if (this.#next >= drawnBytes) {
      fill ??= systemFill()
      fill(this.#drawn)
      this.#next = 0
    }
    const value = this.#drawn.readUInt32BE(this.#next)
    this.#next += 4
    return value
  }

  below(bound: number): number {
    return Math.floor(this.float() * bound)
  }

  float(): number {
    return this.u32() / 2 ** 32
  }

  /** Version 4, variant 1 (RFC 9562), as Kafka draws its ids. */
  uuid(): Uuid {
    const bytes = Buffer.alloc(16)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(this.u32(), at)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    return uuidFromBytes(bytes)
  }
}

export class SystemRandom implements Random {
  readonly #stream = new SystemStream()

  stream(): RandomStream {
    return this.#stream
  }
}
