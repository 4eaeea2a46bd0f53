/**
 * Strings of payloads of Avro that came before, known again by their bytes: with the byte that tells the size four words at most, that are
 * compared without a loop.
 */

/** Of the words, in bytes; so a string has at most one less. */
export const wordsSize = 16

/** Of each size, as it stands before a string: which bits of the words are the size and the string. */
const masks = new Int32Array((wordsSize * wordsSize) / 4)
const maskBytes = new Uint8Array(masks.buffer)
for (let size = 0; size < wordsSize; size++) maskBytes.fill(0xff, wordsSize * size, wordsSize * size + size + 1)

/** Of a map, whose keys are known again. */
export const placesMax = 8
/** Keys that are always others are not learned for ever. */
const learnedMax = 64
/** Of a word, where there is no key yet: no byte under an empty mask makes it. */
const noWord = -1

/** The key that the last maps of a type had at one place. */
export class MapKey {
  text = ''
  /** In the payload, with the byte that tells the size. */
  size = 0
  #left = learnedMax
  // The words, and which of their bits count: as properties they are compared faster than from arrays.
  #word0 = noWord
  #word1 = 0
  #word2 = 0
  #word3 = 0
  #mask0 = 0
  #mask1 = 0
  #mask2 = 0
  #mask3 = 0

  /** Whether it stands there in the bytes, of which there are enough. */
  isAt(at: number, view: DataView): boolean {
    return (
      (view.getInt32(at, true) & this.#mask0) === this.#word0 &&
      (view.getInt32(at + 4, true) & this.#mask1) === this.#word1 &&
      // Most keys end here.
      (this.size <= 8 ||
        ((view.getInt32(at + 8, true) & this.#mask2) === this.#word2 &&
          (view.getInt32(at + 12, true) & this.#mask3) === this.#word3))
    )
  }

  /** The same key, which may be faster as a property; of ASCII. */
  learned(key: string): string {
    if (this.#left === 0 || key.length >= wordsSize) return key
    this.#left--
    const bytes = Buffer.alloc(wordsSize)
    bytes.write(key, 1, 'latin1')
    bytes[0] = key.length << 1
    this.#word0 = bytes.readInt32LE(0)
    this.#word1 = bytes.readInt32LE(4)
    this.#word2 = bytes.readInt32LE(8)
    this.#word3 = bytes.readInt32LE(12)
    const mask = key.length << 2
    this.#mask0 = masks[mask] ?? 0
    this.#mask1 = masks[mask + 1] ?? 0
    this.#mask2 = masks[mask + 2] ?? 0
    this.#mask3 = masks[mask + 3] ?? 0
    this.size = key.length + 1
    // As properties have it: of a string that was one before none has to be made.
    const [name = key] = Object.keys({ [key]: 0 })
    this.text = name
    return name
  }
}

/** So many characters are one word, with the byte that tells how many. */
export const shortestMax = 3
const shortestBits = 10

/** Strings of ASCII that are as short: codes, units, small numbers; the next one of the same slot takes its place. */
export class ShortestTexts {
  readonly #words = new Int32Array(1 << shortestBits)
  // Where no other word has been there is that of the empty string.
  readonly #texts: string[] = Array.from({ length: 1 << shortestBits }, () => '')

  /** Of the bytes from the one that tells the size; the characters are those of `window`, whose first byte is at `windowAt`. */
  at(at: number, end: number, { view, window, windowAt }: Window): string {
    // Without the bytes behind it.
    const word = view.getInt32(at, true) << (8 * (shortestMax + 1 - (end - at)))
    const slot = Math.imul(word, golden) >>> (32 - shortestBits)
    const known = this.#texts[slot]
    if (this.#words[slot] === word && known !== undefined) return known
    const text = window.substring(at + 1 - windowAt, end - windowAt)
    this.#words[slot] = word
    this.#texts[slot] = text
    return text
  }
}

interface Window {
  readonly view: DataView
  readonly window: string
  readonly windowAt: number
}

/** By their words; the next one of the same slot takes its place. */
const slotBits = 6
const golden = 0x9e3779b1

/** Those that are no ASCII: to make one of its bytes takes as long as a dozen others. */
export class ForeignTexts {
  readonly #words = new Int32Array(4 << slotBits)
  readonly #texts: string[] = Array.from({ length: 1 << slotBits }, () => '')

  /** Of a string that stands there, with its size in the byte before it; `make` makes it. */
  at(at: number, size: number, { view, make }: { readonly view: DataView; readonly make: () => string }): string {
    const mask = size << 2
    const a = view.getInt32(at - 1, true) & (masks[mask] ?? 0)
    const b = view.getInt32(at + 3, true) & (masks[mask + 1] ?? 0)
    const c = view.getInt32(at + 7, true) & (masks[mask + 2] ?? 0)
    const d = view.getInt32(at + 11, true) & (masks[mask + 3] ?? 0)
    const slot = Math.imul(a ^ (b << 3) ^ (c << 7) ^ (d << 11) ^ (a >>> 16), golden) >>> (32 - slotBits)
    const words = this.#words
    const first = slot << 2
    const known = this.#texts[slot]
    const isSame = words[first] === a && words[first + 1] === b && words[first + 2] === c && words[first + 3] === d
    if (isSame && known !== undefined) return known
    const text = make()
    words[first] = a
    words[first + 1] = b
    words[first + 2] = c
    words[first + 3] = d
    this.#texts[slot] = text
    return text
  }
}
