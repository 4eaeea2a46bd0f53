/** Puts the size in front of what is written: a request or a reply as it goes over the wire. */
import { assert } from './assert.ts'
import { isRegion, type ReplyPart } from './file-region.ts'
import type { Writer } from './writer.ts'

/** A frame of what `write` writes, into a writer that is empty before and after. */
export function writeFrame(writer: Writer, write: () => void): readonly ReplyPart[] {
  try {
    writer.i32(0)
    write()
  } catch (error) {
    // All connections share the writer: half a frame left in it would go to somebody else.
    for (const part of writer.finish()) if (isRegion(part)) part.release()
    throw error
  }
  const size = writer.size - 4
  const parts = writer.finish()
  const [first] = parts
  assert(first instanceof Uint8Array, 'a frame starts with its size')
  first[0] = size >>> 24
  first[1] = size >>> 16
  first[2] = size >>> 8
  first[3] = size
  return parts
}
