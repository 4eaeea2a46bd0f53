/** CRC-32 of ISO 3309, by Node's zlib: that of messages before format 2, which has CRC-32C. */
import { crc32 as zlibCrc32 } from 'node:zlib'

/** Unsigned. */
export const crc32 = (bytes: Uint8Array): number => zlibCrc32(bytes)
