/** The header in front of each request and each reply (KIP-482 for the flexible form), and the frame around a reply. */
import { MalformedError, type Reader, type ReplyPart, type Writer, writeFrame } from '../base/index.ts'
import {
  apiVersions,
  ErrorCode,
  requestHeaderVersion,
  responseHeaderVersion,
  skipTaggedFields,
} from '../protocol/index.ts'
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
  skipTaggedFields(reader)
  return clientId
}

/** Size, header and body of a reply. */
export function replyFrame(writer: Writer, request: RequestStart, body: BodyWriter): readonly ReplyPart[] {
  const flexible = responseHeaderVersion(request.apiKey, request.apiVersion) >= 1
  return writeFrame(writer, () => {
    writer.i32(request.correlationId)
    if (flexible) writer.uvarint(0)
    body(writer)
  })
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
  return writeFrame(writer, () => {
    writer.i32(request.correlationId)
    apiVersions.response.encode(writer, 0, response)
  })
}
