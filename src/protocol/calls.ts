/**
 * What the emitted readers and writers call, above all for types that have a length: both forms, old and compact
 * (KIP-482). On the path of every request and reply.
 */
import {
  isRegion,
  MalformedError,
  partSizeInBytes,
  type Reader,
  type ReplyPart,
  type Uuid,
  uuidFromLatin1,
  Writer,
} from '../base/index.ts'

export { zeroUuid } from '../base/index.ts'

import type { Records, UnknownTag } from './words.ts'

const stringBytesMax = 0x7fff
/**
 * Each byte that is not UTF-8 is read as U+FFFD, which takes three: a longer string of such could be read but never
 * written again, neither into a reply nor into a log. No client writes one.
 */
const alwaysWritableBytesMax = Math.floor(stringBytesMax / 3)
const two32 = 2 ** 32
export const noBytes = new Uint8Array(0)

const malformed = (what: string): never => {
  throw new MalformedError(what)
}

/**
 * The length in front of a string, bytes or an array; below zero: null. Kafka takes any negative length for null, not
 * only -1, and a compact one is 32 bits of two's complement.
 */
export function readLength(r: Reader, compact: boolean): number {
  return compact ? (r.uvarint() - 1) | 0 : r.i32()
}

export function readString(r: Reader, compact: boolean, nullable: boolean): string | null {
  const size = compact ? (r.uvarint() - 1) | 0 : r.i16()
  if (size < 0) return nullable ? null : malformed('a string that may not be null is null')
  if (size > stringBytesMax) malformed(`a string of ${size} bytes`)
  const text = r.string(size)
  if (size > alwaysWritableBytesMax && Buffer.byteLength(text) > stringBytesMax) {
    malformed(`a string of ${size} bytes that are not UTF-8`)
  }
  return text
}

export function readBytes(r: Reader, compact: boolean, nullable: boolean): Uint8Array | null {
  const size = readLength(r, compact)
  if (size < 0) return nullable ? null : malformed('bytes that may not be null are null')
  return r.slice(size)
}

export function noList(nullable: boolean): null {
  return nullable ? null : malformed('an array that may not be null is null')
}

/** Saturates at +-(2^53 - 1), as `Reader.i64` does. */
export function int64At(view: DataView, position: number): number {
  const value = view.getInt32(position) * two32 + view.getUint32(position + 4)
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
  return Math.max(value, -Number.MAX_SAFE_INTEGER)
}

export function uuidAt(r: Reader, position: number): Uuid {
  return uuidFromLatin1(r.bytes.latin1Slice(position, position + 16))
}

export function tagNotInVersion(tag: number, version: number): never {
  return malformed(`tag ${tag} is not one of version ${version}`)
}

/** Unused scratch writers; one that was left in the middle by an error is not put back. */
const scratches: Writer[] = []
const scratchBytes = 1024

const nullNotAllowed = (): never => {
  throw new RangeError('null in a field that may not be null in this version')
}

export function writeString(w: Writer, value: string | null, compact: boolean, nullable: boolean): void {
  if (value === null) {
    if (!nullable) nullNotAllowed()
    else if (compact) w.uvarint(0)
    else w.i16(-1)
    return
  }
  if (w.shortString(value, compact)) return
  const size = Buffer.byteLength(value)
  if (size > stringBytesMax) throw new RangeError(`a string of ${size} bytes does not fit the protocol`)
  if (compact) w.uvarint(size + 1)
  else w.i16(size)
  w.text(value, size)
}

export function writeLength(w: Writer, size: number, compact: boolean): void {
  if (compact) w.uvarint(size + 1)
  else w.i32(size)
}

export function writeBytes(w: Writer, value: Uint8Array | null, compact: boolean, nullable: boolean): void {
  if (value === null && !nullable) nullNotAllowed()
  writeLength(w, value === null ? -1 : value.length, compact)
  if (value !== null) w.bytes(value)
}

const isParts = (value: Records): value is readonly ReplyPart[] => Array.isArray(value)

export function writeRecords(w: Writer, value: Records | null, compact: boolean, nullable: boolean): void {
  if (value === null || !isParts(value)) {
    if (value === null && !nullable) nullNotAllowed()
    writeLength(w, value === null ? -1 : value.length, compact)
    if (value !== null) w.reference(value)
    return
  }
  writeLength(
    w,
    value.reduce((size, part) => size + partSizeInBytes(part), 0),
    compact,
  )
  for (const part of value) if (isRegion(part) || part.length > 0) w.reference(part)
}

/**
 * A number that saturated when it was read stays so, also when a handler added to it: arithmetic on what a peer sent
 * does not stop the node.
 */
export function writeInt64(w: Writer, value: number): void {
  const max = Number.MAX_SAFE_INTEGER
  w.i64(Math.min(max, Math.max(-max, value)))
}

export function writeNull(w: Writer, compact: boolean, nullable: boolean): void {
  if (!nullable) nullNotAllowed()
  writeLength(w, -1, compact)
}

/** The byte in front of a struct that may be null; true when the struct follows. */
export function writePresence(w: Writer, value: unknown, nullable: boolean): boolean {
  if (value === null && !nullable) nullNotAllowed()
  if (nullable) w.i8(value === null ? -1 : 1)
  return value !== null
}

/** The same of a struct that is tagged: an unsigned varint, and 0 is null. */
export function writeTaggedPresence(w: Writer, value: unknown, nullable: boolean): boolean {
  if (value === null && !nullable) nullNotAllowed()
  if (nullable) w.uvarint(value === null ? 0 : 1)
  return value !== null
}

/** A tagged field is written apart first, as its size comes before it. It may hold tagged fields itself. */
export function writeTag(w: Writer, tag: number, write: (w: Writer) => void): void {
  const scratch = scratches.pop() ?? new Writer(scratchBytes)
  write(scratch)
  const body = scratch.finishAsOne()
  w.uvarint(tag)
  w.uvarint(body.length)
  w.bytes(body)
  scratches.push(scratch)
}

/** Writes the unknown tags below `before`, from the `from`-th on; returns where it stopped. */
export function writeUnknownTags(
  w: Writer,
  tags: readonly UnknownTag[] | undefined,
  from: number,
  before: number,
): number {
  let i = from
  for (; tags !== undefined; i++) {
    const next = tags[i]
    if (next === undefined || next.tag >= before) break
    w.uvarint(next.tag)
    w.uvarint(next.bytes.length)
    w.bytes(next.bytes)
  }
  return i
}
