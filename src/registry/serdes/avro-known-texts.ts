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

/** The keys that the last maps of a type had. */
export class MapKeys {
  readonly known: (string | undefined)[] = Array.from({ length: placesMax }, () => undefined)
  readonly #words = new Int32Array(4 * placesMax)
  #left = learnedMax

  /** Whether the one of this place stands there in the bytes, of which there are enough. */
  isAt(at: number, place: number, view: DataView): boolean {
    const words = this.#words
    const first = 4 * place
    const mask = ((words[first] ?? 0) & 0xff) << 1
    return (
      (view.getInt32(at, true) & (masks[mask] ?? 0)) === words[first] &&
      (view.getInt32(at + 4, true) & (masks[mask + 1] ?? 0)) === words[first + 1] &&
      (view.getInt32(at + 8, true) & (masks[mask + 2] ?? 0)) === words[first + 2] &&
      (view.getInt32(at + 12, true) & (masks[mask + 3] ?? 0)) === words[first + 3]
    )
  }

  /** The same key, which may be faster as a property; of ASCII. */
  learned(key: string, place: number): string {
    if (this.#left === 0 || place >= placesMax || key.length >= wordsSize) return key
    this.#left--
    const bytes = Buffer.alloc(wordsSize)
    bytes.write(key, 1, 'latin1')
    bytes[0] = key.length << 1
    for (let i = 0; i < 4; i++) this.#words[4 * place + i] = bytes.readInt32LE(4 * i)
    // As properties have it: of a string that was one before none has to be made.
    const [name = key] = Object.keys({ [key]: 0 })
    this.known[place] = name
    return name
  }
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
