/** What the compiled readers and writers call for types that have a length: both forms, old and compact (KIP-482). */
import { isRegion, MalformedError, partSizeInBytes, type Reader, type ReplyPart, Writer } from '../base/index.ts'
import type { Records, UnknownTag } from './words.ts'

const stringBytesMax = 0x7fff

const malformed = (what: string): never => {
  throw new MalformedError(what)
}

export function read_string(r: Reader, flexible: boolean, nullable: boolean): string | null {
  const size = flexible ? r.uvarint() - 1 : r.i16()
  if (size < 0) return nullable ? null : malformed('a string that may not be null is null')
  if (size > stringBytesMax) malformed(`a string of ${size} bytes`)
  return r.string(size)
}

export function read_bytes(r: Reader, flexible: boolean, nullable: boolean): Uint8Array | null {
  const size = flexible ? r.uvarint() - 1 : r.i32()
  if (size < 0) return nullable ? null : malformed('bytes that may not be null are null')
  return r.slice(size)
}

export function read_list<T>(
  r: Reader,
  flexible: boolean,
  nullable: boolean,
  version: number,
  element: (r: Reader, version: number) => T,
): T[] | null {
  const count = flexible ? r.uvarint() - 1 : r.i32()
  // Kafka takes any negative count for null, not only -1.
  if (count < 0) return nullable ? null : malformed('an array that may not be null is null')
  r.count(count)
  const elements: T[] = []
  for (let i = 0; i < count; i++) elements.push(element(r, version))
  return elements
}

/** Where the tagged field ends whose size comes next. */
export function tagEnd(r: Reader): number {
  const size = r.uvarint()
  const start = r.take(size)
  r.position = start
  return start + size
}

export function atTagEnd(r: Reader, end: number): void {
  if (r.position !== end) malformed('a tagged field has another size than announced')
}

export function unknownTag(r: Reader, tag: number, end: number): UnknownTag {
  return { tag, bytes: Uint8Array.from(r.slice(end - r.position)) }
}

const nullNotAllowed = (): never => {
  throw new RangeError('null in a field that may not be null in this version')
}

export function write_string(w: Writer, value: string | null, flexible: boolean, nullable: boolean): void {
  if (value === null) {
    if (!nullable) nullNotAllowed()
    else if (flexible) w.uvarint(0)
    else w.i16(-1)
    return
  }
  const size = Buffer.byteLength(value)
  if (size > stringBytesMax) throw new RangeError(`a string of ${size} bytes does not fit the protocol`)
  if (flexible) w.uvarint(size + 1)
  else w.i16(size)
  w.text(value, size)
}

function write_size(w: Writer, size: number, flexible: boolean): void {
  if (flexible) w.uvarint(size + 1)
  else w.i32(size)
}

export function write_bytes(w: Writer, value: Uint8Array | null, flexible: boolean, nullable: boolean): void {
  if (value === null && !nullable) nullNotAllowed()
  write_size(w, value === null ? -1 : value.length, flexible)
  if (value !== null) w.bytes(value)
}

const isParts = (value: Records): value is readonly ReplyPart[] => Array.isArray(value)

export function write_records(w: Writer, value: Records | null, flexible: boolean, nullable: boolean): void {
  if (value === null || !isParts(value)) {
    if (value === null && !nullable) nullNotAllowed()
    write_size(w, value === null ? -1 : value.length, flexible)
    if (value !== null) w.reference(value)
    return
  }
  write_size(
    w,
    value.reduce((size, part) => size + partSizeInBytes(part), 0),
    flexible,
  )
  for (const part of value) if (isRegion(part) || part.length > 0) w.reference(part)
}

export function write_list<T>(
  w: Writer,
  value: readonly T[] | null,
  flexible: boolean,
  nullable: boolean,
  version: number,
  element: (w: Writer, version: number, value: T) => void,
): void {
  if (value === null && !nullable) nullNotAllowed()
  write_size(w, value === null ? -1 : value.length, flexible)
  if (value !== null) for (let i = 0; i < value.length; i++) element(w, version, value[i] as T)
}

/** The byte in front of a struct that may be null; true when the struct follows. */
export function write_presence(w: Writer, value: unknown, nullable: boolean): boolean {
  if (value === null && !nullable) nullNotAllowed()
  if (nullable) w.i8(value === null ? -1 : 1)
  return value !== null
}

export function write_tag(w: Writer, tag: number, write: (w: Writer) => void): void {
  const scratch = new Writer(64)
  write(scratch)
  const body = scratch.finishAsOne()
  w.uvarint(tag)
  w.uvarint(body.length)
  w.bytes(body)
}

/** Writes the unknown tags below `before`, from the `from`-th on; returns where it stopped. */
export function write_unknown_tags(
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
