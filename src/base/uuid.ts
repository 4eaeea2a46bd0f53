/**
 * A 16-byte id (topic, directory, member, incarnation) as a string of 16 Latin-1 characters: one allocation to decode,
 * usable as a key of a Map, ordered as Kafka orders it only by bytes. People see the URL-safe base64 of it.
 */
declare const uuidBrand: unique symbol
export type Uuid = string & { readonly [uuidBrand]: true }

const isUuid = (text: string): text is Uuid => text.length === 16

/** 16 Latin-1 characters, as the reader cuts them out of a frame. */
export function uuidFromLatin1(text: string): Uuid {
  if (!isUuid(text)) throw new RangeError(`a UUID has 16 bytes, got ${text.length}`)
  return text
}

export function uuidFromBytes(bytes: Uint8Array): Uuid {
  return uuidFromLatin1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice(0, bytes.byteLength))
}

export function uuidToBytes(id: Uuid): Buffer {
  return Buffer.from(id, 'latin1')
}

/** URL-safe base64 without padding, 22 characters: how Kafka prints an id and stores it in `meta.properties`. */
export function uuidToString(id: Uuid): string {
  return uuidToBytes(id).toString('base64url')
}

/** Reads what `uuidToString` printed; throws RangeError on anything else. */
export function uuidFromString(text: string): Uuid {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== 16) throw new RangeError(`not a UUID: '${text.slice(0, 40)}'`)
  return uuidFromBytes(bytes)
}

export const zeroUuid: Uuid = uuidFromLatin1('\0'.repeat(16))
/** Kafka reserves 0 and 1 of the id space: 1 names `__cluster_metadata`. */
export const oneUuid: Uuid = uuidFromLatin1(`${'\0'.repeat(15)}\x01`)
