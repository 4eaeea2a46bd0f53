/** The header in front of each request and each reply (KIP-482 for the flexible form), and the frame around a reply. */
import { isRegion, MalformedError, type Reader, type ReplyPart, type Writer } from '../base/index.ts'
import { apiVersions, ErrorCode, requestHeaderVersion, responseHeaderVersion } from '../protocol/index.ts'
import type { BodyWriter } from './handler.ts'

export interface RequestStart {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
}

/** The part that is the same in every version: enough to know the rest. */
export function readRequestStart(reader: Reader): RequestStart {
  return { apiKey: reader.i16(), apiVersion: reader.i16(), correlationId: reader.i32() }
}

/** Reads on to the body. The client id keeps its old form in the flexible header; tagged fields are skipped. */
export function readClientId(reader: Reader, { apiKey, apiVersion }: RequestStart): string | null {
  const size = reader.i16()
  const clientId = size < 0 ? null : reader.string(size)
  if (requestHeaderVersion(apiKey, apiVersion) < 2) return clientId
  for (let tags = reader.count(reader.uvarint(), 2); tags > 0; tags--) {
    reader.uvarint()
    reader.take(reader.uvarint())
  }
  return clientId
}

/** Size, header and body of a reply. */
export function replyFrame(writer: Writer, request: RequestStart, body: BodyWriter): readonly ReplyPart[] {
  const flexible = responseHeaderVersion(request.apiKey, request.apiVersion) >= 1
  return frame(writer, () => {
    writer.i32(request.correlationId)
    if (flexible) writer.uvarint(0)
    body(writer)
  })
}

function frame(writer: Writer, write: () => void): readonly ReplyPart[] {
  try {
    writer.i32(0)
    write()
  } catch (error) {
    // All connections share the writer: half a reply left in it would go to somebody else.
    for (const part of writer.finish()) if (isRegion(part)) part.release()
    throw error
  }
  const size = writer.size - 4
  const parts = writer.finish()
  const [first] = parts
  if (!(first instanceof Uint8Array)) throw new RangeError('a frame starts with its size')
  first[0] = size >>> 24
  first[1] = size >>> 16
  first[2] = size >>> 8
  first[3] = size
  return parts
}

/**
 * A version that is not served: ApiVersions is answered in its oldest form, with its own range, so that a newer client
 * can ask again (KIP-511); anything else closes the connection.
 */
export function refuseVersion(writer: Writer, request: RequestStart): readonly ReplyPart[] {
  if (request.apiKey !== apiVersions.key) {
    throw new MalformedError(`version ${request.apiVersion} of api key ${request.apiKey} is not served`)
  }
  const [minVersion, maxVersion] = apiVersions.versions
  const response = apiVersions.response.create({
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apiVersions.key, minVersion, maxVersion }],
  })
  return frame(writer, () => {
    writer.i32(request.correlationId)
    apiVersions.response.encode(writer, 0, response)
  })
}
