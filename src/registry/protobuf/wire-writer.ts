/** Writes messages in binary, field by field; what the fields are is the caller's to know. */

/** A short text may ask for a long message: names of types are written in full. No schema that is meant comes near. */
const MAX_LENGTH = 8 * 1024 * 1024

/** Thrown where it gets too long; caught where writing began. */
export class TooLongError extends Error {}

const NOTHING = new Uint8Array(0)

export class WireWriter {
  readonly #chunks: Uint8Array[] = []
  #size = 0

  /** Signed numbers as 64 bits, as all those are that are no zigzag. */
  varint(number: number, value: number | bigint): void {
    this.#tag(number, 0)
    this.#add(varintBytes(value))
  }

  /** Of 4 bytes, or of 8. */
  fixed(number: number, bytes: Uint8Array): void {
    this.#tag(number, bytes.length === 8 ? 1 : 5)
    this.#add(bytes)
  }

  bytes(number: number, bytes: Uint8Array): void {
    this.#tag(number, 2)
    this.#add(varintBytes(bytes.length))
    this.#add(bytes)
  }

  text(number: number, text: string): void {
    this.bytes(number, Buffer.from(text))
  }

  flag(number: number, isSet: boolean): void {
    this.varint(number, isSet ? 1 : 0)
  }

  /** What `write` writes is within it. Its length, which is known afterwards, has a chunk of its own. */
  message<Result>(number: number, write: () => Result): Result {
    this.#tag(number, 2)
    const place = this.#chunks.push(NOTHING) - 1
    const before = this.#size
    const result = write()
    const length = varintBytes(this.#size - before)
    this.#chunks[place] = length
    this.#size += length.length
    return result
  }

  group<Result>(number: number, write: () => Result): Result {
    this.#tag(number, 3)
    const result = write()
    this.#tag(number, 4)
    return result
  }

  /** Forgets what was written where it came to nothing; says whether it did not. */
  attempt(write: () => boolean): boolean {
    const [count, size] = [this.#chunks.length, this.#size]
    if (write()) return true
    this.#chunks.length = count
    this.#size = size
    return false
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #tag(number: number, wireType: number): void {
    this.#add(varintBytes(number * 8 + wireType))
  }

  #add(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size > MAX_LENGTH) throw new TooLongError(`more than ${MAX_LENGTH} bytes`)
    this.#chunks.push(bytes)
  }
}

function varintBytes(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 0x80) return Uint8Array.of(value)
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Uint8Array.from([...bytes, Number(rest)])
}
