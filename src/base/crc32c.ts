/**
 * CRC-32C (Castagnoli), the checksum of record batches and of snapshots. On the hot path of every produce: the native
 * function where it is worth its call, a table walk of eight bytes a step below that and where there is none.
 */
import { loadNative, nativeFunction } from './native.ts'

const polynomial = 0x82f63b78
/** Below this many bytes a native call costs more than the tables (measured: break-even at 150 to 200). */
const nativeSizeMin = 160

const native = nativeFunction<(bytes: Uint8Array, initialState: number) => number>(
  loadNative('@node-rs/crc32'),
  'crc32c',
)

/** Eight tables of 256 entries, one behind the other. */
const tables = makeTables()

function makeTables(): Int32Array {
  const result = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    result[byte] = crc
  }
  for (let i = 256; i < result.length; i++) {
    const previous = result[i - 256] as number
    result[i] = (previous >>> 8) ^ (result[previous & 0xff] as number)
  }
  return result
}

/** Checksum of `bytes[start, end)` as an unsigned 32-bit number; `seed` is the checksum of the bytes before, if any. */
export function crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (native === undefined || end - start < nativeSizeMin) return crc32cPortable(bytes, start, end, seed)
  return native(bytes.subarray(start, end), seed)
}

/** The same without the native function. */
export function crc32cPortable(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  const table = tables
  let crc = ~seed
  let i = start
  for (const last = end - 7; i < last; i += 8) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    crc =
      (table[1792 + (crc & 0xff)] as number) ^
      (table[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (table[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (table[1024 + (crc >>> 24)] as number) ^
      (table[768 + (bytes[i + 4] as number)] as number) ^
      (table[512 + (bytes[i + 5] as number)] as number) ^
      (table[256 + (bytes[i + 6] as number)] as number) ^
      (table[bytes[i + 7] as number] as number)
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return ~crc >>> 0
}
