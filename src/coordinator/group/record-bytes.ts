/** Keys and values of records, as bytes: a type or version in front, and what belongs to it. */
import { Writer } from '../../base/index.ts'

/** One for all: what is written lies one behind the other in its buffer, until that is full and left to its readers. */
const writer = new Writer(1 << 14)

/** `first`: the type of a key, the version of a value. */
export function recordBytes(first: number, body: (writer: Writer) => void): Buffer {
  // Of one that failed, something may be there.
  writer.discard()
  writer.i16(first)
  body(writer)
  return writer.finishAsOne()
}
