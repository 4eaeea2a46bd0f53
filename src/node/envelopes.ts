/** What a broker puts into an Envelope (KIP-590), and what it takes out of the reply. */
import { ApiError, addressBytes, MalformedError, Reader, Writer } from '../base/index.ts'
import { PeerError } from '../peer/index.ts'
import {
  defaultPrincipalData,
  type EnvelopeRequest,
  type EnvelopeResponse,
  ErrorCode,
  envelope,
  errorName,
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '../protocol/index.ts'
import { type Answer, closeConnection, type ForwardedRequest } from '../server/index.ts'

/** The controller takes addresses alone; only a network that is not IP has others. */
const noAddress = Buffer.alloc(4)

export function sealed(request: ForwardedRequest): EnvelopeRequest {
  const { apiKey, apiVersion, correlationId, clientId, clientHost, principal, body } = request
  const writer = new Writer()
  const header = { requestApiKey: apiKey, requestApiVersion: apiVersion, correlationId, clientId }
  requestHeader.encode(writer, requestHeaderVersion(apiKey, apiVersion), header)
  writer.reference(body)
  const requestData = writer.finishAsOne()
  const clientHostAddress = addressBytes(clientHost) ?? noAddress
  return envelope.request.create({ requestData, requestPrincipal: principalBytes(principal), clientHostAddress })
}

function principalBytes(principal: ForwardedRequest['principal']): Buffer {
  const writer = new Writer()
  const version = defaultPrincipalData.versions[1]
  writer.i16(version)
  defaultPrincipalData.encode(writer, version, principal)
  return writer.finishAsOne()
}

/**
 * The body of the reply inside. Throws ApiError: 41 where the controller is elsewhere, and -1 for what only a wrongly
 * configured cluster runs into, which is no matter of the client's.
 */
export function opened(request: ForwardedRequest, { errorCode, responseData }: EnvelopeResponse): Answer<Uint8Array> {
  const { apiKey, apiVersion, correlationId } = request
  if (errorCode === ErrorCode.UNSUPPORTED_VERSION) return closeConnection
  if (errorCode === ErrorCode.NOT_CONTROLLER) throw new ApiError(errorCode, 'Another controller is active.')
  if (errorCode !== ErrorCode.NONE) throw failed(`it answered the Envelope with ${errorName(errorCode)}`)
  return readable(() => {
    const reader = new Reader(responseData ?? new Uint8Array(0))
    const header = responseHeader.decode(reader, responseHeaderVersion(apiKey, apiVersion))
    if (header.correlationId === correlationId) return reader.slice(reader.remaining)
    throw new MalformedError(`correlation id ${header.correlationId}, not ${correlationId}`)
  })
}

/** What `read` reads of a reply. Throws ApiError -1 where it makes no sense. */
export function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw failed(`its reply cannot be read: ${error.message}`)
  }
}

/** A controller that knows no Envelope is a mistake in the cluster too. */
export const failedUnlessKnown = (error: unknown): unknown =>
  error instanceof PeerError && error.failure === 'unsupported version' ? failed(error.message) : error

const failed = (reason: string): ApiError =>
  new ApiError(
    ErrorCode.UNKNOWN_SERVER_ERROR,
    `The active controller did not take what was passed on to it: ${reason}.`,
  )
