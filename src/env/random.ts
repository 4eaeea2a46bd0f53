/** Chance from the operating system. */
import { randomBytes, randomFillSync } from 'node:crypto'
import { type Random, type RandomStream, type Uuid, uuidFromBytes } from '../base/index.ts'

/** A call to the system for each number costs 2 us: the reserve of a disk, made of chance, held the loop for 0.6 s. */
const drawnBytes = 4096

class SystemStream implements RandomStream {
  readonly #drawn = Buffer.alloc(drawnBytes)
  #next = drawnBytes

  u32(): number {
    if (this.#next >= drawnBytes) {
      randomFillSync(this.#drawn)
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
    const bytes = randomBytes(16)
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
