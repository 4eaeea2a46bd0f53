/** Bytes of texts of JSON, each behind a head. */
import { Buffer } from 'node:buffer'

/** Many payloads lie in one of these, one behind the other: who keeps one keeps that. */
const slabSize = 16_384
/** Of a character, in UTF-8. */
const characterSizeMax = 3

type Write = (this: Buffer, text: string, at: number) => number

// What `write` calls when it has found out the encoding, which takes as long as a short text.
const write: Write = Reflect.get(Buffer.prototype, 'utf8Write')

let slab = Buffer.allocUnsafeSlow(slabSize)
let slabAt = 0

export function payloadOf(text: string, head: Uint8Array): Buffer {
  const sizeMax = head.length + characterSizeMax * text.length
  if (sizeMax > slabSize / 2) return Buffer.concat([head, Buffer.from(text)])
  if (slabAt + sizeMax > slabSize) {
    slab = Buffer.allocUnsafeSlow(slabSize)
    slabAt = 0
  }
  const start = slabAt
  for (const byte of head) slab[slabAt++] = byte
  slabAt += write.call(slab, text, slabAt)
  return slab.subarray(start, slabAt)
}
