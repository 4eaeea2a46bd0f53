/**
 * How bytes say which schema they were written with, as Confluent's serdes have it: before the payload a zero and the id in four bytes; or
 * in a header of the record, a one and the GUID in sixteen. Protobuf puts the place of the message in its file behind that.
 */
import type { SerdeHeader } from '../../client/index.ts'

export type SchemaId = { readonly id: number } | { readonly guid: string }

export interface Framed {
  readonly schema: SchemaId
  readonly payload: Buffer
}

/** Of bytes that no schema is named for, or that are cut off. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError'
}

const idMagic = 0
const guidMagic = 1
const idSize = 5
const guidSize = 17

export const headerName = (isKey: boolean): string => (isKey ? '__key_schema_id' : '__value_schema_id')

/** Room for `size` bytes of payload behind the id. */
export function withId(id: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(idSize + payload.length)
  bytes[0] = idMagic
  bytes.writeInt32BE(id, 1)
  bytes.set(payload, idSize)
  return bytes
}

export function guidHeader(guid: string, isKey: boolean): SerdeHeader {
  return { key: headerName(isKey), value: Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex') }
}

/** The header counts where there is one. Throws WireFormatError. */
export function unframed(bytes: Buffer, headers: readonly SerdeHeader[], isKey: boolean): Framed {
  const name = headerName(isKey)
  const header = headers.findLast(({ key }) => key === name)?.value
  if (header !== undefined && header !== null) return { schema: { guid: guidIn(header, name) }, payload: bytes }
  if (bytes.length < idSize || bytes[0] !== idMagic) {
    const what = bytes.length < idSize ? `${bytes.length} bytes` : `first byte ${bytes[0]}`
    throw new WireFormatError(
      `no schema is named: neither by header ${name}, nor by a zero and four bytes of id (${what})`,
    )
  }
  return { schema: { id: bytes.readInt32BE(1) }, payload: bytes.subarray(idSize) }
}

function guidIn(header: Uint8Array, name: string): string {
  if (header.length !== guidSize || header[0] !== guidMagic)
    throw new WireFormatError(
      `header ${name} has ${header.length} bytes, and first ${header[0]}: a one and sixteen of GUID are wanted`,
    )
  const hex = Buffer.from(header).toString('hex', 1)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
