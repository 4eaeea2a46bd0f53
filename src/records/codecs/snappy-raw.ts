/** Raw Snappy blocks without the native library: what runs where no prebuilt exists. Format: snappy format_description. */
import { corrupt } from './compression-error.ts'
import { copyMatch } from './lz4-block.ts'
import { MatchTable } from './match-table.ts'

/** Matches do not reach over these pieces, so that a distance fits into two bytes. */
const pieceSize = 65536
const copyLengthMax = 64

/** The output size that `bytes[start..]` begins with, and where the elements start. Throws when it is no such number. */
export function snappyLength(bytes: Uint8Array, start: number): { readonly size: number; readonly elementsAt: number } {
  let size = 0
  for (let i = 0; i < 5 && start + i < bytes.length; i++) {
    const byte = bytes[start + i] ?? 0
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) {
      if (size >= 2 ** 32) break
      return { size, elementsAt: start + i + 1 }
    }
  }
  throw corrupt('Snappy block without a length')
}

/** Decodes all of `bytes`. The caller has bounded the announced size. */
export function snappyDecodeRaw(bytes: Uint8Array): Buffer {
  const { size, elementsAt } = snappyLength(bytes, 0)
  const output = Buffer.alloc(size)
  const end = bytes.length
  let from = elementsAt
  let to = 0
  const little = (count: number): number => {
    if (count > end - from) throw corrupt('Snappy block is cut')
    let value = 0
    for (let i = 0; i < count; i++) value += (bytes[from++] ?? 0) * 2 ** (8 * i)
    return value
  }
  while (from < end) {
    const tag = bytes[from++] ?? 0
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const length = (short < 60 ? short : little(short - 59)) + 1
      if (length > end - from || length > size - to) throw corrupt('Snappy literal runs over')
      output.set(bytes.subarray(from, from + length), to)
      from += length
      to += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const distance = kind === 1 ? ((tag >> 5) << 8) | little(1) : little(kind === 2 ? 2 : 4)
    if (distance === 0 || distance > to || length > size - to) throw corrupt('Snappy copy out of bounds')
    copyMatch(output, to, distance, length)
    to += length
  }
  if (to !== size) throw corrupt(`Snappy block of ${to} bytes announced ${size}`)
  return output
}

/** Encodes all of `bytes` as one block. */
export function snappyEncodeRaw(bytes: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(32 + bytes.length + Math.ceil(bytes.length / 6))
  let to = 0
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    output[to++] = rest < 128 ? rest : (rest % 128) | 0x80
    if (rest < 128) break
  }
  const putLiteral = (start: number, end: number): void => {
    const last = end - start - 1
    if (last < 0) return
    if (last < 60) output[to++] = last << 2
    else if (last < 256) {
      output[to++] = 60 << 2
      output[to++] = last
    } else {
      output[to++] = 61 << 2
      to = output.writeUInt16LE(last, to)
    }
    output.set(bytes.subarray(start, end), to)
    to += end - start
  }
  const putCopy = (distance: number, length: number): void => {
    for (let rest = length; rest > 0; rest -= copyLengthMax) {
      output[to++] = ((Math.min(rest, copyLengthMax) - 1) << 2) | 2
      to = output.writeUInt16LE(distance, to)
    }
  }
  const table = new MatchTable(bytes)
  for (let start = 0; start < bytes.length; start += pieceSize) {
    const end = Math.min(bytes.length, start + pieceSize)
    let anchor = start
    let at = start
    while (at + 4 <= end) {
      const earlier = table.match(at, at - start)
      if (earlier < 0) {
        at += 1 + ((at - anchor) >> 6)
        continue
      }
      const length = table.length(earlier, at, end)
      putLiteral(anchor, at)
      putCopy(at - earlier, length)
      at += length
      anchor = at
    }
    putLiteral(anchor, end)
  }
  return output.subarray(0, to)
}
