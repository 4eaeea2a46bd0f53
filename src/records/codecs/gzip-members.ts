/**
 * What stands around the deflated bytes of a gzip member (RFC 1952), read as Java's `GZIPInputStream` does: another
 * member may follow, and what follows and does not begin as one is left unread. Node's own reader takes that for an error.
 */
import { crc32 } from 'node:zlib'
import { corrupt } from './compression-error.ts'

const fixedHeaderSize = 10
const trailerSize = 8
const deflateMethod = 8
const headerChecksumFlag = 0x02
const extraFlag = 0x04
const nameFlag = 0x08
const commentFlag = 0x10

/** Java leaves a rest unread that is no more than a header and a trailer. */
const restSizeMin = fixedHeaderSize + trailerSize + 1

/** Where the deflated bytes of the member at `start` begin; undefined when there is no member. */
export function deflatedAt(bytes: Uint8Array, start: number): number | undefined {
  const end = bytes.length
  if (end - start < restSizeMin) return undefined
  if (bytes[start] !== 0x1f || bytes[start + 1] !== 0x8b || bytes[start + 2] !== deflateMethod) return undefined
  const flags = bytes[start + 3] ?? 0
  let at = start + fixedHeaderSize
  if ((flags & extraFlag) !== 0) {
    if (end - at < 2) return undefined
    at += 2 + littleEndian16(bytes, at)
  }
  for (const flag of [nameFlag, commentFlag]) {
    if ((flags & flag) === 0) continue
    const zeroAt = bytes.indexOf(0, at)
    if (zeroAt < 0) return undefined
    at = zeroAt + 1
  }
  if ((flags & headerChecksumFlag) !== 0) {
    if (end - at < 2 || littleEndian16(bytes, at) !== (crc32(bytes.subarray(start, at)) & 0xffff)) return undefined
    at += 2
  }
  return at > end ? undefined : at
}

/** What a member held, as far as it has been read. */
export class MemberSum {
  #crc = 0
  #size = 0

  add(plain: Uint8Array): void {
    this.#crc = crc32(plain, this.#crc)
    this.#size += plain.length
  }

  /** Throws `CompressionError` unless the trailer at `at` says the same; gives where it ends. */
  check(bytes: Uint8Array, at: number): number {
    if (bytes.length - at < trailerSize) throw corrupt('gzip trailer is cut')
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, trailerSize)
    if (view.getUint32(0, true) !== this.#crc || view.getUint32(4, true) !== this.#size % 2 ** 32) {
      throw corrupt('gzip trailer')
    }
    return at + trailerSize
  }
}

function littleEndian16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}
