/** Finds earlier places with the same four bytes, for the portable LZ4 and Snappy encoders. Both want speed, not ratio. */
const hashBits = 13

export class MatchTable {
  /** Position + 1 of the last place seen with a hash, 0 for none. */
  readonly #positions = new Uint32Array(1 << hashBits)
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Where the four bytes at `at` stood before, not farther back than `distanceMax`; -1 for nowhere. Notes `at`. */
  match(at: number, distanceMax: number): number {
    const word = this.#word(at)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = (this.#positions[slot] ?? 0) - 1
    this.#positions[slot] = at + 1
    return candidate >= 0 && at - candidate <= distanceMax && this.#word(candidate) === word ? candidate : -1
  }

  /** How many bytes from `at` equal those from `earlier`, not going past `end`. */
  length(earlier: number, at: number, end: number): number {
    const bytes = this.#bytes
    let i = at
    let j = earlier
    while (i < end && bytes[i] === bytes[j]) {
      i++
      j++
    }
    return i - at
  }

  #word(at: number): number {
    const bytes = this.#bytes
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  }
}
