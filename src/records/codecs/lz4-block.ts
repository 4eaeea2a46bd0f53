/** LZ4 blocks without the native library: what runs where no prebuilt exists. Format: lz4_Block_format.md. */
import { corrupt } from './compression-error.ts'
import { MatchTable } from './match-table.ts'

const matchLengthMin = 4
/** The format wants the last match to begin this far before the end, and the last bytes to be literals. */
const matchStartMargin = 12
const lastLiterals = 5
const distanceMax = 65535

/** Copies `length` bytes from `distance` back, which may overlap with what is being written. */
export function copyMatch(output: Uint8Array, at: number, distance: number, length: number): void {
  if (distance >= length) {
    output.copyWithin(at, at - distance, at - distance + length)
    return
  }
  for (let i = at; i < at + length; i++) output[i] = output[i - distance] ?? 0
}

/** Decodes `bytes[start, end)` to `output`; returns how many bytes that gave. Never writes past `output`. */
export function lz4DecodeBlock(bytes: Uint8Array, start: number, end: number, output: Uint8Array): number {
  let from = start
  let to = 0
  const extended = (initial: number): number => {
    let length = initial
    if (initial < 15) return length
    for (let byte = 255; byte === 255; ) {
      if (from >= end) throw corrupt('LZ4 block ends in a length')
      byte = bytes[from++] ?? 0
      length += byte
    }
    return length
  }
  while (from < end) {
    const token = bytes[from++] ?? 0
    const literals = extended(token >> 4)
    if (literals > end - from || literals > output.length - to) throw corrupt('LZ4 literals run over')
    output.set(bytes.subarray(from, from + literals), to)
    from += literals
    to += literals
    if (from === end) return to
    if (end - from < 2) throw corrupt('LZ4 block ends in a distance')
    const distance = (bytes[from] ?? 0) | ((bytes[from + 1] ?? 0) << 8)
    from += 2
    const length = extended(token & 15) + matchLengthMin
    if (distance === 0 || distance > to) throw corrupt('LZ4 match before the start')
    if (length > output.length - to) throw corrupt('LZ4 match runs over')
    copyMatch(output, to, distance, length)
    to += length
  }
  throw corrupt('LZ4 block without last literals')
}

/** The largest block that `size` bytes can become. */
function lz4BlockBound(size: number): number {
  return size + Math.floor(size / 255) + 16
}

/** Encodes all of `bytes` as one block. */
export function lz4EncodeBlock(bytes: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(lz4BlockBound(bytes.length))
  const table = new MatchTable(bytes)
  let to = 0
  const putLength = (length: number): void => {
    let rest = length - 15
    for (; rest >= 255; rest -= 255) output[to++] = 255
    output[to++] = rest
  }
  const putSequence = (literalsStart: number, literalsEnd: number, matchLength: number): void => {
    const literals = literalsEnd - literalsStart
    const match = matchLength === 0 ? 0 : matchLength - matchLengthMin
    output[to++] = (Math.min(literals, 15) << 4) | Math.min(match, 15)
    if (literals >= 15) putLength(literals)
    output.set(bytes.subarray(literalsStart, literalsEnd), to)
    to += literals
  }
  let anchor = 0
  let at = 0
  const matchStartMax = bytes.length - matchStartMargin
  while (at <= matchStartMax) {
    const earlier = table.match(at, distanceMax)
    if (earlier < 0) {
      at += 1 + ((at - anchor) >> 6)
      continue
    }
    const length = table.length(earlier, at, bytes.length - lastLiterals)
    putSequence(anchor, at, length)
    to = output.writeUInt16LE(at - earlier, to)
    if (length - matchLengthMin >= 15) putLength(length - matchLengthMin)
    at += length
    anchor = at
  }
  putSequence(anchor, bytes.length, 0)
  return output.subarray(0, to)
}
