/** Bytes that are almost right: what the fuzzer makes of valid requests and batches. */
import type { SeededStream } from '../../src/sim/index.ts'

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** Changes whatever stands at `at`: as a count or a length of that width, of the one or the other form. */
function putExtreme(bytes: Buffer, at: number, draw: SeededStream): void {
  const value = extremes[draw.below(extremes.length)] ?? 0
  if (draw.below(4) === 0) {
    let rest = value
    for (let i = at; i < bytes.length; i++) {
      bytes[i] = rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest
      if (rest < 0x80) return
      rest = Math.floor(rest / 0x80)
    }
    return
  }
  const width = [1, 2, 4][draw.below(3)] ?? 1
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * (width - 1 - i))
}

/** The bytes with a few changes: bits, extreme lengths, a cut, a piece twice or left out, a piece of `other`. */
export function mutated(bytes: Uint8Array, draw: SeededStream, other: Uint8Array = bytes): Buffer {
  let result = Buffer.from(bytes)
  for (let count = 1 + draw.below(3); count > 0 && result.length > 0; count--) {
    const at = draw.below(result.length)
    switch (draw.below(7)) {
      case 0:
      case 1:
        result[at] = (result[at] ?? 0) ^ (1 << draw.below(8))
        break
      case 2:
        putExtreme(result, at, draw)
        break
      case 3:
        result = result.subarray(0, at)
        break
      case 4:
        // From before `at`: a piece stands there twice; from behind it: a piece is missing.
        result = Buffer.concat([result.subarray(0, at), result.subarray(draw.below(result.length))])
        break
      case 5: {
        const from = draw.below(other.length + 1)
        const piece = other.subarray(from, from + draw.below(64))
        result = Buffer.concat([result.subarray(0, at), piece, result.subarray(at)])
        break
      }
      default:
        result[at] = draw.below(256)
    }
  }
  return result
}
