/**
 * How bytes say which schema they were written with, as Confluent's serdes have it: before the payload a zero and the id in four bytes; or
 * in a header of the record, a one and the GUID in sixteen. Protobuf puts the place of the message in its file behind that.
 */
import type { SerdeHeader } from '../../client/index.ts'

export type SchemaId = { readonly id: number } | { readonly guid: string }

export interface Framed {
  readonly schema: SchemaId
  /** Where a format has places in a schema, that comes first. */
  readonly payload: Buffer
  /** The place stands behind the id in a header. */
  readonly isPlaced: boolean
}

/** Of bytes that no schema is named for, or that are cut off. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError'
}

const idMagic = 0
const guidMagic = 1
/** Of the zero and the id. */
export const idSize = 5
const guidSize = 17
const nothing = Buffer.alloc(0)

export const headerName = (isKey: boolean): string => (isKey ? '__key_schema_id' : '__value_schema_id')

/** What comes before a payload. */
export function idHead(id: number, place: Uint8Array = nothing): Buffer {
  const bytes = Buffer.alloc(idSize)
  bytes[0] = idMagic
  bytes.writeInt32BE(id, 1)
  return Buffer.concat([bytes, place])
}

/** Before a payload; undefined: there is none. */
export const idBefore = (bytes: Buffer): number | undefined =>
  bytes[0] === idMagic && bytes.length >= idSize ? bytes.readInt32BE(1) : undefined

/** The place goes with the GUID. */
export function guidHeader(guid: string, isKey: boolean, place: Uint8Array = nothing): SerdeHeader {
  const named = Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex')
  if (named.length !== guidSize) throw new WireFormatError(`'${guid}' is no GUID`)
  return { key: headerName(isKey), value: Buffer.concat([named, place]) }
}

/** The header counts where there is one; an id may stand in it as well. Throws WireFormatError. */
export function unframed(bytes: Buffer, headers: readonly SerdeHeader[], isKey: boolean): Framed {
  const name = headerName(isKey)
  const header = headers.findLast(({ key }) => key === name)?.value
  if (header !== undefined && header !== null) {
    const { schema, rest } = idIn(Buffer.from(header), `header ${name} has`)
    return { schema, payload: rest.length === 0 ? bytes : Buffer.concat([rest, bytes]), isPlaced: rest.length > 0 }
  }
  if (bytes[0] !== idMagic)
    throw new WireFormatError(
      `no schema is named: neither by header ${name}, nor by a zero and four bytes of id (${shown(bytes)})`,
    )
  const { schema, rest } = idIn(bytes, 'there are')
  return { schema, payload: rest, isPlaced: false }
}

function idIn(bytes: Buffer, what: string): { readonly schema: SchemaId; readonly rest: Buffer } {
  if (bytes[0] === idMagic && bytes.length >= idSize)
    return { schema: { id: bytes.readInt32BE(1) }, rest: bytes.subarray(idSize) }
  if (bytes[0] === guidMagic && bytes.length >= guidSize) {
    const hex = bytes.toString('hex', 1, guidSize)
    return {
      schema: { guid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') },
      rest: bytes.subarray(guidSize),
    }
  }
  throw new WireFormatError(
    `${what} ${shown(bytes)}: a zero and four bytes of id are wanted, or in a header a one and sixteen of GUID`,
  )
}

const shown = (bytes: Buffer): string =>
  bytes.length === 0 ? 'no bytes' : `${bytes.length} bytes, the first one ${bytes[0]}`
