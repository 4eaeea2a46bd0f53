/** Chance from the operating system. */
import { randomBytes } from 'node:crypto'
import { type Random, type RandomStream, type Uuid, uuidFromBytes } from '../base/index.ts'

class SystemStream implements RandomStream {
  u32(): number {
    return randomBytes(4).readUInt32BE()
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
