/** The frame and the header around a request, and what the header of a reply says (KIP-482 for the flexible forms). */
import { type Reader, type Writer, writeFrame } from '../base/index.ts'
import {
  apiVersions,
  ErrorCode,
  requestHeaderVersion,
  responseHeaderVersion,
  skipTaggedFields,
} from '../protocol/index.ts'
import type { Call } from './call.ts'

/** Size, header and body. Throws what the request cannot be encoded for, and leaves the writer empty. */
export function requestFrame(writer: Writer, clientId: Buffer, call: Call): readonly Uint8Array[] {
  const { api, version, correlationId } = call
  const parts = writeFrame(writer, () => {
    writer.i16(api.key)
    writer.i16(version)
    writer.i32(correlationId)
    writer.i16(clientId.length)
    writer.bytes(clientId)
    if (requestHeaderVersion(api.key, version) >= 2) writer.uvarint(0)
    call.encode(writer)
  })
  return parts.map((part) => {
    if (part instanceof Uint8Array) return part
    throw new RangeError('a request is made of bytes in memory')
  })
}

/** Reads on from behind the correlation id to the body, and returns the body's version. */
export function replyVersion(reader: Reader, { api, version }: Call): number {
  if (responseHeaderVersion(api.key, version) >= 1) skipTaggedFields(reader)
  // Who does not know the version of ApiVersions answers in the oldest (KIP-511): the error code comes first in all.
  const isRefused = api.key === apiVersions.key && peekI16(reader) === ErrorCode.UNSUPPORTED_VERSION
  return isRefused ? apiVersions.versions[0] : version
}

const peekI16 = (reader: Reader): number => (reader.remaining < 2 ? 0 : reader.bytes.readInt16BE(reader.position))
