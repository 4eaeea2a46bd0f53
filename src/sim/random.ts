/**
 * Chance from a seed: sfc32 (Chris Doty-Humphrey, PractRand), one generator per name. On every simulated path; not for
 * secrets.
 */
import { type Random, type RandomStream, type Uuid, uuidFromBytes } from '../base/index.ts'

/** Four words from a text: FNV-1a from four bases, each finished as MurmurHash3 does. */
function seedWords(text: string): Uint32Array {
  const words = Uint32Array.of(0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35)
  for (let w = 0; w < words.length; w++) {
    let hash = words[w] ?? 0
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    words[w] = hash ^ (hash >>> 16)
  }
  return words
}

export class SeededStream implements RandomStream {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    const [a = 0, b = 0, c = 0, d = 0] = seedWords(seed)
    this.#a = a | 0
    this.#b = b | 0
    this.#c = (c ^ d) | 0
    for (let i = 0; i < 12; i++) this.u32()
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  below(bound: number): number {
    return Math.floor(this.float() * bound)
  }

  float(): number {
    return this.u32() / 2 ** 32
  }

  /** Exponentially distributed. */
  exponential(mean: number): number {
    return mean === 0 ? 0 : -mean * Math.log(1 - this.float())
  }

  /** Version 4, variant 1 (RFC 9562), as Kafka draws its ids. */
  uuid(): Uuid {
    const bytes = Buffer.allocUnsafe(16)
    for (let i = 0; i < 16; i += 4) bytes.writeUInt32BE(this.u32(), i)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    return uuidFromBytes(bytes)
  }
}

/** One generator per name: whoever asks for a name again draws on where it stands, also after a restart of a node. */
export class SeededRandom implements Random {
  readonly #seed: string
  readonly #streams = new Map<string, SeededStream>()

  constructor(seed: string) {
    this.#seed = seed
  }

  stream(name: string): SeededStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = new SeededStream(`${this.#seed}\0${name}`)
      this.#streams.set(name, stream)
    }
    return stream
  }

  /** Chance for a part of the world, apart from every other part's. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#seed}\0${name}\0`)
  }
}
